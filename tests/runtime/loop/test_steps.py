"""A loop that is stepped through by whoever iterates: time, frames and ends are told as truly as with sinks."""

import threading
import time

import numpy as np
import pytest

from runtime.clock import FakeClock, MonotonicClock
from runtime.errors import SourceError
from runtime.frame import Detections
from runtime.loop.loop import LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.loop.sequential import SequentialLoop
from runtime.picture.compose import Composer
from runtime.picture.overlay import Overlay
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource

pytestmark = pytest.mark.timeout(20)

GREY = 90


class OneThing:
    """Stands for stage 1: sees one thing in every frame."""

    classes = ("thing",)

    def prepare(self, image):
        return image

    def detect(self, _):
        return Detections(np.float32([[100, 60, 140, 100]]), np.float32([0.9]), np.int32([0]))


class Camera(FakeSource):
    """Live and endless, a frame every 4 ms."""

    def __init__(self):
        super().__init__((image() for _ in iter(int, 1)), live=True)

    @property
    def delivered(self):
        return self._next_id

    def read(self, timeout_s):
        time.sleep(0.004)
        return super().read(timeout_s)


def image():
    return np.full((120, 160, 3), GREY, np.uint8)


def make(kind, source, sinks=(), clock=None, keeps_frames=False):
    recogniser = Recogniser(OneThing(), Tracker())
    presenter = Presenter(Composer(["thing"], None), sinks, keeps_frames=keeps_frames)
    member = Member(source, recogniser, presenter, 0.0)
    return kind(LoopParts([member], threading.Event(), clock=clock or MonotonicClock()))


@pytest.mark.parametrize("kind", [SequentialLoop, OverlappedLoop])
def test_every_frame_of_a_file_is_stepped_on_once(kind):
    sink = FakeSink()
    loop = make(kind, FakeSource([image() for _ in range(30)]), [sink])
    assert [shown.observation.frame.id for shown in loop.steps()] == list(range(30))
    assert len(sink.pictures) == loop.figures().presented == 30


def test_what_is_done_with_a_picture_counts_as_presenting():
    clock = FakeClock()
    loop = make(SequentialLoop, FakeSource([image() for _ in range(20)], clock=clock), clock=clock)
    for _ in loop.steps():
        clock.advance(0.05)
    figures = loop.figures()
    assert figures.stages_ms.present == pytest.approx(50)
    assert figures.stages_ms.period == pytest.approx(1e3 / figures.true_fps)
    assert figures.true_fps == pytest.approx(20)
    assert figures.limited_by == "present: 50.0 of 50.0 ms"


def test_of_a_camera_the_frames_that_nobody_asked_for_are_drops_and_the_next_is_fresh():
    camera = Camera()
    loop = make(OverlappedLoop, camera)
    behind = []
    for shown in loop.steps():
        behind.append(camera.delivered - shown.observation.frame.id)
        if len(behind) == 13:
            break
        time.sleep(0.06)
    figures = loop.figures()
    assert figures.presented == 12, "the last one was not done with"
    assert figures.dropped > 12
    a_step = figures.captured / figures.presented
    assert sorted(behind)[6] < a_step / 2, "never what lay there while the one before was worked on"


@pytest.mark.parametrize("kind", [SequentialLoop, OverlappedLoop])
def test_it_may_be_closed_at_any_step(kind):
    steps = make(kind, Camera()).steps()
    for _ in range(3):
        next(steps)
    steps.close()
    assert not [thread for thread in threading.enumerate() if thread.name in ("capture", "inference")]


@pytest.mark.parametrize("kind", [SequentialLoop, OverlappedLoop])
def test_errors_pass_through(kind):
    loop = make(kind, FakeSource([image(), image(), SourceError("pulled out")]))
    seen = []
    with pytest.raises(SourceError, match="pulled out"):
        seen.extend(loop.steps())
    with pytest.raises(SourceError, match="no frame came"):
        list(make(kind, FakeSource([])).steps())


def test_frames_that_are_kept_are_not_drawn_on():
    sink = FakeSink()
    loop = make(SequentialLoop, FakeSource([image(), image()]), [sink], keeps_frames=True)
    for shown in loop.steps():
        assert (shown.observation.frame.image == GREY).all()
    assert all((picture != GREY).any() for picture in sink.pictures)


def test_without_a_sink_nothing_is_drawn():
    for shown in make(SequentialLoop, FakeSource([image()])).steps():
        assert (shown.observation.frame.image == GREY).all()


def test_in_a_stall_the_drawn_picture_is_shown_again_and_not_the_kept_frame():
    clock, sink = FakeClock(), FakeSink()
    loop = make(SequentialLoop, Stalling([image(), image()], clock=clock), [sink], clock, keeps_frames=True)
    list(loop.steps())
    assert len(sink.pictures) == 4
    box = np.s_[55:105, 95:145]
    assert all((picture[box] == sink.pictures[0][box]).all() for picture in sink.pictures)
    assert (sink.pictures[0][box] != GREY).any()


class Stalling(FakeSource):
    """A second without a frame after the first one, in two reads."""

    def read(self, timeout_s):
        self.reads = getattr(self, "reads", 0) + 1
        if self.reads in (2, 3):
            self._clock.advance(0.6)
            return None
        return super().read(timeout_s)


class Noting(Overlay):
    """Writes down what it is asked, and draws a dot."""

    def __init__(self):
        self.asked = []

    def see(self, observation):
        self.asked.append(("see", observation.frame.id, int(observation.frame.image[0, 0, 0])))

    def draw(self, picture):
        picture[0, 0] = 200

    def told(self, figures):
        return figures._replace(limited_by="the overlay")


def test_an_overlay_sees_each_frame_as_captured_and_draws_before_the_sinks():
    overlay, sink = Noting(), FakeSink()
    source = FakeSource([image() for _ in range(5)])
    presenter = Presenter(Composer(["thing"], None, panel=False), [sink], overlays=[overlay])
    member = Member(source, Recogniser(OneThing(), Tracker()), presenter, 0.0)
    SequentialLoop(LoopParts([member], threading.Event())).run()
    assert overlay.asked == [("see", number, GREY) for number in range(5)]
    assert all(picture[0, 0, 0] == 200 for picture in sink.pictures)
    assert {figures.limited_by for figures in sink.figures} == {"the overlay"}
