"""The times of a file's pictures: what the container says, where that can be true."""

from typing import Optional

FPS = 30.0
"""Where a file does not say its rate."""
STEP_S = 1e-4
"""Between two pictures at least: times in a recording must rise."""


def sensible_fps(told: float) -> float:
    """The rate that a container tells, or FPS: some say 0, some 90,000, some not a number."""
    return told if 0.1 <= told <= 1000.0 else FPS


class RisingTimes:
    """Seconds from the first picture, one after the other; each is later than the one before."""

    def __init__(self, fps: float) -> None:
        """`fps`: what a picture without a time of its own is spaced by."""
        self._period_s = 1.0 / (fps or FPS)
        self._first_s: Optional[float] = None
        self._last_s = 0.0

    def next(self, told_s: Optional[float]) -> float:
        """Of the next picture, whose container says `told_s`; None, a repeated or an earlier time: a period later."""
        if self._first_s is None:
            self._first_s = told_s or 0.0
            return 0.0
        time_s = self._last_s + self._period_s if told_s is None else told_s - self._first_s
        if not time_s >= self._last_s + STEP_S:
            time_s = self._last_s + self._period_s
        self._last_s = time_s
        return time_s
