"""A capture that plays what a test tells it to: pictures, silences, failures."""

import time
from typing import Iterable, Optional, Union

import numpy as np

from runtime.frame import EndOfStream
from runtime.gstreamer.capture import Capture, Picture

Step = Union[np.ndarray, Picture, None, Exception]


class FakeCapture(Capture):
    """Each read takes the next step: an image is a picture without a time, None a time-out."""

    by = "a fake"

    def __init__(self, steps: Iterable[Step], period_s: float = 0.0) -> None:
        """An Exception among the steps is raised; after the last comes EndOfStream. `period_s`: a pause before each."""
        self.closed = False
        self._steps = iter(steps)
        self._period_s = period_s

    def read(self, timeout_s: float) -> Optional[Picture]:
        time.sleep(self._period_s)
        step = next(self._steps, EndOfStream())
        if isinstance(step, Exception):
            raise step
        return Picture(step, None) if isinstance(step, np.ndarray) else step

    def close(self) -> None:
        self.closed = True
