"""One description of the parts of a loop, and what every way of running them shares."""

import threading
from typing import Generator, Iterator, NamedTuple, Optional

from runtime.clock import MonotonicClock
from runtime.figures.figures import Figures
from runtime.figures.meter import Meter
from runtime.loop.presenter import Presenter
from runtime.loop.showing import Limits, Showing, Shown
from runtime.recognition.recogniser import Recogniser
from runtime.sources.source import Source


class LoopParts(NamedTuple):
    """What a loop runs. It opens nothing and closes nothing: the parts belong to the caller."""

    source: Source
    recogniser: Recogniser
    presenter: Presenter
    nominal_fps: float
    """0: as fast as it goes."""
    stop: threading.Event
    """Ends the run when it is set."""
    limits: Limits = Limits()
    log_every_s: float = 5.0
    clock: MonotonicClock = MonotonicClock()


class Loop:
    """source -> recogniser -> presenter. How the three are run is a subclass's."""

    is_overlapped = False

    def __init__(self, parts: LoopParts) -> None:
        self._parts = parts
        self._meter = Meter(
            parts.nominal_fps, parts.source.live, overlapped=self.is_overlapped, why_slow=parts.source.why_slow
        )
        self._showing = Showing(parts.presenter, self._meter, parts.clock, parts.limits, parts.log_every_s)

    def run(self) -> None:
        """Until the source ends, a limit is reached, a sink asks to end or `stop` is set; errors pass through."""
        for _ in self.steps():
            pass

    def steps(self) -> Generator[Shown, None, None]:
        """`run`, with each picture that every sink has been handed; may be closed, which ends the run.

        What is done with a picture until the next is asked for counts as presenting it: a live source's frames are
        lost meanwhile, and the next one is the newest. Belongs to one thread.
        """
        yield from self._steps()
        if not self._parts.stop.is_set():
            self._showing.check_shown(self._parts.source.name)

    def _steps(self) -> Iterator[Shown]:
        raise NotImplementedError

    def figures(self) -> Figures:
        """Of the whole run until now."""
        return self._showing.figures()

    @property
    def res(self) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture; None before the first."""
        return self._showing.res
