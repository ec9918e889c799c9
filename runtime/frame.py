"""What travels down the pipeline: a captured frame, and what was seen in it."""

from typing import Any, NamedTuple, Optional, Sequence

import numpy as np


class EndOfStream(Exception):
    """The last frame has been read; there will be no more."""


class Frame(NamedTuple):
    """One picture from a source. Whoever holds it owns `image`: the source never touches it again."""

    image: np.ndarray
    """(H, W, 3) uint8, BGR."""
    id: Optional[int]
    """The source's count of distinct frames, from 0; gaps are drops. None: a substituted picture, never counted."""
    captured_s: float
    """When it was captured, on the monotonic clock."""
    prepared: Any = None
    """What stage 1 wants to see of it (its recogniser knows how), where a thread before has made that already."""
    prepare_ms: float = 0.0
    """How long that took."""
    source_s: Optional[float] = None
    """Where in its file it belongs, in seconds from the file's first picture; None for what is live."""
    file: Optional[str] = None
    """The name of its own file, where it came as one."""

    @property
    def shown_s(self) -> float:
        """When it is to be shown in a recording, in seconds from any origin: whatever the speed of the run."""
        return self.captured_s if self.source_s is None else self.source_s


OLDEST_S = 10.0
"""A time further back than this is no time on our clock."""


def capture_time_s(told_s: Optional[float], now_s: float) -> float:
    """When a picture was captured: the time that its driver or server told, where that can be true, else now."""
    if told_s is None or not now_s - OLDEST_S < told_s <= now_s + 0.2:
        return now_s
    return min(told_s, now_s)


class Detections(NamedTuple):
    """Candidates of one frame, side by side, best score first. k may be 0."""

    boxes_px: np.ndarray
    """(k, 4) float32: x1, y1, x2, y2 in pixels of the frame, clipped to it."""
    scores: np.ndarray
    """(k,) float32 in 0..1."""
    shapes: np.ndarray
    """(k,) int32, index into the detector's class names."""

    @classmethod
    def none(cls) -> "Detections":
        """Nothing detected."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))


UNKNOWN = -1
"""Stage 2 has looked, and it is none of the products."""
PENDING = -2
"""Stage 2 has not looked yet: others were more urgent."""


class Names(NamedTuple):
    """What stage 2 says of each candidate, side by side with `Detections`."""

    products: np.ndarray
    """(k,) int32, index into the bundle's products, or UNKNOWN (-1), or PENDING (-2)."""
    similarities: np.ndarray
    """(k,) float32 cosine similarity to the nearest prototype, -1..1."""
    asked: int
    """How many candidates the classifier was run on for this frame."""
    reused: int
    """How many names were taken over from their track instead."""
    embeddings: Sequence[Optional[np.ndarray]] = ()
    """(d,) float32 of length 1 each: what stage 2 last made of the candidate's track; None where it has not looked. Not
    to be written to. Empty where they are not told."""


class Words(NamedTuple):
    """What the numbers of an observation are called."""

    shapes: Sequence[str] = ()
    """Stage 1's class names."""
    products: Optional[Sequence[str]] = None
    """Stage 2's; None where there is no stage 2."""

    def shape(self, number: int) -> str:
        """Also for a class that the detector has no name for."""
        return self.shapes[number] if number < len(self.shapes) else "class {}".format(number)


class Observation(NamedTuple):
    """Everything known about one frame once both stages have run."""

    frame: Frame
    detections: Detections
    track_ids: np.ndarray
    """(k,) int64, stable while an object stays in view."""
    names: Optional[Names]
    words: Words = Words()
    """None where there is no second stage."""
