"""Pictures in memory, delivered as a camera would: live, at a set rate, over and over."""

import threading
from typing import Optional, Sequence

import numpy as np

from runtime.clock import MonotonicClock
from runtime.frame import EndOfStream, Frame
from runtime.sources.fitting import res_of
from runtime.sources.source import Source


class ReplaySource(Source):
    """Frame `k` is due k / fps seconds after the first read; who comes late gets the newest, and the rest are drops."""

    name = "replay"

    def __init__(self, images: Sequence[np.ndarray], fps: float, clock: Optional[MonotonicClock] = None) -> None:
        """`images`: (H, W, 3) uint8 each, at least one, copied on delivery; `fps` 0: not live, a new one when asked."""
        self.live = fps > 0
        self.res = res_of(images[0])
        self._images = images
        self._fps = fps
        self._clock = clock or MonotonicClock()
        self._stop = threading.Event()
        self._started_s: Optional[float] = None
        self._next_id = 0

    def read(self, timeout_s: float) -> Optional[Frame]:
        """The newest frame not yet given; EndOfStream after `close`."""
        if self._started_s is None:
            self._started_s = self._clock.now_s()
        captured_s = now_s = self._clock.now_s()
        if self._fps:
            wait_s = self._due_s(self._next_id) - now_s
            if self._clock.wait(self._stop, min(wait_s, timeout_s)):
                raise EndOfStream
            if wait_s > timeout_s:
                return None
            since_s = self._clock.now_s() - self._started_s
            self._next_id = max(self._next_id, int(since_s * self._fps))
            captured_s = self._due_s(self._next_id)
        if self._stop.is_set():
            raise EndOfStream
        frame = Frame(self._images[self._next_id % len(self._images)].copy(), self._next_id, captured_s)
        self._next_id += 1
        return frame

    def close(self) -> None:
        self._stop.set()

    def _due_s(self, frame_id: int) -> float:
        assert self._started_s is not None
        return self._started_s + frame_id / self._fps
