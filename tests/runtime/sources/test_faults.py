"""What goes wrong with sources, replayed: each fault is noticed, shown as offline, and got over. No GStreamer."""

import threading
import time

import numpy as np
import pytest

from runtime.clock import FakeClock
from runtime.errors import SourceError, UsageError
from runtime.frame import EndOfStream, Frame
from runtime.gstreamer.fake import FakeCapture
from runtime.settings import Settings
from runtime.sources.fake import FakeSource
from runtime.sources.fault import KINDS, Fault, Faults, FaultySource, parse_fault_uri
from runtime.sources.offline import offline_picture
from runtime.sources.opening import open_source
from runtime.sources.read_ahead import ReadAhead
from runtime.sources.source import Source
from runtime.sources.stream import LiveStream
from runtime.sources.waiting import FIRST_RETRY_S, LAST_RETRY_S, WaitingSource
from runtime.sources.watched import LATE_FOR_S, LATE_S, Expectations, WatchedSource

pytestmark = pytest.mark.timeout(30)

PERIOD_S = 1 / 30


class Camera(Source):
    """Live: a new noisy frame a period of a fake clock, for as long as its plan says; then what the plan says."""

    live = True
    name = "camera"

    def __init__(self, clock, picture=None):
        self.clock, self.picture, self.number, self.closed = clock, picture, 0, False
        self.chance = np.random.RandomState(1)

    def read(self, timeout_s):
        self.clock.advance(PERIOD_S)
        self.number += 1
        image = self.chance.randint(0, 255, (48, 64, 3)).astype(np.uint8)
        if self.picture is not None:
            image = self.picture(self.number, image)
        if image is None:
            self.clock.advance(timeout_s)
            return None
        return Frame(image, self.number - 1, self.clock.now_s())

    def close(self):
        self.closed = True


def read_until_it_fails(source, most=2000):
    """The frames before the failure, and the failure."""
    frames = []
    with pytest.raises(SourceError) as caught:
        for _ in range(most):
            frame = source.read(0.2)
            if frame is not None:
                frames.append(frame)
    return frames, str(caught.value)


def watched(clock, picture=None, **expectations):
    expectations.setdefault("distinct", True)
    return WatchedSource(Camera(clock, picture), Expectations(**expectations), clock)


class TestWatched:
    def test_a_healthy_camera_passes(self):
        clock = FakeClock()
        source = watched(clock, granted_fps=30.0, why_slow=lambda: pytest.fail("it is not slow"))
        assert [source.read(0.2).id for _ in range(600)] == list(range(600))

    def test_a_stall_without_an_error_is_noticed_in_time(self):
        clock = FakeClock()
        frames, words = read_until_it_fails(watched(clock, lambda number, image: image if number <= 30 else None))
        assert len(frames) == 30
        assert "stalled" in words
        assert 3.0 <= clock.now_s() - frames[-1].captured_s <= 3.8

    def test_a_frozen_picture_is_noticed_in_time(self):
        clock, kept = FakeClock(), []

        def freeze(number, image):
            kept.append(image)
            return kept[min(number, 30) - 1].copy()

        frames, words = read_until_it_fails(watched(clock, freeze))
        assert len(frames) == 30
        assert "frozen" in words
        assert clock.now_s() - frames[-1].captured_s < 3.2

    def test_a_picture_sent_twice_counts_once(self):
        clock, kept = FakeClock(), []

        def double(number, image):
            kept.append(image)
            return kept[number - 1 - number % 2].copy() if number > 1 else image.copy()

        source = watched(clock, double)
        frames = [frame for frame in (source.read(0.2) for _ in range(100)) if frame is not None]
        assert 48 <= len(frames) <= 52
        assert [frame.id for frame in frames] == list(range(len(frames))), "what was repeated was not captured either"

    def test_equal_pictures_of_an_encoded_stream_are_no_fault(self):
        still = np.tile(np.arange(64, dtype=np.uint8)[None, :, None], (48, 1, 3))
        source = watched(FakeClock(), lambda *_: still.copy(), distinct=False)
        assert [source.read(0.2).id for _ in range(300)] == list(range(300))

    def test_empty_first_pictures_are_passed_over(self, caplog):
        caplog.set_level("INFO")
        source = watched(FakeClock(), lambda number, image: np.full_like(image, number) if number <= 10 else image)
        frames = [frame for frame in (source.read(0.2) for _ in range(20)) if frame is not None]
        assert len(frames) == 10
        assert "empty pictures" in caplog.text

    def test_a_dark_room_is_not_passed_over_for_long(self):
        source = watched(FakeClock(), lambda number, image: np.full_like(image, number % 2))
        frames = [frame for frame in (source.read(0.2) for _ in range(90)) if frame is not None]
        assert len(frames) > 25

    def test_a_camera_slower_than_granted_is_reported_once_with_its_cause(self, caplog):
        source = watched(FakeClock(), granted_fps=60.0, why_slow=lambda: ("dim light", "more light"))
        assert source.why_slow() == ""
        for _ in range(600):
            source.read(0.2)
        assert caplog.text.count("grants 60 fps and delivers 30.0: dim light (more light)") == 1
        assert source.why_slow() == "dim light"

    def test_the_cause_passes_through_what_wraps_the_camera(self):
        class Slow(Camera):
            def why_slow(self):
                return "dim light"

        waiting = WaitingSource("camera", (64, 48), lambda: Slow(FakeClock()), FakeClock())
        assert waiting.why_slow() == ""
        while waiting.why_slow() == "":
            waiting.read(0.2)
        with ReadAhead(FaultySource(waiting, Faults([], FakeClock()))) as ahead:
            assert ahead.why_slow() == "dim light"

    def test_light_that_comes_back_is_noticed_too(self, caplog):
        caplog.set_level("INFO")
        clock = FakeClock()

        def slow_at_first(number, image):
            clock.advance(1 / 30.0 if number < 300 else 0.0)
            return image

        source = watched(clock, slow_at_first, granted_fps=30.0, why_slow=lambda: ("dim light", ""))
        causes = []
        for _ in range(900):
            source.read(0.2)
            causes.append(source.why_slow())
        assert list(dict.fromkeys(causes)) == ["", "dim light"]
        assert causes[-1] == ""
        assert "delivers 30.0 of 30 fps again" in caplog.text

    def test_a_backlog_is_an_error(self):
        clock = FakeClock()

        class Late(Camera):
            def read(self, timeout_s):
                frame = super().read(timeout_s)
                return frame._replace(captured_s=frame.captured_s - LATE_S - 0.5)

        frames, words = read_until_it_fails(WatchedSource(Late(clock), Expectations(), clock))
        assert "late" in words
        assert len(frames) == pytest.approx(LATE_FOR_S / PERIOD_S, abs=3)

    def test_a_loop_that_was_busy_is_no_stall(self):
        clock = FakeClock()
        source = WatchedSource(FakeSource([None, None, None], live=True, clock=clock), Expectations(), clock)
        for _ in range(3):
            assert source.read(0.2) is None
            clock.advance(60.0)


