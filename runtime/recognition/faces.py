"""A stage 1 of its own kind: faces, by a YuNet of twelve outputs, through OpenCV's FaceDetectorYN (4.8 on)."""

from typing import Any, NamedTuple, Tuple

import cv2
import numpy as np

from runtime.engines.engine import Engine, TensorSpec
from runtime.errors import MissingPackageError, ModelError
from runtime.frame import Detections
from runtime.recognition.detector import MAX_DETECTIONS, Detector
from runtime.sides import Sides
from runtime.untrusted.files import read_bytes

FACE = "face"
DEFAULT_SIZE = 640
LIMIT_BYTES = 4 << 20
"""YuNet takes 0.3 MB: a larger file is none, and need not be read to know it."""
_OUTPUTS = (b"kps_8", b"kps_16", b"kps_32", b"bbox_8", b"obj_32")


def is_yunet(path: str) -> bool:
    """Whether the file is a YuNet, by the names of its outputs."""
    try:
        content = read_bytes(path, LIMIT_BYTES)
    except (OSError, ValueError):
        return False
    return all(name in content for name in _OUTPUTS)


class _OpenCVEngine(Engine):
    """What the report says of it: OpenCV runs the network itself."""

    name = "opencv"

    def __init__(self, side: int) -> None:
        self.input = TensorSpec("input", (1, 3, side, side), np.dtype(np.float32))
        self.outputs, self.metadata = [], {}


class _Head:
    name = "yunet"


class _Shrunk(NamedTuple):
    image: np.ndarray
    """(h, w, 3) uint8 BGR."""
    scales: Tuple[float, float]
    """Its pixels a pixel of the frame, across and down."""


class FaceDetector(Detector):
    """As Detector, of one class. Pictures are made smaller where they are larger than `size`; or, with `stretch`, as
    wide and as high as that, whatever becomes of their aspect."""

    def __init__(self, path: str, size: int, min_score: float, iou: float, stretch: bool = False) -> None:
        """MissingPackageError: OpenCV is too old. ModelError: it cannot read the file."""
        self.engine = _OpenCVEngine(size)
        self.head: Any = _Head()
        self.classes = [FACE]
        self.sides = Sides(size, size)
        create = getattr(cv2, "FaceDetectorYN_create", None)
        if create is None:
            raise MissingPackageError(
                "faces need OpenCV 4.8 or later, this is {}: pip install -U opencv-python-headless".format(
                    cv2.__version__
                )
            )
        try:
            self._network = create(path, "", (size, size), min_score, iou, MAX_DETECTIONS)
            self._network.detect(np.zeros((size, size, 3), np.uint8))
        except cv2.error as error:
            raise ModelError(
                "{}: OpenCV {} cannot run it as a YuNet (files of 2023 need 4.8 or later): {}".format(
                    path, cv2.__version__, str(error).strip().splitlines()[0]
                )
            ) from error
        self._input_size = (size, size)
        self._stretch = stretch

    def set_min_score(self, min_score: float) -> None:
        self._network.setScoreThreshold(min_score)

    def prepare(self, image: np.ndarray) -> Any:
        """`image` (H, W, 3) uint8 BGR; made ready, it is no larger than the network's input."""
        height, width = image.shape[:2]
        if self._stretch:
            size = self.size, self.size
        else:
            scale = min(1.0, self.size / max(width, height))
            size = max(1, round(width * scale)), max(1, round(height * scale))
        if size == (width, height):
            return _Shrunk(image.copy(), (1.0, 1.0))
        way = cv2.INTER_AREA if size[0] <= width and size[1] <= height else cv2.INTER_LINEAR
        return _Shrunk(cv2.resize(image, size, interpolation=way), (size[0] / width, size[1] / height))

    def detect(self, prepared: Any) -> Detections:
        """Best score first."""
        size = prepared.image.shape[1::-1]
        if size != self._input_size:
            self._input_size = size
            self._network.setInputSize(size)
        found = self._network.detect(prepared.image)[1]
        if found is None:
            return Detections.none()
        found = found[np.isfinite(found).all(axis=1)]
        found = found[np.argsort(-found[:, 14], kind="stable")]
        boxes = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1) / (prepared.scales * 2)
        width, height = size[0] / prepared.scales[0], size[1] / prepared.scales[1]
        boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        return Detections(boxes, found[:, 14].astype(np.float32), np.zeros(len(found), np.int32))
