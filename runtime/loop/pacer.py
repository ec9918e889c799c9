"""The nominal rate, held against an absolute schedule: true equals nominal whenever the work fits.

A source that waits for its reader is made to wait (`wait`). A live one is not: it goes on while we sleep, and we would
wake up to a picture up to a period old. So its frames are taken or left as they come (`is_due`), and are fresh.
"""

import threading
from typing import Optional

from runtime.clock import MonotonicClock

EARLY = 0.25
"""How much of a period before its time a live frame is taken: cameras jitter, and the next may come a period later."""


class Pacer:
    """Knows when the next frame is due. Lateness of up to one period is caught up; beyond that it is forgotten."""

    def __init__(self, clock: MonotonicClock, nominal_fps: float, stop: threading.Event) -> None:
        self._clock = clock
        self._period_s = 1.0 / nominal_fps if nominal_fps > 0 else 0.0
        self._stop = stop
        self._due_s: Optional[float] = None

    def due_in_s(self) -> float:
        """How long until the next frame is due; 0 at a nominal rate of 0, and where it is late."""
        if not self._period_s:
            return 0.0
        now_s = self._clock.now_s()
        return max(0.0, self._due(now_s) - now_s)

    def wait(self) -> None:
        """Return when the next frame is due, or at once when told to stop; never waits at a nominal rate of 0."""
        if not self._period_s:
            return
        now_s = self._clock.now_s()
        due_s = self._due(now_s)
        if due_s > now_s:
            self._clock.wait(self._stop, due_s - now_s)
        self._due_s = due_s + self._period_s

    def is_due(self) -> bool:
        """Whether a frame that a live source delivers now is to be taken; the next is then due a period later."""
        if not self._period_s:
            return True
        now_s = self._clock.now_s()
        due_s = self._due(now_s)
        if now_s < due_s - EARLY * self._period_s:
            return False
        self._due_s = due_s + self._period_s
        return True

    def _due(self, now_s: float) -> float:
        if self._due_s is None or self._due_s < now_s - self._period_s:
            return now_s
        return self._due_s