class TestWaiting:
    def opened(self, clock, sessions):
        sessions = iter(sessions)

        def open_next():
            session = next(sessions)
            if isinstance(session, Exception):
                raise session
            return session

        return WaitingSource("camera", (64, 48), open_next, clock)

    def test_the_pause_between_attempts_doubles_up_to_a_limit(self):
        clock, attempts = FakeClock(), []

        def absent():
            attempts.append(clock.now_s())
            raise SourceError("absent")

        source = WaitingSource("camera", (64, 48), absent, clock)
        while len(attempts) < 8:
            source.read(0.2)
        pauses = np.diff(attempts)
        assert pauses[0] == pytest.approx(FIRST_RETRY_S, abs=0.01)
        assert pauses[1] == pytest.approx(2 * FIRST_RETRY_S, abs=0.01)
        assert pauses[-1] == pytest.approx(LAST_RETRY_S, abs=0.01)

    def test_the_loop_goes_on_while_opening_hangs(self):
        release = threading.Event()
        late = FakeSource([np.zeros((48, 64, 3), np.uint8)])

        def hang():
            release.wait(20)
            return late

        source = WaitingSource("camera", (64, 48), hang)
        assert source.read(0.05) is None
        assert source.read(0.05) is None
        source.close()
        release.set()
        for _ in range(200):
            if late.closed:
                break
            threading.Event().wait(0.01)
        assert late.closed, "nobody wants it any more"

    def test_offline_pictures_have_the_size_of_the_last_frame_and_no_id(self):
        clock = FakeClock()
        image = np.zeros((90, 160, 3), np.uint8)
        source = self.opened(clock, [FakeSource([image, SourceError("gone")], clock=clock), SourceError("absent")])
        frames = [frame for frame in (source.read(0.2) for _ in range(9)) if frame is not None]
        assert [frame.id for frame in frames] == [0, None, None]
        assert frames[1].image.shape == (90, 160, 3)

    def test_a_mistake_of_ours_is_no_absence(self):
        source = self.opened(FakeClock(), [UsageError("nonsense")])
        with pytest.raises(UsageError):
            source.read(5.0)


