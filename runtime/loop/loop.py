"""One description of the parts of a loop, and what every way of running them shares."""

import contextlib
import threading
from typing import Generator, Iterator, List, NamedTuple, Optional, Sequence

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.figures.figures import Figures
from runtime.figures.meter import Meter
from runtime.figures.together import together
from runtime.loop.member import Member
from runtime.loop.showing import Showing, Shown


class Limits(NamedTuple):
    """When to end by itself."""

    frames: Optional[int] = None
    """Presented, of all cameras together."""
    seconds: Optional[float] = None


class LoopParts(NamedTuple):
    """What a loop runs."""

    members: Sequence[Member]
    """One a camera, at least one."""
    stop: threading.Event
    """Ends the run when it is set."""
    limits: Limits = Limits()
    log_every_s: float = 5.0
    clock: MonotonicClock = MonotonicClock()
    in_batches: bool = False
    """Frames of several cameras go through stage 1 together, where they are there at once."""


class Loop:
    """source -> recogniser -> presenter, of each camera. How the three are run is a subclass's."""

    is_overlapped = False

    def __init__(self, parts: LoopParts) -> None:
        self._parts = parts
        self._meters = [self._meter_of(member) for member in parts.members]
        self._showings = [
            Showing(member.presenter, meter, parts.clock, parts.log_every_s, member.name)
            for member, meter in zip(parts.members, self._meters)
        ]
        self._started_s = parts.clock.now_s()
        self._ended_s: Optional[float] = None

    def _meter_of(self, member: Member) -> Meter:
        source = member.source
        return Meter(member.nominal_fps, source.live, overlapped=self.is_overlapped, why_slow=source.why_slow)

    def run(self) -> None:
        """Until the sources end, a limit is reached, a sink asks to end or `stop` is set; errors pass through."""
        for _ in self.steps():
            pass

    def steps(self) -> Generator[Shown, None, None]:
        """`run`, with each picture that every sink of its camera has been handed; may be closed, which ends the run.

        What is done with a picture until the next is asked for counts as presenting it: a live source's frames are
        lost meanwhile, and the next one is the newest. Belongs to one thread.
        """
        self._started_s = self._parts.clock.now_s()
        with self._beside():
            try:
                yield from self._present()
            finally:
                self._ended_s = self._parts.clock.now_s()
        if not self._parts.stop.is_set() and not self._presented:
            raise SourceError("no frame came from {}".format(_names_of(self._parts.members)))

    @contextlib.contextmanager
    def _beside(self) -> Iterator[None]:
        """What runs beside the presenting thread, until that ends."""
        yield

    def _present(self) -> Iterator[Shown]:
        """What is done on the presenting thread."""
        raise NotImplementedError

    @property
    def _presented(self) -> int:
        return sum(meter.presented for meter in self._meters)

    def _is_over(self) -> bool:
        frames, seconds = self._parts.limits
        if frames is not None and self._presented >= frames:
            return True
        return seconds is not None and self._parts.clock.now_s() - self._started_s >= seconds

    def figures(self) -> Figures:
        """Of the whole run until now, of all cameras together; once it has ended, until then.

        Closing is no part of it: a source that hangs would cost every camera of its true FPS.
        """
        return together(self._meters, self._until_s)

    def cameras(self) -> List[Figures]:
        """The same of each camera."""
        return [meter.whole_run(self._until_s) for meter in self._meters]

    @property
    def _until_s(self) -> float:
        return self._parts.clock.now_s() if self._ended_s is None else self._ended_s

    def res(self, camera: int = 0) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture of that camera; None before the first."""
        return self._showings[camera].res


def _names_of(members: Sequence[Member]) -> str:
    return ", ".join(member.source.name for member in members)
