"""The second half of every loop: present, measure, log, and say when it is over."""

import logging
from typing import Generator, NamedTuple, Optional

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.figures.figures import Figures, Stages
from runtime.figures.meter import Meter
from runtime.figures.stopwatch import Stopwatch
from runtime.figures.wording import log_line
from runtime.frame import Observation
from runtime.loop.presenter import Presenter

log = logging.getLogger(__name__)

REFRESH_S = 0.25
"""How often the figures on the picture change: more often nobody can read them."""
STALLED_S = 0.5
"""After so long without a frame the last picture is shown again, under falling figures."""


class Limits(NamedTuple):
    """When to end by itself."""

    frames: Optional[int] = None
    seconds: Optional[float] = None


class Shown(NamedTuple):
    """A picture that every sink has been handed."""

    observation: Observation
    figures: Figures
    """As they were drawn: not of this picture yet, and up to REFRESH_S old."""


class Showing:
    """Belongs to the thread that presents. Opens nothing and closes nothing."""

    def __init__(
        self, presenter: Presenter, meter: Meter, clock: MonotonicClock, limits: Limits, log_every_s: float
    ) -> None:
        self._presenter = presenter
        self._meter = meter
        self._clock = clock
        self._limits = limits
        self._log_every_s = log_every_s
        self._shown: Optional[Observation] = None
        self._figures: Optional[Figures] = None
        self._started_s = self._shown_s = self._refresh_s = self._log_s = clock.now_s()

    def start(self) -> None:
        """The run begins now, as far as its limits are concerned."""
        self._started_s = self._clock.now_s()

    def show(
        self, observation: Observation, watch: Stopwatch, before: Optional[Stages] = None
    ) -> Generator[Shown, None, bool]:
        """Present a new picture, and yield it; false when this was the last. `before`: what other threads spent on it.

        The time until it is resumed is that of one more sink.
        """
        figures = self._current_figures()
        go_on = self._presenter.present(observation, figures, watch)
        yield Shown(observation, figures)
        watch.lap("present")
        self._record(observation, watch, before)
        return go_on and not self._is_over()

    def show_stall(self, watch: Stopwatch) -> bool:
        """No new picture came: after STALLED_S present the last one again; false when it is over."""
        go_on = True
        if self._shown is not None and watch.last_s - self._shown_s >= STALLED_S:
            go_on = self._presenter.repeat(self._shown, self._current_figures(), watch)
            self._record(self._shown, watch)
        return go_on and not self._is_over()

    def figures(self) -> Figures:
        """Of the whole run until now."""
        return self._meter.whole_run(self._clock.now_s())

    @property
    def res(self) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture; None before the first."""
        return None if self._shown is None else "{1}x{0}".format(*self._shown.frame.image.shape[:2])

    def check_shown(self, source_name: str) -> None:
        """Raise SourceError where the run has ended without a single frame."""
        if not self._meter.presented:
            raise SourceError("no frame came from {}".format(source_name))

    def _record(self, observation: Observation, watch: Stopwatch, before: Optional[Stages] = None) -> None:
        now_s = watch.last_s
        stages_ms = watch.take() if before is None else before.plus(watch.take())
        names = None if observation is self._shown else observation.names
        asked, reused = (names.asked, names.reused) if names is not None else (0, 0)
        self._meter.record(observation.frame, now_s, stages_ms, asked, reused)
        self._shown, self._shown_s = observation, now_s
        if self._meter.presented < 2:
            self._log_s = now_s  # one frame has no rate yet
        if now_s - self._log_s >= self._log_every_s:
            self._log_s = now_s
            # periodic: no repetition to be held back (runtime/command_line/log_limit.py)
            log.info(log_line(self._presenter.told(self._meter.recent(now_s))), extra={"periodic": True})

    def _current_figures(self) -> Figures:
        now_s = self._clock.now_s()
        if self._figures is None or now_s >= self._refresh_s:
            self._figures = self._presenter.told(self._meter.recent(now_s))
            self._refresh_s = now_s + REFRESH_S
        return self._figures

    def _is_over(self) -> bool:
        frames, seconds = self._limits
        if frames is not None and self._meter.presented >= frames:
            return True
        return seconds is not None and self._clock.now_s() - self._started_s >= seconds
