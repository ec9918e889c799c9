"""A detector as Ultralytics saves it (.pt): opened, fused, its head set to give one tensor at any size. Needs torch."""

import os
from typing import Any, Dict, NamedTuple

from export.from_torch.checkpoint_file import load_checkpoint
from runtime.errors import MissingPackageError, ModelError, UsageError

ONE_TO_ONE = "one2one_cv2"
"""What the head of a network that can do without suppression has: YOLOv10, YOLO26."""


class Weights(NamedTuple):
    """A detector ready to trace."""

    module: Any
    """torch.nn.Module, float32 (n, 3, h, w) RGB 0..1 -> (n, 4 + classes, cells), or (n, detections, 6) end to end."""
    metadata: Dict[str, str]
    """As Ultralytics writes it into its ONNX files."""
    classes: int
    stride: int
    """Pixels: sides of the input are multiples of it."""


def open_weights(path: str, end2end: bool = False, detections: int = 300, trust: bool = False) -> Weights:
    """Open `path`. `end2end`: use the one-to-one head, which gives its best `detections` boxes, no suppression needed.

    `trust`: also where it names more than parts of networks, see `load_checkpoint`.
    Raises ModelError for anything but an Ultralytics detector, UsageError where it has no one-to-one head.
    """
    network = _load(path, trust)
    head = network.model[-1]
    task = getattr(network, "task", None) or type(head).__name__.lower()
    if task != "detect" or not hasattr(head, "dynamic") or not hasattr(head, "nc"):
        raise ModelError("{} is a {!r} model: expected a detector".format(path, task))
    if end2end and getattr(head, ONE_TO_ONE, None) is None:
        raise UsageError("{} has no one-to-one head: leave --end2end out (YOLOv10 and YOLO26 have one)".format(path))
    network.end2end = end2end
    network = network.fuse(verbose=False)
    for module in network.modules():
        if hasattr(module, "export"):
            module.export = True
        if hasattr(module, "dynamic"):
            module.dynamic = True  # Anchors are computed in the graph, from the size of the grids.
    head.format = "onnx"
    head.max_det = detections
    stride = int(network.stride.max())
    return Weights(network, _metadata(network, stride, end2end), int(head.nc), stride)


def _load(path: str, trust: bool) -> Any:
    """The network in `path`, float32, for inference; the averaged weights (EMA) where there are some."""
    if not os.path.isfile(path):
        raise ModelError("no weights at {}: give the path of a .pt file that Ultralytics saved".format(path))
    try:
        import torch
        import ultralytics  # noqa: F401 - the file holds objects of its classes
    except ImportError as error:
        raise MissingPackageError(
            "{} cannot be imported: pip install '.[training]' on the workstation".format(error.name)
        ) from error
    saved = load_checkpoint(path, trust)
    network = (saved.get("ema") or saved.get("model")) if isinstance(saved, dict) else saved
    if not isinstance(network, torch.nn.Module) or not hasattr(network, "fuse") or not hasattr(network, "model"):
        raise ModelError("{} holds no network of Ultralytics: expected a .pt that its training wrote".format(path))
    return network.float().eval().requires_grad_(False)


def _metadata(network: Any, stride: int, end2end: bool) -> Dict[str, str]:
    import ultralytics

    arguments = getattr(network, "args", None)
    size = arguments.get("imgsz", 640) if isinstance(arguments, dict) else getattr(arguments, "imgsz", 640)
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    return {
        "task": "detect",
        "names": str({int(index): str(name) for index, name in network.names.items()}),
        "stride": str(stride),
        "imgsz": str([int(height), int(width)]),
        "end2end": str(end2end),
        "author": "Ultralytics",
        "version": ultralytics.__version__,
        "license": "AGPL-3.0 License (https://ultralytics.com/license)",
    }
