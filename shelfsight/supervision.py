"""What was seen as supervision.Detections; the package is loaded when somebody asks for that."""

from typing import TYPE_CHECKING, Any, List, Sequence

import numpy as np

from runtime.errors import MissingPackageError
from runtime.frame import Observation
from runtime.seen import SeenObject

if TYPE_CHECKING:
    from supervision import Detections


def detections_from(observation: Observation, objects: Sequence[SeenObject]) -> "Detections":
    """All of one frame's objects, in their order; see SeenFrame.to_supervision."""
    return _import_supervision().Detections(
        xyxy=observation.detections.boxes_px.reshape(-1, 4),
        confidence=observation.detections.scores,
        class_id=np.array(_class_ids(observation), int),
        tracker_id=observation.track_ids.astype(int),
        data={
            "class_name": np.array([thing.name for thing in objects], str),
            "shape_name": np.array([thing.shape for thing in objects], str),
        },
    )


def _class_ids(observation: Observation) -> List[int]:
    """None below 0, which supervision's palettes refuse."""
    names, products = observation.names, observation.words.products
    if names is None or products is None:
        return observation.detections.shapes.tolist()
    return [product if product >= 0 else len(products) for product in names.products.tolist()]


def _import_supervision() -> Any:
    try:
        import supervision
    except ImportError as error:
        raise MissingPackageError(
            "to_supervision() needs the package supervision ({}): pip install supervision".format(error)
        ) from error
    return supervision
