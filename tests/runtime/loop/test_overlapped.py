"""The overlapped loop with fakes at both ends: what it loses and what it does not, and how it ends whatever fails."""

import threading
import time

import numpy as np
import pytest

from runtime.errors import ModelError, SinkError, SourceError
from runtime.figures.figures import INFERENCE
from runtime.frame import Detections, EndOfStream, Frame
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.picture.compose import Composer
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource
from runtime.sources.read_ahead import ReadAhead

pytestmark = pytest.mark.timeout(20)


class SleepyDetector:
    """Stands for stage 1 on an accelerator: sleeps, finds nothing, fails when told to."""

    classes = ("thing",)

    def __init__(self, detect_s=0.0, fail_at=None):
        self._detect_s, self._fail_at = detect_s, fail_at
        self.calls = 0
        self.threads = set()

    def prepare(self, image):
        return threading.current_thread().name

    def detect(self, prepared):
        self.calls += 1
        self.threads.add((prepared, threading.current_thread().name))
        if self.calls == self._fail_at:
            raise ModelError("stage 1 fails")
        time.sleep(self._detect_s)
        return Detections.none()


class SleepySink(FakeSink):
    def __init__(self, present_s, **arguments):
        super().__init__(**arguments)
        self._present_s = present_s

    def present(self, picture, observation, figures):
        time.sleep(self._present_s)
        return super().present(picture, observation, figures)


class Endless(FakeSource):
    """Live, a frame every few milliseconds."""

    def __init__(self, period_s=0.004):
        super().__init__((image() for _ in iter(int, 1)), live=True)
        self._period_s = period_s

    def read(self, timeout_s):
        time.sleep(self._period_s)
        return super().read(timeout_s)


def image():
    return np.zeros((48, 64, 3), np.uint8)


def make(source, sink, detector=None, fps=0.0, stop=None, **limits):
    recogniser = Recogniser(detector or SleepyDetector(), Tracker())
    presenter = Presenter(Composer(["thing"], None), [sink])
    member = Member(source, recogniser, presenter, fps)
    return OverlappedLoop(LoopParts([member], stop or threading.Event(), Limits(**limits)))


def no_threads_left():
    return not [t for t in threading.enumerate() if t.name in ("capture", "inference")]


@pytest.mark.parametrize("detect_s, present_s", [(0, 0), (0.003, 0), (0, 0.003)])
def test_a_source_that_waits_loses_nothing_whichever_thread_is_slowest(detect_s, present_s):
    sink = SleepySink(present_s)
    loop = make(FakeSource([image() for _ in range(60)]), sink, SleepyDetector(detect_s))
    loop.run()
    assert [o.frame.id for o in sink.observations] == list(range(60))
    figures = loop.figures()
    assert (figures.captured, figures.presented, figures.dropped) == (60, 60, 0)
    assert loop.res() == "64x48"
    assert no_threads_left()


def test_of_a_live_source_the_newest_is_shown_and_the_drops_are_counted():
    sink = FakeSink()
    loop = make(Endless(), sink, SleepyDetector(0.02), frames=20)
    loop.run()
    ids = [o.frame.id for o in sink.observations]
    assert ids == sorted(set(ids))
    assert ids[-1] > 40
    figures = loop.figures()
    assert figures.dropped == figures.captured - 20 > 20
    assert figures.latency_p50_ms < 60


def test_inference_and_presenting_overlap():
    loop = make(FakeSource([image() for _ in range(40)]), SleepySink(0.02), SleepyDetector(0.02))
    loop.run()
    figures = loop.figures()
    assert figures.true_fps > 1 / 0.032
    assert figures.stages_ms.detect > 18
    assert figures.stages_ms.present > 18
    inference_ms = figures.stages_ms.of(INFERENCE)
    assert inference_ms == pytest.approx(1e3 / figures.true_fps, rel=0.2)


def test_each_has_its_thread_and_presenting_is_the_callers():
    detector, threads = SleepyDetector(), set()

    class Noting(FakeSink):
        def present(self, picture, observation, figures):
            threads.add(threading.current_thread())
            return super().present(picture, observation, figures)

    make(FakeSource([image() for _ in range(5)]), Noting(), detector).run()
    assert detector.threads == {("capture", "inference")}
    assert threads == {threading.current_thread()}


def test_a_slow_presenter_of_a_live_source_gets_the_newest_and_is_named_as_the_bound():
    loop = make(Endless(), SleepySink(0.03), SleepyDetector(0.004), frames=20)
    loop.run()
    figures = loop.figures()
    assert figures.latency_p50_ms < 100
    assert figures.limited_by.startswith("present:")


def test_the_nominal_rate_is_held():
    loop = make(Endless(), FakeSink(), fps=50.0, seconds=1.0)
    loop.run()
    assert 40 < loop.figures().true_fps <= 52


@pytest.mark.parametrize(
    "steps, fail_at, sink, error",
    [
        ([image(), SourceError("pulled")], None, FakeSink(), SourceError),
        ([image() for _ in range(5)], 2, FakeSink(), ModelError),
        ([image() for _ in range(5)], None, FakeSink(fail_after=2), SinkError),
    ],
)
def test_the_failure_of_any_thread_ends_it_with_that_failure(steps, fail_at, sink, error):
    loop = make(FakeSource(steps), sink, SleepyDetector(fail_at=fail_at))
    with pytest.raises(error):
        loop.run()
    assert loop.figures().presented >= 1
    assert no_threads_left()


@pytest.mark.parametrize("fps", [0.0, 0.001])
def test_a_stop_ends_it_at_once_whatever_it_waits_for(fps):
    stop = threading.Event()
    for source in (Endless(), FakeSource(image() for _ in iter(int, 1)), FakeSource(slow_nothing(), live=True)):
        stop.clear()
        threading.Timer(0.1, stop.set).start()
        started_s = time.monotonic()
        make(source, FakeSink(), fps=fps, stop=stop).run()
        assert time.monotonic() - started_s < 2.0
        assert no_threads_left()


def slow_nothing():
    while True:
        time.sleep(0.05)
        yield None


def test_a_viewer_and_a_limit_end_it():
    loop = make(Endless(), FakeSink(end_after=4))
    loop.run()
    assert loop.figures().presented == 4
    loop = make(Endless(), FakeSink(), frames=3)
    loop.run()
    assert loop.figures().presented == 3
    assert no_threads_left()


def test_a_source_that_ends_at_once_is_an_error():
    with pytest.raises(SourceError, match="no frame came from fake"):
        make(FakeSource([]), FakeSink()).run()


def test_substituted_pictures_are_shown_but_not_counted():
    sink = FakeSink()
    loop = make(FakeSource([Frame(image(), None, 0.0), image(), Frame(image(), None, 0.0), image()]), sink)
    loop.run()
    assert [o.frame.id for o in sink.observations] == [None, 0, None, 1]
    assert loop.figures().presented == 2


def test_reading_ahead_keeps_one_frame_of_a_source_that_waits():
    with ReadAhead(FakeSource([image() for _ in range(3)])) as source:
        time.sleep(0.1)
        assert [source.read(1.0).id for _ in range(3)] == [0, 1, 2]
        with pytest.raises(EndOfStream):
            source.read(1.0)
