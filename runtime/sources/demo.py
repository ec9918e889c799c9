"""`demo://`: a live camera looking at the drawn scene, with the ground truth of what it saw."""

import threading
from collections import OrderedDict
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple, Union
from urllib.parse import parse_qsl, urlsplit

from runtime.allocator import give_back
from runtime.clock import MonotonicClock
from runtime.errors import SourceError, UsageError
from runtime.frame import EndOfStream, Frame
from runtime.newest import NewestSlot
from runtime.scene.scene import Scene
from runtime.scene.settings import SPLITS, SceneSettings
from runtime.scene.shelf import ShelfScene, ShelfSettings
from runtime.scene.truth import Truth
from runtime.sources.source import Source

DEFAULT_FPS = 30.0
SHELF = "shelf"
"""After demo://: the shelf instead of the moving scene."""
TRUTHS_KEPT = 64
"""Two seconds at 30 frames per second: longer than any frame takes through the pipeline."""
FURNISH_EVERY_S = 3.0
"""A hand that comes next is drawn ahead while the one before is there, for 9 s."""
JOIN_S = 1.0


class DemoRequest(NamedTuple):
    """What a `demo://` address asks for."""

    scene: Union[SceneSettings, ShelfSettings]
    fps: Optional[float]
    """None: the caller's rate."""


class DemoSource(Source):
    """Renders in its own thread, paced like a camera; frame `k` shows the scene at k / fps seconds.

    A machine too slow for the rate gets fewer frames, each the next one of the scene: it plays in slow motion.
    """

    name = "demo"
    live = True

    def __init__(self, uri: str, size: Tuple[int, int], fps: float, clock: Optional[MonotonicClock] = None) -> None:
        """`size` is (width, height). `fps` is the caller's rate; the address's own goes first, 0 gives DEFAULT_FPS.

        UsageError if the address asks for what there is not.
        """
        request = parse_demo_uri(uri)
        self.size = self.res = size
        self.fps = request.fps or fps or DEFAULT_FPS
        self._scene = open_scene(request.scene, size)
        self._clock = clock or MonotonicClock()
        self._slot: NewestSlot[Frame] = NewestSlot()
        self._stop = threading.Event()
        self._truths: OrderedDict = OrderedDict()
        self._truths_lock = threading.Lock()
        self._filmed_s = 0.0
        """Of the scene's time, until now."""
        self._thread = threading.Thread(target=self._run, name="demo camera", daemon=True)
        self._thread.start()
        # Drawing a product or a hand takes longer than a frame: done ahead, so that a newcomer does not stall it.
        self._furnisher = threading.Thread(target=self._furnish, name="demo furnisher", daemon=True)
        self._furnisher.start()

    def read(self, timeout_s: float) -> Optional[Frame]:
        """The newest frame not yet given; SourceError if the renderer failed, EndOfStream after `close`."""
        return self._slot.take(timeout_s)

    def truth(self, frame_id: int) -> Truth:
        """The ground truth of one of the last TRUTHS_KEPT frames; KeyError for any other."""
        with self._truths_lock:
            return self._truths[frame_id]

    def close(self) -> None:
        """Stop rendering and wait for its threads, at most JOIN_S."""
        self._stop.set()
        self._slot.fail(EndOfStream())
        for thread in (self._thread, self._furnisher):
            thread.join(JOIN_S / 2)

    def _furnish(self) -> None:
        while not self._stop.is_set():
            for _ in self._scene.furnish(self._filmed_s):
                if self._stop.is_set():
                    return
            give_back()
            self._stop.wait(FURNISH_EVERY_S)

    def _run(self) -> None:
        try:
            self._film()
        except Exception as error:  # whatever it is, the reader must not wait for ever
            failure = SourceError("the demo's renderer failed: {}: {}".format(type(error).__name__, error))
            failure.__cause__ = error
            self._slot.fail(failure)

    def _film(self) -> None:
        """Render one frame per period of an absolute schedule, which slips only when a frame took too long."""
        period_s = 1.0 / self.fps
        due_s, frame_id = self._clock.now_s(), 0
        while not self._clock.wait(self._stop, due_s - self._clock.now_s()):
            self._filmed_s = frame_id * period_s
            image, truth = self._scene.render(self._filmed_s)
            with self._truths_lock:
                self._truths[frame_id] = truth
                if len(self._truths) > TRUTHS_KEPT:
                    self._truths.popitem(last=False)
            now_s = self._clock.now_s()
            self._slot.put(Frame(image, frame_id, now_s))
            # The first frame takes longest: were the schedule not to begin with it, the camera would seem too fast.
            due_s = max(due_s + period_s, now_s - period_s) if frame_id else now_s + period_s
            frame_id += 1


