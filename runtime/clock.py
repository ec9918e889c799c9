"""The clock contract: monotonic seconds and an interruptible wait. The fake one stands beside the real one."""

import threading
import time
from datetime import datetime, timezone
from typing import Optional

FINE_S = 0.001
"""Windows' monotonic clock goes in steps of 16 ms before Python 3.13, half a frame; its performance counter does not.
On Linux it must be the monotonic one: cameras and GStreamer stamp their pictures by it."""
_now_s = time.monotonic if time.get_clock_info("monotonic").resolution < FINE_S else time.perf_counter


class MonotonicClock:
    """Real time."""

    def now_s(self) -> float:
        """Seconds since an arbitrary point, never going back."""
        return _now_s()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Wait until `event` is set or `timeout_s` has passed; true if it is set."""
        return event.wait(max(0.0, timeout_s))


class FakeClock:
    """Time that moves only when told to, or when somebody waits on it."""

    def __init__(self, now_s: float = 0.0) -> None:
        self._now_s = now_s

    def now_s(self) -> float:
        """Seconds as set by the test."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now_s += seconds

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Pass `timeout_s` at once unless `event` is set; true if it is set."""
        if not event.is_set():
            self.advance(max(0.0, timeout_s))
        return event.is_set()


def rfc3339(time_s: Optional[float]) -> Optional[str]:
    """Seconds since 1970 in words, as in 2026-11-26T19:36:25.123Z."""
    if time_s is None:
        return None
    return datetime.fromtimestamp(time_s, timezone.utc).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
