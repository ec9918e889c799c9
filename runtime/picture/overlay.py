"""The contract of what looks on while pictures are presented, draws on them and tells of it in the figures."""

import numpy as np

from runtime.figures.figures import Figures
from runtime.frame import Observation


class Overlay:
    """Belongs to the thread that presents, whose time it takes: some microseconds an object, no disk, no network."""

    version = 0
    """Another number whenever `draw` would draw something else on the same picture."""

    def see(self, observation: Observation) -> None:
        """Each observation once, before its picture is drawn; also a substituted one, where a source is offline."""
        raise NotImplementedError

    def draw(self, picture: np.ndarray) -> None:
        """What there is to show of all that was seen, (H, W, 3) uint8 BGR, in place and opaque; kept by `version`."""
        raise NotImplementedError

    def told(self, figures: Figures) -> Figures:
        """`figures` with what is known by now."""
        return figures

    def end(self) -> None:
        """The run is over, or asked how far it is: what hangs in the air is settled. May be called twice."""
