"""Ultralytics as its manual has it: predict on a frame, crops of its boxes to the classifier, names on its plot.

The detector runs on its own ONNX back end, through `YOLO("x.onnx").predict(frame)`; torch itself, on the same weights,
is slower on a CPU. The classifier and its batched crops are those of the hand-written loop: a loop over PIL crops, as
many write it, would only make the difference larger.
"""

from typing import Any, Dict

import numpy as np

from benchmarks.hand_loop import Namer, Networks, Seen
from benchmarks.peer_networks import PeerNetworks
from runtime.errors import MissingPackageError


class _PlantedSession:
    """A session of ours, with our number of threads, in the place of the one that Ultralytics opened."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self.get_inputs = networks.detector.get_inputs

    def run(self, _names, feed):
        return [self._networks.detect(feed["normalized"])[None]]


class UltralyticsLoop:
    """predict, crop, classify, plot."""

    def __init__(self, networks: PeerNetworks, runner: Networks, threads: int) -> None:
        try:
            import torch
            from ultralytics.models import YOLO
        except ImportError as error:
            raise MissingPackageError(
                "ultralytics cannot be imported ({}): pip install '.[training]'".format(error)
            ) from error
        torch.set_num_threads(threads)
        self.networks = runner
        self._bundle = networks.bundle
        self._namer = Namer(networks.bundle, runner)
        self._model: Any = YOLO(networks.detector, task="detect")
        self._options: Dict[str, Any] = {
            "conf": networks.bundle.min_score,
            "iou": networks.bundle.iou,
            "imgsz": networks.size,
            "device": "cpu",
            "verbose": False,
        }
        self._model.predict(np.zeros((480, 640, 3), np.uint8), **self._options)
        predictor: Any = self._model.predictor
        predictor.model.backend.session = _PlantedSession(runner)

    def show(self, frame: np.ndarray) -> Seen:
        """One frame (H, W, 3) uint8 BGR."""
        result = self._model.predict(frame, **self._options)[0]
        boxes = result.boxes.xyxy.numpy()
        products = []
        if len(boxes):
            grow = (boxes[:, 2:] - boxes[:, :2]) * self._bundle.crop_margin / 2
            limit = [frame.shape[1], frame.shape[0]]
            regions = np.hstack(
                [np.floor(boxes[:, :2] - grow).clip(0), np.minimum(np.ceil(boxes[:, 2:] + grow), limit)]
            )
            products = self._namer.name(frame, regions.astype(int))[0].tolist()
            result.names = dict(enumerate(self._bundle.products + ["unknown"]))
            data = result.boxes.data.clone()
            for row, product in zip(data, products):
                row[5] = product if product >= 0 else len(self._bundle.products)
            result.update(boxes=data)
        result.plot()
        return Seen(boxes, products)
