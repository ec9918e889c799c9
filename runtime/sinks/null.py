"""The sink that shows nothing: for measuring, and for services that only report."""

import numpy as np

from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.sinks.sink import Sink


class NullSink(Sink):
    """Takes every picture and does nothing."""

    name = "none"

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        return True
