"""When to pass over a frame that has waited too long for the next one: latency, bought with a small share of the rate.

A loop that is just slower than its camera always finds a frame waiting, each a little older than the one before, up to
a whole camera period: at 30 fps half the frames would be more than 17 ms old before anything is done with them. Waiting
for the next one now and then starts over with a fresh one.
"""

from typing import Optional

from runtime.frame import Frame

SHARE = 0.008
"""Of all time that may be spent on waiting for fresher frames."""
OLD = 0.5
"""From this share of a loop's period on, a waiting frame counts as old."""
LEARN = 0.1
"""Weight of the newest period in the running means."""


class Freshness:
    """Of a live source, for the one thread that reads it."""

    def __init__(self) -> None:
        self._last: Optional[Frame] = None
        self._last_read_s = 0.0
        self._camera_s = 0.0
        self._loop_s = 0.0
        self._credit_s = 0.0

    def is_worth_waiting(self, frame: Frame, now_s: float) -> bool:
        """Whether to leave `frame` (with an id) and take the next one, which is expected shortly."""
        last, self._last = self._last, frame
        loop_s, self._last_read_s = now_s - self._last_read_s, now_s
        if last is None or last.id is None or frame.id is None or frame.id <= last.id:
            return False
        self._camera_s = _mean(self._camera_s, (frame.captured_s - last.captured_s) / (frame.id - last.id))
        self._loop_s = _mean(self._loop_s, loop_s)
        self._credit_s = min(self._credit_s + SHARE * loop_s, self._camera_s)
        age_s = now_s - frame.captured_s
        wait_s = self._camera_s - age_s
        if age_s < OLD * self._loop_s or not 0 < wait_s <= self._credit_s:
            return False
        self._credit_s -= wait_s
        return True


def _mean(mean: float, newest: float) -> float:
    return newest if not mean else mean + LEARN * (newest - mean)