class TestFault:
    def of(self, text, clock, inner=None):
        faults = Faults(parse_fault_uri("fault://{}@x".format(text))[0], clock)
        return FaultySource(inner or Camera(clock), faults, clock)

    def test_drop(self):
        source = self.of("drop:0.3", FakeClock())
        given = [source.read(0.2) for _ in range(1000)]
        assert 250 < given.count(None) < 350

    def test_duplicate(self):
        source = self.of("duplicate:0.5", FakeClock())
        images = [source.read(0.2).image.tobytes() for _ in range(200)]
        assert 70 < sum(a == b for a, b in zip(images, images[1:])) < 130

    def test_corrupt(self):
        clock = FakeClock()
        black = Camera(clock, lambda _number, image: np.zeros_like(image))
        images = [self.of("corrupt:1", clock, black).read(0.2).image for _ in range(3)]
        assert all(image[:24].max() == 0 and image[24:].std() > 50 for image in images)

    def test_slow(self):
        clock = FakeClock()
        frame = self.of("slow:250", clock).read(0.2)
        assert clock.now_s() - frame.captured_s == pytest.approx(0.25)

    def test_blank_then_not(self):
        source = self.of("blank:0.5", FakeClock())
        peaks = [source.read(0.2).image.max() for _ in range(30)]
        assert peaks[:14] == [0] * 14
        assert peaks[-1] > 200

    def test_freeze(self):
        source = self.of("freeze:1", FakeClock())
        images = [source.read(0.2).image.tobytes() for _ in range(60)]
        assert len(set(images)) == pytest.approx(30, abs=2)

    def test_stall(self):
        source = self.of("stall:1", FakeClock())
        given = [source.read(0.2) for _ in range(60)]
        assert given.count(None) == pytest.approx(30, abs=2)

    def test_die_and_return(self):
        clock = FakeClock()
        faults = Faults([Fault("die", (1.0, 4.0))], clock)

        def open_faulty():
            faults.note_opening()
            return FaultySource(Camera(clock), faults, clock)

        source = WaitingSource("camera", (64, 48), open_faulty, clock)
        ids = []
        while clock.now_s() < 12:
            frame = source.read(0.2)
            if frame is not None and frame.id is not None:
                ids.append(frame.id)
        assert len(ids) > 60, "it came back"
        assert ids == list(range(len(ids)))

    def test_a_file_suffers_too(self):
        steps = [np.full((48, 64, 3), number, np.uint8) for number in range(100)]
        source = self.of("drop:0.5", FakeClock(), FakeSource(steps))
        given = []
        with pytest.raises(EndOfStream):
            while True:
                given.append(source.read(0.2))
        assert source.live is False
        assert 30 < given.count(None) < 70

    def test_several_and_their_numbers(self):
        faults, uri = parse_fault_uri("fault://drop:0.1,die:3:2@rtsp://me:a@b@cam/1")
        assert faults == [Fault("drop", (0.1,)), Fault("die", (3.0, 2.0))]
        assert uri == "rtsp://me:a@b@cam/1"
        assert parse_fault_uri("fault://die@demo://")[0] == [Fault("die", (5.0, 5.0))]

    @pytest.mark.parametrize(
        "uri",
        [
            "fault://",
            "fault://drop",
            "fault://melt@demo://",
            "fault://drop:2@x",
            "fault://drop:a@x",
            "fault://slow:1:2@x",
        ],
    )
    def test_what_makes_no_sense(self, uri):
        with pytest.raises(UsageError, match="fault://"):
            open_source(Settings(source=uri))

    def test_each_kind_says_what_it_means(self, root):
        text = (root / "docs" / "sources.md").read_text(encoding="utf-8")
        for name in KINDS:
            assert "`{}".format(name) in text

    def test_the_demo_dies_and_comes_back(self, caplog):
        caplog.set_level("INFO")
        ids = []
        with open_source(Settings(source="fault://die:0.5:0.2@demo://?products=2", res=(64, 48), fps=60)) as source:
            while ids.count(None) < 3:
                frame = source.read(0.2)
                ids += [] if frame is None else [frame.id]
        numbers = [number for number in ids if number is not None]
        assert numbers == sorted(set(numbers))
        assert "is there, after" in caplog.text


def test_the_reason_stands_on_the_offline_picture():
    for shape in ((480, 640, 3), (48, 64, 3), (1080, 1920, 3)):
        picture = offline_picture(shape, "no camera at /dev/video0 (present: none): plug it in, or --wait for it")
        assert picture.shape == shape
        assert (picture != offline_picture(shape, "")).any()


class TestLiveStream:
    def test_no_first_frame_in_time(self):
        with pytest.raises(SourceError, match="no frame within 0.2 s"):
            LiveStream("camera", lambda: FakeCapture([None] * 500, period_s=0.01), first_frame_s=0.2)

    def test_an_end_is_a_failure_unless_it_may_end(self):
        image = np.zeros((48, 64, 3), np.uint8)
        for may_end, kind in ((False, SourceError), (True, EndOfStream)):
            with LiveStream("camera", lambda: FakeCapture([image], 0.01), may_end=may_end) as source:
                assert source.read(1.0).id == 0
                with pytest.raises(kind):
                    source.read(1.0)

    def test_a_capture_that_hangs_does_not_hang_the_program(self):
        release, image = threading.Event(), np.zeros((48, 64, 3), np.uint8)

        class Hanging(FakeCapture):
            def read(self, timeout_s):
                if release.is_set() or self.closed:
                    raise EndOfStream
                return super().read(timeout_s) if not hanging.is_set() else release.wait(20) and None

        hanging = threading.Event()
        capture = Hanging([image] * 1000, period_s=0.01)
        source = LiveStream("camera", lambda: capture)
        hanging.set()
        started_s = time.monotonic()
        source.close()
        assert time.monotonic() - started_s < 3.0
        release.set()

    def test_it_is_closed_where_it_was_opened(self):
        threads = []

        class Noting(FakeCapture):
            def close(self):
                threads.append(threading.current_thread().name)

        with LiveStream("camera", lambda: Noting([np.zeros((48, 64, 3), np.uint8)] * 9, 0.01)):
            pass
        assert threads == ["capture"]
