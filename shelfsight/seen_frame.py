"""What one step of a Camera gives."""

from typing import TYPE_CHECKING, NamedTuple, Optional, Tuple

import numpy as np

from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.seen import SeenObject, objects_in

if TYPE_CHECKING:
    from supervision import Detections


class SeenFrame(NamedTuple):
    """A frame, what is on it, and how fast that goes. Yours: nothing of it is used again."""

    frame: np.ndarray
    """(H, W, 3) uint8, BGR, as it was captured, not drawn on."""
    objects: Tuple[SeenObject, ...]
    """Best score first."""
    figures: Figures
    """The true rate and all that goes with it, over the last 4 s; worked out four times a second."""
    id: int
    """The source's count of its frames, from 0; what is missing in between was dropped."""
    captured_s: float
    """When it was captured, on time.monotonic()'s clock."""
    observation: Observation
    """The same objects as arrays side by side, with the numbers behind the names."""

    def to_supervision(self) -> "Detections":
        """As supervision.Detections, for its annotators, zones and counters; needs the package `supervision`.

        `class_id` is the product's number, the number after the last for what has no product; without a second stage
        the detector's class. `data` has `class_name`, and `shape_name`. MissingPackageError where it is not installed.
        """
        from shelfsight.supervision import detections_from

        return detections_from(self.observation, self.objects)

    @classmethod
    def of(cls, observation: Observation, figures: Figures) -> Optional["SeenFrame"]:
        """None for a picture that stands in for a frame while the source is away."""
        frame = observation.frame
        if frame.id is None:
            return None
        return cls(frame.image, objects_in(observation), figures, frame.id, frame.captured_s, observation)
