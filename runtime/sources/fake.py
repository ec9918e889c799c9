"""A source that plays what a test tells it to: frames, silences, failures."""

import itertools
from typing import Iterable, Iterator, Optional, Union

import numpy as np

from runtime.clock import FakeClock, MonotonicClock
from runtime.frame import EndOfStream, Frame
from runtime.sources.fitting import res_of
from runtime.sources.source import Source

Step = Union[np.ndarray, Frame, None, Exception]


class FakeSource(Source):
    """Each read takes the next step: an image gets the next id, a Frame goes out as it is, None is a time-out."""

    name = "fake"

    def __init__(
        self, steps: Iterable[Step], live: bool = False, clock: Union[MonotonicClock, FakeClock, None] = None
    ) -> None:
        """An Exception among the steps is raised; after the last step comes EndOfStream."""
        self.live = live
        self.closed = False
        self._steps: Iterator[Step] = iter(steps)
        for first in itertools.islice(self._steps, 1):
            self._steps = itertools.chain([first], self._steps)
            image = first.image if isinstance(first, Frame) else first
            self.res = res_of(image) if isinstance(image, np.ndarray) else None
        self._clock = clock or MonotonicClock()
        self._next_id = 0

    def read(self, timeout_s: float) -> Optional[Frame]:
        step = next(self._steps, EndOfStream())
        if isinstance(step, Exception):
            raise step
        if step is None or isinstance(step, Frame):
            return step
        frame = Frame(step, self._next_id, self._clock.now_s())
        self._next_id += 1
        return frame

    def close(self) -> None:
        self.closed = True
