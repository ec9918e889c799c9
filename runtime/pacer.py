"""The nominal rate, held against an absolute schedule: true equals nominal whenever the work fits."""

import threading
from typing import Optional

from runtime.clock import MonotonicClock


class Pacer:
    """Waits for the next due time. Lateness of up to one period is caught up; beyond that it is forgotten."""

    def __init__(self, clock: MonotonicClock, nominal_fps: float, stop: threading.Event) -> None:
        self._clock = clock
        self._period_s = 1.0 / nominal_fps if nominal_fps > 0 else 0.0
        self._stop = stop
        self._due_s: Optional[float] = None

    def wait(self) -> None:
        """Return when the next frame is due, or at once when told to stop; never waits at a nominal rate of 0."""
        if not self._period_s:
            return
        now_s = self._clock.now_s()
        if self._due_s is None or self._due_s < now_s - self._period_s:
            self._due_s = now_s
        if self._due_s > now_s:
            self._clock.wait(self._stop, self._due_s - now_s)
        self._due_s += self._period_s
