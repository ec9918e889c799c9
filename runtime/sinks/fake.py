"""A sink that remembers what it was shown, and can fail or ask to end: for tests."""

from typing import List, Optional

import numpy as np

from runtime.errors import SinkError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.sinks.sink import Sink


class FakeSink(Sink):
    """Keeps copies of the pictures with their observations and figures."""

    name = "fake"

    def __init__(self, end_after: Optional[int] = None, fail_after: Optional[int] = None) -> None:
        """Ask to end, or raise SinkError, at the picture of this number (from 1)."""
        self.pictures: List[np.ndarray] = []
        self.observations: List[Observation] = []
        self.figures: List[Figures] = []
        self.closed = False
        self.ended = 0
        self._end_after = end_after
        self._fail_after = fail_after

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        self.pictures.append(picture.copy())
        self.observations.append(observation)
        self.figures.append(figures)
        if len(self.pictures) == self._fail_after:
            raise SinkError("the fake sink fails at picture {}".format(self._fail_after))
        return len(self.pictures) != self._end_after

    def end(self) -> None:
        self.ended += 1

    def close(self) -> None:
        self.closed = True
