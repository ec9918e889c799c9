"""YuNet as a detector of its own kind; a network that is none stands in for it, since OpenCV's is not ours to ship."""

import cv2
import numpy as np
import pytest

from runtime.errors import MissingPackageError, ModelError
from runtime.recognition.faces import FaceDetector, is_yunet

NAMES = b"kps_8 kps_16 kps_32 bbox_8 obj_32"


class Network:
    """Finds two faces, and one that is none, wherever it looks."""

    def __init__(self):
        self.sizes = []

    def setInputSize(self, size):  # noqa: N802 - the name is OpenCV's
        self.sizes.append(tuple(size))

    def detect(self, image):
        assert image.shape[1::-1] == (self.sizes[-1] if self.sizes else (640, 640))
        rows = np.zeros((3, 15), np.float32)
        rows[0, [0, 1, 2, 3, 14]] = 10, 20, 30, 40, 0.5
        rows[1, [0, 1, 2, 3, 14]] = 300, 200, 900, 40, 0.9
        rows[2] = np.nan
        return 1, rows


@pytest.fixture
def network(monkeypatch):
    network = Network()
    monkeypatch.setattr(cv2, "FaceDetectorYN_create", lambda *_: network, raising=False)
    return network


def test_a_yunet_is_known_by_its_outputs(tmp_path):
    path = tmp_path / "any.onnx"
    path.write_bytes(b"..." + NAMES)
    assert is_yunet(str(path))
    path.write_bytes(b"images output0")
    assert not is_yunet(str(path))
    assert not is_yunet(str(tmp_path / "none.onnx"))
    assert not is_yunet("")


def test_boxes_come_out_in_pixels_of_the_frame_best_first(network):
    detector = FaceDetector("yunet.onnx", 640, 0.3, 0.3)
    found = detector.detect(detector.prepare(np.zeros((720, 1280, 3), np.uint8)))
    assert network.sizes == [(640, 360)]
    assert found.boxes_px.tolist() == [[600, 400, 1280, 480], [20, 40, 80, 120]]
    assert found.scores.tolist() == pytest.approx([0.9, 0.5])
    assert detector.classes == ["face"]
    assert found.shapes.tolist() == [0, 0]


def test_a_stretched_picture_fills_the_input_and_its_boxes_lie_as_they_did(network):
    detector = FaceDetector("yunet.onnx", 640, 0.3, 0.3, stretch=True)
    found = detector.detect(detector.prepare(np.zeros((320, 1280, 3), np.uint8)))
    assert network.sizes == []  # 640 x 640, as it was made
    assert found.boxes_px[1].tolist() == [20, 10, 80, 30]


def test_a_small_picture_is_not_made_larger(network):
    detector = FaceDetector("yunet.onnx", 640, 0.3, 0.3)
    found = detector.detect(detector.prepare(np.zeros((480, 320, 3), np.uint8)))
    assert found.boxes_px[1].tolist() == [10, 20, 40, 60]


def test_an_opencv_that_has_none_or_cannot_read_it_says_so(monkeypatch, tmp_path):
    def broken(*_):
        raise cv2.error("cannot import")

    monkeypatch.setattr(cv2, "FaceDetectorYN_create", broken, raising=False)
    with pytest.raises(ModelError, match=r"files of 2023 need 4\.8 or later"):
        FaceDetector("yunet.onnx", 640, 0.3, 0.3)
    monkeypatch.delattr(cv2, "FaceDetectorYN_create")
    with pytest.raises(MissingPackageError, match="faces need OpenCV 4.8 or later"):
        FaceDetector("yunet.onnx", 640, 0.3, 0.3)
