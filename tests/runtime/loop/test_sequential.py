"""The loop with fakes at both ends: what it counts, and how it ends whatever fails."""

import threading
import time

import numpy as np
import pytest
import tiny_bundle as tiny

from runtime.assembly import assemble
from runtime.clock import FakeClock
from runtime.errors import ModelError, ShelfsightError, SinkError, SourceError
from runtime.frame import Detections, Frame
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.presenter import Presenter
from runtime.loop.sequential import SequentialLoop
from runtime.picture.compose import Composer
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.settings import Settings
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource

pytestmark = pytest.mark.timeout(20)


class TimedDetector:
    """Stands for stage 1: takes a set time on the fake clock, finds nothing, fails when told to."""

    classes = ("thing",)

    def __init__(self, clock, prepare_s=0.002, detect_s=0.03, fail_at=None):
        self._clock = clock
        self._prepare_s, self._detect_s, self._fail_at = prepare_s, detect_s, fail_at
        self.calls = 0

    def prepare(self, image):
        self._clock.advance(self._prepare_s)
        return None

    def detect(self, prepared):
        self.calls += 1
        if self.calls == self._fail_at:
            raise ModelError("stage 1 fails")
        self._clock.advance(self._detect_s)
        return Detections.none()


class TimedSource(FakeSource):
    """Takes a set time for each frame."""

    def read(self, timeout_s):
        self._clock.advance(0.004)
        return super().read(timeout_s)


def image():
    return np.zeros((120, 160, 3), np.uint8)


def make_loop(steps, sinks, clock, fps=0.0, fail_at=None, stop=None, **limits):
    source = TimedSource(steps, clock=clock)
    recogniser = Recogniser(TimedDetector(clock, fail_at=fail_at), Tracker())
    presenter = Presenter(Composer(["thing"], None), sinks)
    member = Member(source, recogniser, presenter, fps)
    parts = LoopParts([member], stop or threading.Event(), Limits(**limits), clock=clock)
    return SequentialLoop(parts)


def test_every_frame_once_in_order_to_every_sink():
    clock, sinks = FakeClock(), [FakeSink(), FakeSink()]
    loop = make_loop([image() for _ in range(7)], sinks, clock)
    loop.run()
    for sink in sinks:
        assert [o.frame.id for o in sink.observations] == list(range(7))
    figures = loop.figures()
    assert (figures.captured, figures.presented, figures.dropped) == (7, 7, 0)
    assert loop.res() == "160x120"


def test_two_sinks_count_a_frame_once():
    clock = FakeClock()
    loop = make_loop([image() for _ in range(50)], [FakeSink(), FakeSink()], clock)
    loop.run()
    assert loop.figures().true_fps == pytest.approx(1 / 0.036)


def test_the_stages_add_up_to_the_period():
    clock = FakeClock()
    loop = make_loop([image() for _ in range(50)], [FakeSink()], clock, fps=20.0)
    loop.run()
    figures = loop.figures()
    assert figures.stages_ms.period == pytest.approx(50.0)
    assert figures.stages_ms.detect == pytest.approx(30.0)
    assert figures.stages_ms.preprocess == pytest.approx(2.0)
    assert figures.stages_ms.wait == pytest.approx(4.0)
    assert figures.stages_ms.delay == pytest.approx(14.0)
    assert figures.true_fps == pytest.approx(20.0)
    assert figures.limited_by == "nominal: 20 fps reached"


def test_a_nominal_rate_out_of_reach_is_not_claimed():
    clock = FakeClock()
    loop = make_loop([image() for _ in range(50)], [FakeSink()], clock, fps=60.0)
    loop.run()
    assert loop.figures().true_fps == pytest.approx(1 / 0.036)
    assert loop.figures().limited_by == "detect: 30.0 of 36.0 ms"


def test_substituted_pictures_are_shown_but_neither_looked_at_nor_counted():
    clock, sink = FakeClock(), FakeSink()
    offline = [Frame(image(), None, 0.0) for _ in range(3)]
    loop = make_loop(offline[:2] + [image(), offline[2], image()], [sink], clock)
    loop.run()
    assert [o.frame.id for o in sink.observations] == [None, None, 0, None, 1]
    assert loop.figures().presented == 2


def test_in_a_stall_the_picture_is_shown_again_and_its_rate_falls():
    clock, sink = FakeClock(), FakeSink()

    class Stalling(FakeSource):
        def read(self, timeout_s):
            frame = super().read(timeout_s)
            clock.advance(timeout_s if frame is None else 0.1)
            return frame

    source = Stalling([image() for _ in range(30)] + [None] * 30, clock=clock)
    recogniser = Recogniser(TimedDetector(clock), Tracker())
    presenter = Presenter(Composer([], None), [sink])
    member = Member(source, recogniser, presenter, 0.0)
    loop = SequentialLoop(LoopParts([member], threading.Event(), clock=clock))
    loop.run()
    repeats = [f.true_fps for o, f in zip(sink.observations[30:], sink.figures[30:])]
    assert len(repeats) >= 5
    assert all(o.frame.id == 29 for o in sink.observations[29:])
    assert repeats == sorted(repeats, reverse=True)
    assert repeats[-1] == 0.0
    assert loop.figures().presented == 30