def parse_demo_uri(uri: str) -> DemoRequest:
    """The request in `demo://?products=8&seed=3&...`; UsageError, one line, for anything it cannot be."""
    try:
        parts = urlsplit(uri)
    except ValueError as error:  # of a bracket, which would begin an IPv6 address
        raise UsageError("{!r}: {}".format(uri, error)) from error
    if parts.scheme != "demo":
        raise UsageError("{!r} is not a demo address: expected demo:// or demo://?products=8&seed=3".format(uri))
    is_shelf = parts.netloc == SHELF
    if (parts.netloc and not is_shelf) or parts.path.strip("/"):
        message = "{!r}: demo:// takes no name or path but shelf, and ?key=value of {}"
        raise UsageError(message.format(uri, ", ".join(_KEYS)))
    keys = _SHELF_KEYS if is_shelf else _KEYS
    values: Dict[str, Any] = {}
    for key, text in parse_qsl(parts.query, keep_blank_values=True):
        if key not in keys:
            raise UsageError("{!r}: demo:// knows no {!r}, only {}".format(uri, key, ", ".join(keys)))
        values[key] = keys[key](key, text)
    fps = values.pop("fps", None)
    return DemoRequest(ShelfSettings(**values) if is_shelf else SceneSettings(**values), fps)


def open_scene(settings: Union[SceneSettings, ShelfSettings], size: Tuple[int, int]) -> Union[Scene, ShelfScene]:
    """The drawn world that is asked for."""
    return ShelfScene(settings, size) if isinstance(settings, ShelfSettings) else Scene(settings, size)


def _number(kind: Callable, low: float, high: float) -> Callable[[str, str], object]:
    """A parser of numbers in low..high, both allowed."""

    def parse(key: str, text: str) -> object:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            what = "a whole number" if kind is int else "a number"
            raise UsageError("demo:// {}={!r}: expected {} from {} to {}".format(key, text, what, low, high))
        return value

    return parse


def _choice(choices: Dict[str, object]) -> Callable[[str, str], object]:
    """A parser of one of a few words."""

    def parse(key: str, text: str) -> object:
        if text not in choices:
            raise UsageError("demo:// {}={!r}: expected {}".format(key, text, " or ".join(choices)))
        return choices[text]

    return parse


_KEYS = OrderedDict(
    [
        ("products", _number(int, 1, 60)),
        ("seed", _number(int, 0, 2**31 - 1)),
        ("speed", _number(float, 0.0, 20.0)),
        ("split", _choice(OrderedDict((name, name) for name in SPLITS))),
        ("hard", _choice(OrderedDict([("0", False), ("1", True)]))),
        ("unknown", _number(float, 0.0, 1.0)),
        ("fps", _number(float, 1.0, 240.0)),
    ]
)
_SHELF_KEYS = OrderedDict(
    [
        ("seed", _number(int, 0, 2**31 - 1)),
        ("rows", _number(int, 1, 4)),
        ("slots", _number(int, 1, 12)),
        ("facings", _number(int, 1, 6)),
        ("pause_s", _number(float, 0.1, 3600.0)),
        ("speed", _number(float, 0.0, 20.0)),
        ("knocks", _choice(OrderedDict([("0", False), ("1", True)]))),
        ("fps", _number(float, 1.0, 240.0)),
    ]
)
