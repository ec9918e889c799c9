"""`fault://KIND[:NUMBER...][,KIND...]@URI`: any source, with the faults of real ones."""

import re
import threading
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SourceError, UsageError
from runtime.frame import Frame
from runtime.sources.source import Source

PREFIX = "fault://"
GONE = "fault://die: gone"


class Kind(NamedTuple):
    """One fault that can be asked for."""

    numbers: Tuple[float, ...]
    """Its numbers where the address gives none."""
    meaning: str


KINDS: Dict[str, Kind] = {
    "drop": Kind((0.5,), "a share of the frames never comes"),
    "duplicate": Kind((0.5,), "a share of the frames is the one before, sent again as if it were new"),
    "corrupt": Kind((0.5,), "a share of the frames has noise in its lower half"),
    "burst": Kind((2.0,), "so many frames come at once, after a pause as long as they took"),
    "slow": Kind((200.0,), "each frame comes so many ms late"),
    "blank": Kind((0.5,), "for so many seconds at first, pictures of one colour"),
    "freeze": Kind((5.0,), "from so many seconds on, one picture over and over"),
    "stall": Kind((5.0,), "from so many seconds on, nothing, and no error"),
    "die": Kind((5.0, 5.0), "after so many seconds it is gone, and back after so many more"),
}


class Fault(NamedTuple):
    """One fault with its numbers."""

    kind: str
    numbers: Tuple[float, ...]


def parse_fault_uri(uri: str) -> Tuple[List[Fault], str]:
    """The faults and the address that they befall; UsageError, one line, for anything it cannot be."""
    match = re.match(r"^fault://([^@]*)@(.+)$", uri, re.DOTALL)
    if match is None:
        raise UsageError("expected fault://KIND[:NUMBER][,KIND]@URI, as in fault://drop:0.2,die:5:3@demo://")
    return [_fault(text) for text in match.group(1).split(",")], match.group(2)


def _fault(text: str) -> Fault:
    name, *given = text.split(":")
    if name not in KINDS:
        raise UsageError("fault:// knows no {!r}, only {}".format(name, ", ".join(sorted(KINDS))))
    defaults = KINDS[name].numbers
    try:
        numbers = tuple(float(number) for number in given)
    except ValueError:
        numbers = (-1.0,)
    most = 1.0 if name in ("drop", "duplicate", "corrupt") else 86400.0
    if len(numbers) > len(defaults) or not all(0 <= number <= most for number in numbers):
        message = "fault://{}: expected up to {} number{} from 0 to {:g} after {}:"
        raise UsageError(message.format(text, len(defaults), "" if len(defaults) == 1 else "s", most, name))
    return Fault(name, numbers + defaults[len(numbers) :])


class Faults:
    """What befalls a source over all its openings: one row of chances; times count from each opening anew."""

    def __init__(self, faults: List[Fault], clock: Optional[MonotonicClock] = None, seed: int = 0) -> None:
        self._numbers = dict(faults)
        self._chance = np.random.RandomState(seed)
        self._clock = clock or MonotonicClock()
        self._opened_s = self._gone_until_s = self._clock.now_s()

    def note_opening(self) -> None:
        """Call it before the source is opened; SourceError while it is gone."""
        self._opened_s = self._clock.now_s()
        if self._opened_s < self._gone_until_s:
            raise SourceError(GONE)

    def _number(self, kind: str) -> Optional[float]:
        return self._numbers[kind][0] if kind in self._numbers else None

    def happens(self, kind: str) -> bool:
        """Whether the next frame suffers a fault of chance."""
        share = self._number(kind)
        return share is not None and self._chance.random_sample() < share

    def _age_s(self) -> float:
        return self._clock.now_s() - self._opened_s

    def is_past(self, kind: str) -> bool:
        """Whether a fault that begins at a time has begun."""
        after_s = self._number(kind)
        return after_s is not None and self._age_s() >= after_s

    def is_before(self, kind: str) -> bool:
        """Whether a fault that ends at a time has yet to end."""
        until_s = self._number(kind)
        return until_s is not None and self._age_s() < until_s

    def burst(self) -> int:
        """How many frames come at once; 0: each as it comes."""
        return int(self._number("burst") or 0)

    def delay_s(self) -> float:
        """By how much each frame is late."""
        return (self._number("slow") or 0.0) / 1e3

    def die(self) -> None:
        """Be gone for as long as was asked for."""
        self._gone_until_s = self._clock.now_s() + self._numbers["die"][1]

    def noise(self, shape: Tuple[int, ...]) -> np.ndarray:
        """Uint8 noise of `shape`."""
        return self._chance.randint(0, 256, shape).astype(np.uint8)


class FaultySource(Source):
    """One opening of a source that `faults` befall. Closes the source."""

    def __init__(self, source: Source, faults: Faults, clock: Optional[MonotonicClock] = None) -> None:
        self.name = "faulty " + source.name
        self.live, self.continuous, self.own_fps = source.live, source.continuous, source.own_fps
        self.total_frames, self.res = source.total_frames, source.res
        self._source = source
        self._faults = faults
        self._clock = clock or MonotonicClock()
        self._kept: Optional[np.ndarray] = None
        self._held: List[Frame] = []
        self._is_bursting = False
        self._closed = threading.Event()

    def read(self, timeout_s: float) -> Optional[Frame]:
        faults = self._faults
        if faults.is_past("die"):
            faults.die()
            raise SourceError(GONE)
        if faults.is_past("stall"):
            self._clock.wait(self._closed, timeout_s)
            return None
        frame = self._next(timeout_s)
        if frame is None or frame.id is None:
            return frame
        self._clock.wait(self._closed, faults.delay_s())
        if faults.happens("drop"):
            return None
        return frame._replace(image=self._suffered(frame.image))

    def _next(self, timeout_s: float) -> Optional[Frame]:
        """Of the source; in a burst held back until enough have come, and taken for captured when it is let go."""
        if self._is_bursting and self._held:
            return self._held.pop(0)._replace(captured_s=self._clock.now_s())
        self._is_bursting = False
        frame = self._source.read(timeout_s)
        if frame is None or frame.id is None or not self._faults.burst():
            return frame
        self._held.append(frame)
        self._is_bursting = len(self._held) >= self._faults.burst()
        return self._next(timeout_s) if self._is_bursting else None

    def _suffered(self, image: np.ndarray) -> np.ndarray:
        faults = self._faults
        if faults.is_before("blank"):
            return np.zeros_like(image)
        if self._kept is not None and (faults.is_past("freeze") or faults.happens("duplicate")):
            return self._kept.copy()
        self._kept = image.copy()
        if faults.happens("corrupt"):
            lower = image[image.shape[0] // 2 :]
            lower[:] = faults.noise(lower.shape)
        return image

    def why_slow(self) -> str:
        return self._source.why_slow()

    def close(self) -> None:
        self._closed.set()
        self._source.close()
