"""The sequential loop: read, observe, present, and measure; one frame after the other, on one thread."""

import threading
from typing import Optional

from runtime.clock import MonotonicClock
from runtime.figures import Figures
from runtime.intake import Intake
from runtime.meter import Meter
from runtime.presenter import Presenter
from runtime.recogniser import Recogniser
from runtime.showing import Limits, Showing
from runtime.sources.source import EndOfStream, Source
from runtime.stopwatch import Stopwatch


class Loop:
    """source -> recogniser -> presenter."""

    def __init__(
        self,
        source: Source,
        recogniser: Recogniser,
        presenter: Presenter,
        nominal_fps: float,
        stop: threading.Event,
        limits: Limits = Limits(),
        log_every_s: float = 5.0,
        clock: Optional[MonotonicClock] = None,
    ) -> None:
        """Opens nothing and closes nothing: the parts belong to the caller."""
        self._source = source
        self._recogniser = recogniser
        self._stop = stop
        self._clock = clock or MonotonicClock()
        self._intake = Intake(source, self._clock, nominal_fps, stop)
        meter = Meter(nominal_fps, source.live, why_slow=source.why_slow)
        self._showing = Showing(presenter, meter, self._clock, limits, log_every_s)

    def run(self) -> None:
        """Until the source ends, a limit is reached, a sink asks to end or `stop` is set; errors pass through."""
        watch = Stopwatch(self._clock)
        self._showing.start()
        go_on = True
        while go_on and not self._stop.is_set():
            try:
                frame = self._intake.read(watch)
            except EndOfStream:
                break
            if frame is not None:
                go_on = self._showing.show(self._recogniser.observe(frame, watch), watch)
            else:
                go_on = self._showing.show_stall(watch)
        if not self._stop.is_set():
            self._showing.check_shown(self._source.name)

    def figures(self) -> Figures:
        """Of the whole run until now."""
        return self._showing.figures()

    @property
    def res(self) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture; None before the first."""
        return self._showing.res
