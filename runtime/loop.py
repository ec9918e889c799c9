"""The sequential loop: read, observe, present, and measure; one frame after the other."""

import logging
import threading
from typing import NamedTuple, Optional

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.figures import Figures
from runtime.frame import Frame, Observation
from runtime.meter import Meter
from runtime.pacer import Pacer
from runtime.presenter import Presenter
from runtime.recogniser import Recogniser
from runtime.sources.source import EndOfStream, Source
from runtime.stopwatch import Stopwatch
from runtime.wording import log_line

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 0.2
"""How long a read may take before the loop looks whether it should end."""
REFRESH_S = 0.25
"""How often the figures on the picture change: more often nobody can read them."""
STALLED_S = 0.5
"""After so long without a frame the last picture is shown again, under falling figures."""


class Limits(NamedTuple):
    """When to end by itself."""

    frames: Optional[int] = None
    seconds: Optional[float] = None


class Loop:
    """source -> recogniser -> presenter, on one thread."""

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
        self._presenter = presenter
        self._stop = stop
        self._limits = limits
        self._log_every_s = log_every_s
        self._clock = clock or MonotonicClock()
        self._meter = Meter(nominal_fps, source.live)
        self._pacer = Pacer(self._clock, nominal_fps, stop)
        self._shown: Optional[Observation] = None
        self._shown_s = 0.0
        self._figures: Optional[Figures] = None
        self._refresh_s = self._log_s = self._clock.now_s()

    def run(self) -> None:
        """Until the source ends, a limit is reached, a sink asks to end or `stop` is set; errors pass through."""
        watch = Stopwatch(self._clock)
        started_s = self._clock.now_s()
        while not self._stop.is_set():
            try:
                frame = self._read(watch)
            except EndOfStream:
                break
            if frame is not None:
                go_on = self._show(self._recogniser.observe(frame, watch), watch)
            else:
                go_on = self._show_stall(watch)
            if not go_on or self._reached(started_s):
                break
        if not self._meter.presented and not self._stop.is_set():
            raise SourceError("no frame came from {}".format(self._source.name))

    def figures(self) -> Figures:
        """Of the whole run until now."""
        return self._meter.whole_run(self._clock.now_s())

    @property
    def res(self) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture; None before the first."""
        return None if self._shown is None else "{1}x{0}".format(*self._shown.frame.image.shape[:2])

    def _read(self, watch: Stopwatch) -> Optional[Frame]:
        """The next frame at the nominal rate; None where none came in time, or one came before its own."""
        if not self._source.live:
            self._pacer.wait()
            watch.lap("delay")
        frame = self._source.read(READ_TIMEOUT_S)
        if frame is not None and frame.id is not None and self._source.live and not self._pacer.is_due():
            watch.lap("delay")
            return None
        watch.lap("wait")
        return frame

    def _show(self, observation: Observation, watch: Stopwatch) -> bool:
        go_on = self._presenter.present(observation, self._current_figures(), watch)
        self._record(observation, watch)
        return go_on

    def _show_stall(self, watch: Stopwatch) -> bool:
        if self._shown is None or watch.last_s - self._shown_s < STALLED_S:
            return True
        go_on = self._presenter.repeat(self._shown, self._current_figures(), watch)
        self._record(self._shown, watch)
        return go_on

    def _record(self, observation: Observation, watch: Stopwatch) -> None:
        now_s = watch.last_s
        names = None if observation is self._shown else observation.names
        asked, reused = (names.asked, names.reused) if names is not None else (0, 0)
        self._meter.record(observation.frame, now_s, watch.take(), asked, reused)
        self._shown, self._shown_s = observation, now_s
        if self._meter.presented < 2:
            self._log_s = now_s  # one frame has no rate yet
        if now_s - self._log_s >= self._log_every_s:
            self._log_s = now_s
            log.info(log_line(self._meter.recent(now_s)))

    def _current_figures(self) -> Figures:
        now_s = self._clock.now_s()
        if self._figures is None or now_s >= self._refresh_s:
            self._figures = self._meter.recent(now_s)
            self._refresh_s = now_s + REFRESH_S
        return self._figures

    def _reached(self, started_s: float) -> bool:
        frames, seconds = self._limits
        if frames is not None and self._meter.presented >= frames:
            return True
        return seconds is not None and self._clock.now_s() - started_s >= seconds
