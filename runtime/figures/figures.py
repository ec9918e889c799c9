"""The figures of a run, with the words that the picture, the log, the page and the report all use."""

from typing import NamedTuple, Optional, Sequence, Tuple

from runtime.figures.board import BoardReading
from runtime.figures.buckets import Counted
from runtime.figures.counts import Counts
from runtime.figures.in_view import InView
from runtime.figures.shelf import ShelfNow


class Stages(NamedTuple):
    """Where the time of a presented frame went, in milliseconds.

    In a sequential loop they add up to the period. In an overlapped one those of the inference thread do (INFERENCE);
    the capture thread preprocesses and the presenting thread composes and presents beside it.
    """

    wait: float = 0.0
    """For the source to deliver a frame; in an overlapped loop also for a slower presenter to take one."""
    preprocess: float = 0.0
    detect: float = 0.0
    track: float = 0.0
    classify: float = 0.0
    compose: float = 0.0
    present: float = 0.0
    """Handing the picture to every sink."""
    delay: float = 0.0
    """Added on purpose, to hold the nominal rate."""
    others: float = 0.0
    """While the networks were busy with other cameras."""

    @property
    def period(self) -> float:
        """Their sum in milliseconds."""
        return sum(self)

    def of(self, names: Sequence[str]) -> float:
        """The sum of these stages in milliseconds."""
        return sum(getattr(self, name) for name in names)

    def plus(self, other: "Stages") -> "Stages":
        """Stage by stage."""
        return Stages(*[a + b for a, b in zip(self, other)])


CAPTURE = ("preprocess",)
PRESENTING = ("compose", "present")
INFERENCE = tuple(name for name in Stages._fields if name not in CAPTURE + PRESENTING)
"""The stages by the thread of an overlapped loop that they run on."""


class Figures(NamedTuple):
    """What the meter knows, over the last seconds or over the whole run."""

    nominal_fps: float
    """The rate asked for; 0 means as fast as it goes."""
    camera_fps: float
    """Distinct frames per second that the source delivered."""
    true_fps: float
    """Distinct captured frames per second that were inferred on and presented."""
    latency_p50_ms: Optional[float]
    """From capture to presented; None before the first frame."""
    latency_p95_ms: Optional[float]
    stages_ms: Stages
    captured: int
    """Frames that the source delivered, whole run."""
    presented: int
    """Distinct frames presented, whole run."""
    asked: int
    """Candidates that the classifier was run on, whole run."""
    reused: int
    """Names taken over from a track, whole run."""
    limited_by: str
    """One line naming what bounds the true rate."""
    overlapped: bool = False
    """Whether inference and presenting have a thread each."""
    board: Optional[BoardReading] = None
    """The board as it is now; None where nobody looks at one."""
    counts: Optional[Counts] = None
    """In zones and across lines, whole run; None without --zones."""
    shelf: Optional[ShelfNow] = None
    """None without --shelf."""
    in_view: Tuple[InView, ...] = ()
    """By name, of what was ever in view."""
    stages_counted: Tuple[Counted, ...] = ()
    """Of each of `Stages`, the times of each presented frame but the first, whole run."""

    @property
    def dropped(self) -> int:
        """Captured, never presented; whole run."""
        return self.captured - self.presented
