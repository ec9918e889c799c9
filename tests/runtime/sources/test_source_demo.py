"""The demo camera: its address, its thread, its pace and its truth. No test measures real time."""

import threading

import numpy as np
import pytest

from runtime.clock import FakeClock
from runtime.errors import SourceError, UsageError
from runtime.frame import EndOfStream
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.sources import demo
from runtime.sources.demo import DemoSource, parse_demo_uri

LONG_S = 30.0
SIZE = (160, 120)


class GatedClock(FakeClock):
    """Lets the camera film only as many frames as it was given turns."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.waits = []
        self._turns = threading.Semaphore(turns)
        self.starved = threading.Event()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.waits.append(timeout_s)
        if not self._turns.acquire(blocking=False):
            self.starved.set()
            return event.wait(LONG_S)
        return super().wait(event, timeout_s)


def filmed(uri: str, turns: int, fps: float = 10.0, clock: object = None) -> DemoSource:
    """A source that has rendered exactly `turns` frames and now stands still."""
    clock = clock or GatedClock(turns)
    source = DemoSource(uri, SIZE, fps, clock)
    assert clock.starved.wait(LONG_S)
    return source


def test_an_address_says_everything():
    request = parse_demo_uri("demo://?products=5&seed=9&speed=0.5&split=heldout&hard=1&unknown=0.25&fps=12.5")
    assert request.scene == SceneSettings(5, 9, 0.5, "heldout", True, 0.25)
    assert request.fps == 12.5


@pytest.mark.parametrize("uri", ["demo://", "demo:///", "demo://?", "demo:"])
def test_a_bare_address_is_the_default_scene(uri):
    assert parse_demo_uri(uri) == (SceneSettings(), None)


@pytest.mark.parametrize(
    "query, told",
    [
        ("products=0", "1 to 60"),
        ("products=many", "'many'"),
        ("products=", "whole number"),
        ("products=2.5", "whole number"),
        ("seed=-1", "'-1'"),
        ("speed=nan", "'nan'"),
        ("split=test", "train or heldout"),
        ("hard=yes", "0 or 1"),
        ("unknown=2", "0.0 to 1.0"),
        ("fps=0", "1.0 to 240.0"),
        ("colour=red", "products, seed, speed"),
    ],
)
def test_a_bad_address_is_refused_in_one_line(query, told):
    with pytest.raises(UsageError) as refused:
        parse_demo_uri("demo://?" + query)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_another_scheme_or_a_path_is_refused():
    for uri in ("file://x", "demo://street", "demo:///shelf"):
        with pytest.raises(UsageError):
            parse_demo_uri(uri)


def test_the_newest_frame_is_read_with_its_truth():
    with filmed("demo://?products=3&seed=1", 5) as source:
        frame = source.read(LONG_S)
        assert frame.id == 4
        assert source.read(0) is None
        expected = Scene(SceneSettings(products=3, seed=1), SIZE).render(4 / 10.0)
        np.testing.assert_array_equal(frame.image, expected.image)
        for mine, theirs in zip(source.truth(4), expected.truth):
            np.testing.assert_array_equal(mine, theirs)


def test_frames_come_on_an_absolute_schedule():
    clock = GatedClock(4)
    with filmed("demo://?products=1", 4, clock=clock) as source:
        assert source.read(0).captured_s == pytest.approx(0.3)
    assert clock.waits[:4] == pytest.approx([0.0, 0.1, 0.1, 0.1])


def test_a_slow_first_frame_does_not_make_the_camera_seem_fast(monkeypatch):
    clock, render = GatedClock(11), Scene.render

    def slow_at_first(self, time_s):
        clock.advance(0.08 if time_s == 0.0 else 0.01)
        return render(self, time_s)

    monkeypatch.setattr(Scene, "render", slow_at_first)
    with filmed("demo://?products=1", 11, clock=clock) as source:
        assert 10 / (source.read(0).captured_s - 0.08) <= 10.0


def test_the_address_rate_goes_before_the_callers_and_none_is_thirty():
    for uri, fps, expected in (("demo://?fps=50", 10, 50), ("demo://", 10, 10), ("demo://", 0, 30)):
        with DemoSource(uri + ("&" if "?" in uri else "?") + "products=1", SIZE, fps, GatedClock(0)) as source:
            assert source.fps == expected


def test_old_truths_are_forgotten():
    with filmed("demo://?products=1", demo.TRUTHS_KEPT + 3) as source:
        with pytest.raises(KeyError):
            source.truth(2)
        assert source.truth(3).boxes_px.shape[1] == 4


def test_a_failing_renderer_reaches_the_reader(monkeypatch):
    def broken(self: Scene, time_s: float) -> None:
        raise RuntimeError("no paint left")

    monkeypatch.setattr(Scene, "render", broken)
    with DemoSource("demo://?products=1", SIZE, 10) as source:
        with pytest.raises(SourceError, match="no paint left"):
            source.read(LONG_S)


def test_close_ends_the_thread_and_the_stream_and_may_be_called_twice():
    source = DemoSource("demo://?products=2", SIZE, 10)
    assert source.read(LONG_S) is not None
    source.close()
    source.close()
    assert not source._thread.is_alive()
    assert not source._furnisher.is_alive()
    with pytest.raises(EndOfStream):
        source.read(0)
        source.read(0)
