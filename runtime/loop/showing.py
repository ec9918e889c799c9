"""The second half of every loop: present, measure, log, and say when it is over."""

import logging
from typing import Generator, NamedTuple, Optional

from runtime.clock import MonotonicClock
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


class Shown(NamedTuple):
    """A picture that every sink has been handed."""

    observation: Observation
    figures: Figures
    """As they were drawn: not of this picture yet, and up to REFRESH_S old."""


class Showing:
    """Belongs to the thread that presents. Opens nothing and closes nothing."""

    def __init__(
        self, presenter: Presenter, meter: Meter, clock: MonotonicClock, log_every_s: float, camera: str = ""
    ) -> None:
        """`camera`: what the log calls it."""
        self._presenter = presenter
        self._meter = meter
        self._clock = clock
        self._camera = camera
        self._log_every_s = log_every_s
        self._shown: Optional[Observation] = None
        self._figures: Optional[Figures] = None
        self._shown_s = self._refresh_s = self._log_s = clock.now_s()

    def show(
        self, observation: Observation, watch: Stopwatch, before: Optional[Stages] = None
    ) -> Generator[Shown, None, bool]:
        """Present a new picture, and yield it; false when a sink asks to end. `before`: what other threads spent on it.

        The time until it is resumed is that of one more sink.
        """
        figures = self._current_figures()
        go_on = self._presenter.present(observation, figures, watch)
        yield Shown(observation, figures)
        watch.lap("present")
        self._record(observation, watch, before)
        return go_on

    def show_stall(self, watch: Stopwatch) -> bool:
        """No new picture came: after STALLED_S present the last one again; false when a sink asks to end."""
        if self._shown is None or watch.last_s - self._shown_s < STALLED_S:
            return True
        go_on = self._presenter.repeat(self._shown, self._current_figures(), watch)
        self._record(self._shown, watch)
        return go_on

    def end(self) -> None:
        """The source has ended, those of other cameras have not: nothing is shown any more."""
        self._presenter.end()

    @property
    def res(self) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture; None before the first."""
        return None if self._shown is None else "{1}x{0}".format(*self._shown.frame.image.shape[:2])

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
            line = log_line(self._presenter.told(self._meter.recent(now_s)))
            log.info("%s%s", self._camera and self._camera + ": ", line, extra={"periodic": True})

    def _current_figures(self) -> Figures:
        now_s = self._clock.now_s()
        if self._figures is None or now_s >= self._refresh_s:
            self._figures = self._presenter.told(self._meter.recent(now_s))
            self._refresh_s = now_s + REFRESH_S
        return self._figures
