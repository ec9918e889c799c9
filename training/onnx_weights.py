"""A network's ONNX back to weights that a training starts from:

python -m training.onnx_weights yolo11n runtime/bundles/demo/detector.onnx --data SET --out start.pt
python -m training.onnx_weights tf_efficientnet_lite0 runtime/bundles/demo/classifier.onnx --data SET --out last.pt

For whoever has a bundle, but not the .pt it was exported from. A detector is one of Ultralytics' by name; the ONNX
holds its weights under the names of its modules, batch norms folded in, as float32, FP16 or int8 with a scale. A
classifier has one of timm's backbones, and its layers are taken in order.
"""

import argparse
import math
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np

from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError, ModelError, SourceError
from runtime.recognition.letterbox import LetterboxBuffer
from training.data.dataset import open_data_set, read_picture
from training.refolding import refold

_PIECE = re.compile(r"(.+)\[(\d+):\d+\]$")
"""What export.graph.rewriting calls the weights of a part of a convolution."""
BATCH = 32
SIDE_PX = 224
CROPS, CROP_PX, MARGIN = 256, 96, 0.1
"""What a classifier's batch norms take their statistics from."""


def float_weights(path: Path) -> Dict[str, np.ndarray]:
    """The initialisers of an ONNX file by the name of their module's tensor, float32; int8 ones scaled back.

    Raises ModelError for a file that onnx does not read, MissingPackageError without onnx.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise MissingPackageError("this needs onnx: pip install '.[training]'") from error
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's own errors share no public base class
        raise ModelError(f"cannot read {path} as an ONNX file: {error}") from error
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights: Dict[str, np.ndarray] = {}
    pieces: Dict[str, Dict[int, np.ndarray]] = {}
    for name, array in arrays.items():
        if name.endswith("_quantized"):
            stem = name[: -len("_quantized")]
            array = (array.astype(np.float32) - float(arrays[f"{stem}_zero_point"])) * float(arrays[f"{stem}_scale"])
            name = stem
        if array.dtype.kind != "f":
            continue
        name = name[: -len(".fp16")] if name.endswith(".fp16") else name
        piece = _PIECE.match(name)
        if piece is None:
            weights[name] = array.astype(np.float32)
        else:
            pieces.setdefault(piece[1], {})[int(piece[2])] = array.astype(np.float32)
    for name, parts in pieces.items():
        weights[name] = np.concatenate([part for _, part in sorted(parts.items())])
    return weights


def load_folded(network: Any, weights: Dict[str, np.ndarray]) -> int:
    """Copy `weights` into the convolutions of `network`, whose batch norms become the identity; how many fitted.

    Those of another shape (the class branch of a head with other classes) keep their random values.
    """
    import torch

    taken = 0
    for name, module in network.named_modules():
        if not isinstance(module, torch.nn.Conv2d):
            continue
        weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
        if weight is None or weight.shape != tuple(module.weight.shape):
            continue
        norm = _norm_behind(network, name)
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(weight))
            if norm is not None and bias is not None:
                norm.running_mean.zero_()
                norm.running_var.fill_(1.0)
                norm.weight.fill_(math.sqrt(1.0 + norm.eps))
                norm.bias.copy_(torch.from_numpy(bias))
            elif module.bias is not None and bias is not None:
                module.bias.copy_(torch.from_numpy(bias))
        taken += 1
    return taken


def _norm_behind(network: Any, name: str) -> Any:
    """The batch norm that Ultralytics' Conv module puts behind its convolution, or None."""
    parent, _, last = name.rpartition(".")
    return getattr(network.get_submodule(parent), "bn", None) if last == "conv" else None


def sample(folder: Path, count: int) -> Any:
    """(count, 3, s, s) float32 RGB 0..1: pictures spread over a data set, letterboxed."""
    import torch

    pictures = open_data_set(folder).pictures
    squares = np.empty((min(count, len(pictures)), SIDE_PX, SIDE_PX, 3), np.uint8)
    for number, square in enumerate(squares):
        LetterboxBuffer(square).draw(read_picture(pictures[number * len(pictures) // len(squares)].path))
    return torch.from_numpy(np.ascontiguousarray(squares[..., ::-1].transpose(0, 3, 1, 2))).float() / 255


def make_start(architecture: str, path: Path, data: Path, out: Path) -> int:
    """Write `out`, which training.detector takes as --model; how many convolutions came from `path`."""
    try:
        import torch
        from ultralytics.nn.tasks import DetectionModel
    except ImportError as error:
        raise MissingPackageError("this needs Ultralytics: pip install '.[training]'") from error
    try:
        # One class: what the trainer gives to any other number of classes, it takes from here by shape.
        network = DetectionModel(f"{architecture}.yaml", nc=1, verbose=False)
    except FileNotFoundError as error:
        raise SourceError(f"Ultralytics has no network {architecture!r}: try yolo11n, yolo26n, yolov8n") from error
    taken = load_folded(network, float_weights(path))
    if not taken:
        raise ModelError(f"{path} holds no convolution of {architecture}: give the network that it was exported from")
    refold(network, sample(data, BATCH))
    torch.save({"model": network, "epoch": -1}, out)
    return taken


def make_classifiers_start(backbone: str, path: Path, data: Path, out: Path) -> int:
    """Write `out`, which training.classifier takes as --start; how many layers came from `path`."""
    try:
        from training.stage2.crops import cut
        from training.stage2.from_onnx import make_checkpoint
        from training.stage2.regions import regions_of
    except ImportError as error:
        raise MissingPackageError(f"this needs {error.name}: pip install '.[training]'") from error
    pictures = open_data_set(data).pictures
    numbers = sorted({number for picture in pictures for number in picture.classes.tolist()})
    crops: List[np.ndarray] = []
    for picture in pictures[:: max(1, len(pictures) // CROPS)]:
        crops += [cut(region.image, region.box_px, MARGIN, CROP_PX) for region in regions_of(picture, numbers)[:1]]
    if not crops:
        raise SourceError(f"{data} has no boxes: some crops of products are looked at")
    return make_checkpoint(backbone, path, np.stack(crops), out)


def is_classifier(path: Path) -> bool:
    """Whether an ONNX file says of itself that it gives embeddings."""
    import onnx

    try:
        properties = onnx.load(str(path)).metadata_props
    except Exception:  # protobuf's own errors share no public base class; whoever reads the weights says more
        return False
    return any(each.key == "task" and each.value == "embed" for each in properties)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.onnx_weights", description="Weights to start a training from, out of an ONNX file."
    )
    parser.add_argument("architecture", help="the network's name with Ultralytics or timm (yolo11n)")
    parser.add_argument(
        "onnx", type=Path, metavar="FILE.onnx", help="a detector, float32, FP16 or int8, or a classifier"
    )
    parser.add_argument("--data", required=True, type=Path, metavar="SET", help="some pictures are looked at")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="start.pt",
        help="for training.detector --model, or training.classifier --start",
    )
    values = parser.parse_args(arguments)

    def work() -> None:
        make = make_classifiers_start if is_classifier(values.onnx) else make_start
        taken = make(values.architecture, values.onnx, values.data, values.out)
        print(f"{values.out}: {taken} layers from {values.onnx}")

    return exit_status_of(work, target=values.out)


if __name__ == "__main__":
    sys.exit(main())
