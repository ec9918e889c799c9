"""Ultralytics as its manual has it: predict on a frame, crops of its boxes to the classifier, names on its plot.

Two forms of the detector: `ultralytics`, its usual one, a .pt on torch, made here from the weights in the bundle's ONNX
and held against it before it counts; and `ultralytics onnx`, its own back end for an exported file, which is faster on
a CPU. Both look at the whole square, as everybody does here (rect=False). The classifier and its batched crops are
those of the hand-written loop: a loop over PIL crops, as many write it, would only make the difference larger.
"""

import os
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import onnx

from benchmarks.peer_loops.hand import Namer, Networks, Seen
from benchmarks.peer_loops.networks import PeerNetworks
from export.graph.folding import fold_shapes
from runtime.engines.onnx import OnnxEngine
from runtime.errors import MissingPackageError, ModelError

ARCHITECTURES = ("yolo11n", "yolov8n", "yolo26n")
MAX_GAP = 0.01
"""Between the outputs of torch and of the ONNX file, in pixels and scores."""


class UltralyticsLoop:
    """predict, crop, classify, plot."""

    def __init__(self, networks: PeerNetworks, runner: Networks, threads: int, on_torch: bool) -> None:
        """MissingPackageError without Ultralytics; ModelError where no network of its is the bundle's."""
        os.environ.setdefault("YOLO_VERBOSE", "False")
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
        path = torch_weights(networks) if on_torch else networks.usual_detector
        self._model: Any = YOLO(path, task="detect", verbose=False)
        self._options: Dict[str, Any] = {
            "conf": networks.bundle.min_score,
            "iou": networks.bundle.iou,
            "imgsz": networks.size,
            "rect": False,
            "device": "cpu",
            "verbose": False,
        }
        self._model.predict(np.zeros((480, 640, 3), np.uint8), **self._options)
        predictor: Any = self._model.predictor
        if on_torch:
            plant_torch(predictor.model.backend, runner)
        else:
            predictor.model.backend.session = _PlantedSession(runner)

    def show(self, frame: np.ndarray) -> Seen:
        """One frame (H, W, 3) uint8 BGR."""
        result = self._model.predict(frame, **self._options)[0]
        boxes = result.boxes.xyxy.numpy()
        products: List[int] = []
        if len(boxes):
            grow = (boxes[:, 2:] - boxes[:, :2]) * self._bundle.crop_margin / 2
            limit = [frame.shape[1], frame.shape[0]]
            top_left = np.floor(boxes[:, :2] - grow).clip(0)
            regions = np.hstack([top_left, np.minimum(np.ceil(boxes[:, 2:] + grow), limit)])
            products = self._namer.name(frame, regions.astype(int))[0].tolist()
            result.names = dict(enumerate(self._bundle.products + ["unknown"]))
            data = result.boxes.data.clone()
            for row, product in zip(data, products):
                row[5] = product if product >= 0 else len(self._bundle.products)
            result.update(boxes=data)
        result.plot()
        return Seen(boxes, products)


class _PlantedSession:
    """A session of ours, with our number of threads, in the place of the one that Ultralytics opened."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self.get_inputs = networks.detector.get_inputs

    def run(self, _names, feed):
        return [self._networks.detect(feed["normalized"])[None]]


def plant_torch(backend: Any, networks: Networks) -> None:
    """Let the torch network run, and say what is planted."""
    import torch

    forward = backend.forward

    def planting(*arguments, **options):
        said = forward(*arguments, **options)
        return said if networks.planted is None else torch.from_numpy(networks.planted.output.copy())

    backend.forward = planting


def in_usual_form(networks: PeerNetworks) -> PeerNetworks:
    """`networks` with the detector as torch's exporter writes it, sides fixed, without export.graph.rewriting.

    MissingPackageError without Ultralytics; ModelError where no network of its is the bundle's.
    """
    weights = torch_weights(networks)
    import torch

    from export.from_torch.tracing import onnx_from_torch
    from export.from_torch.ultralytics_weights import open_weights

    opened = open_weights(weights)
    example = torch.rand(1, 3, networks.size, networks.size)
    model = onnx_from_torch(opened.module, example, "output0", [1, 4 + opened.classes, "cells"])
    for dim, value in zip(model.graph.input[0].type.tensor_type.shape.dim, example.shape):
        dim.dim_value = value
    model = fold_shapes(model, [tuple(example.shape)])
    onnx.helper.set_model_props(model, dict(opened.metadata, imgsz=str([networks.size] * 2), batch="1"))
    path = os.path.join(os.path.dirname(networks.detector), "usual.onnx")
    onnx.save(model, path)
    return networks._replace(usual_detector=path)


def torch_weights(networks: PeerNetworks) -> str:
    """Path of a .pt of the same weights, beside the ONNX file.

    MissingPackageError without Ultralytics; ModelError where none of ARCHITECTURES with these weights says what the
    ONNX file says.
    """
    try:
        import torch
        from ultralytics.nn.tasks import DetectionModel
    except ImportError as error:
        message = "ultralytics cannot be imported ({}): pip install '.[training]'"
        raise MissingPackageError(message.format(error)) from error
    from training.onnx_weights import float_weights, load_folded

    weights = float_weights(Path(networks.bundle.detector))
    picture = np.random.RandomState(0).rand(1, 3, networks.size, networks.size).astype(np.float32)
    with OnnxEngine(networks.detector, 1) as engine:
        expected = engine.run(picture)[0][0]
    for architecture in ARCHITECTURES:
        network: Any = DetectionModel(architecture + ".yaml", nc=len(networks.bundle.shapes), verbose=False)
        load_folded(network, weights)
        network.names = dict(enumerate(networks.bundle.shapes))
        with torch.no_grad():
            said = network.eval()(torch.from_numpy(picture))[0].numpy()[0]
        if said.shape == expected.shape and float(np.abs(said - expected).max()) <= MAX_GAP:
            path = os.path.join(os.path.dirname(networks.detector), architecture + ".pt")
            torch.save({"model": network, "epoch": -1}, path)
            return path
    raise ModelError(
        "none of Ultralytics' {} with the bundle's weights says what its ONNX file says: leave ultralytics out of "
        "--peers".format(", ".join(ARCHITECTURES))
    )