@pytest.mark.parametrize("limits, presented", [({"frames": 3}, 3), ({"seconds": 0.1}, 3), ({"frames": 1}, 1)])
def test_limits_end_it(limits, presented):
    clock = FakeClock()
    loop = make_loop([image() for _ in range(50)], [FakeSink()], clock, **limits)
    loop.run()
    assert loop.figures().presented == presented


def test_a_viewer_ends_it():
    loop = make_loop([image() for _ in range(50)], [FakeSink(), FakeSink(end_after=4)], FakeClock())
    loop.run()
    assert loop.figures().presented == 4


def test_a_source_that_ends_at_once_is_an_error():
    with pytest.raises(SourceError, match="no frame came from fake"):
        make_loop([], [FakeSink()], FakeClock()).run()


@pytest.mark.parametrize(
    "steps, fail_at, sink, error",
    [
        ([image(), SourceError("pulled")], None, FakeSink(), SourceError),
        ([image() for _ in range(5)], 2, FakeSink(), ModelError),
        ([image() for _ in range(5)], None, FakeSink(fail_after=2), SinkError),
    ],
)
def test_the_failure_of_any_stage_ends_it_with_that_failure(steps, fail_at, sink, error):
    loop = make_loop(steps, [sink], FakeClock(), fail_at=fail_at)
    with pytest.raises(error):
        loop.run()
    assert loop.figures().presented >= 1


@pytest.mark.parametrize("steps", [lambda: (image() for _ in iter(int, 1)), lambda: (None for _ in iter(int, 1))])
@pytest.mark.parametrize("fps", [0.0, 0.001])
def test_a_stop_ends_it_at_once_whatever_it_waits_for(tiny_folder, steps, fps):
    class Slow(FakeSource):
        def read(self, timeout_s):
            time.sleep(0.01)
            return super().read(timeout_s)

    stop = threading.Event()
    settings = Settings(bundle=str(tiny_folder), fps=fps)
    with assemble(settings, stop, Slow(steps(), live=True), [FakeSink()]) as assembly:
        thread = threading.Thread(target=assembly.loop.run, daemon=True)
        thread.start()
        time.sleep(0.1)
        stop.set()
        thread.join(1.0)
        assert not thread.is_alive()


def test_everything_is_closed_when_it_ends_and_when_it_fails(tiny_folder):
    for sink in (FakeSink(), FakeSink(fail_after=1)):
        source = FakeSource([image()])
        try:
            with assemble(Settings(bundle=str(tiny_folder)), threading.Event(), source, [sink]) as assembly:
                assembly.loop.run()
        except SinkError:
            pass
        assert source.closed
        assert sink.closed


def test_a_sink_that_cannot_open_closes_those_that_could(tiny_folder, tmp_path):
    source = FakeSource([image()])
    good = tmp_path / "good.mp4"
    settings = Settings(bundle=str(tiny_folder), sinks=(str(good), str(tmp_path / "no folder" / "bad.mp4")))
    with pytest.raises(SinkError, match="no such folder"), assemble(settings, threading.Event(), source):
        pass
    assert source.closed
    assert not good.exists()


def test_both_stages_through_the_whole_loop(tiny_folder):
    picture = tiny.scene((36, 36, tiny.SQUARE, tiny.RED), (100, 100, tiny.BAR, tiny.GREY))
    sink = FakeSink()
    settings = Settings(bundle=str(tiny_folder), fps=0, classify_budget_ms=0)
    source = FakeSource([picture.copy() for _ in range(5)])
    with assemble(settings, threading.Event(), source, [sink]) as assembly:
        assembly.loop.run()
        report = assembly.report()
    for observation in sink.observations:
        named = dict(zip(observation.names.products.tolist(), observation.detections.boxes_px.tolist()))
        assert named[tiny.PRODUCTS.index("red")] == pytest.approx([20, 20, 52, 52], abs=0.01)
        assert named[-1] == pytest.approx([68, 84, 132, 116], abs=0.01)
    assert len({tuple(sorted(o.track_ids.tolist())) for o in sink.observations}) == 1
    assert report["classify"] == {"asked": 3, "reused": 7}  # the unknown one is asked about sooner
    assert report["bundle"] == "tiny"
    assert (report["size"], report["res"]) == (160, "160x160")
    assert set(report) >= set(
        "nominal_fps camera_fps true_fps latency_ms stages_ms frames classify limited_by source engine bundle size res "
        "platform".split()
    )


def test_errors_are_of_one_family():
    for error in (ModelError, SinkError, SourceError):
        assert issubclass(error, ShelfsightError)
        assert error.exit_status == 1


class SeeingSink(FakeSink):
    """Copies what it sees, too."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def see(self, observation):
        self.seen.append((observation.frame.id, observation.frame.image.copy()))


def test_sinks_see_each_new_frame_before_anything_is_drawn(tiny_folder):
    frames = [Frame(np.full((120, 160, 3), 40, np.uint8), number, 0.1) for number in (0, None, 1)]
    sink = SeeingSink()
    settings = Settings(bundle=str(tiny_folder), sequential=True, panel="on")
    with assemble(settings, threading.Event(), FakeSource(frames), [sink]) as assembly:
        assembly.loop.run()
    assert [number for number, _ in sink.seen] == [0, 1]
    assert all((picture == 40).all() for _, picture in sink.seen)
    assert not any((picture == 40).all() for picture in sink.pictures)
