"""Makes tests/export/exported: three tiny networks exported from torch, and what torch gives for a few pictures.

    python tests/export/make_exported.py        (on a workstation, from the root of the checkout)

They stand for what the exporter writes where there is no torch: on Python 3.6, and in CI.
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from export.from_torch.agreement import pictures, torch_output
from export.from_torch.ultralytics_weights import open_weights
from export.onnx import export_classifier, export_detector

FOLDER = Path(__file__).with_name("exported")
SIZES = [(160, 160), (96, 64)]
BATCHES = [2]
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.5)

TINY_YOLO = {
    "nc": 4,
    "reg_max": 4,
    "end2end": True,
    "scales": {"n": [1.0, 1.0, 16]},
    "scale": "n",
    "backbone": [
        [-1, 1, "Conv", [8, 3, 2]],
        [-1, 1, "Conv", [8, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "SPPF", [16, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 3], 1, "Concat", [1]],
        [-1, 1, "C2f", [16]],
        [[2, 8, 5], 1, "Detect", ["nc"]],
    ],
}
"""Heads for both ways of reading it, three strides, 50,000 weights: the pieces that make a YOLO hard to export."""


def tiny_detector(path: Path, seed: int = 0) -> Path:
    """Save weights as Ultralytics does, random but with something to tell at every cell."""
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(seed)
    network = DetectionModel(dict(TINY_YOLO), ch=3, nc=4, verbose=False)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.8, 1.6)
            module.bias.data.normal_(0, 0.2)
    head = network.model[-1]
    for branches, shift in ((head.cv2, 1), (head.cv3, -1), (head.one2one_cv2, 1), (head.one2one_cv3, -1)):
        for branch in branches:
            branch[-1].weight.data *= 4
            branch[-1].bias.data.normal_(shift, 1)
    network.names = {0: "rectangle", 1: "circle", 2: "snout bottle", 3: "brush"}
    network.args = {"imgsz": 160}
    torch.save({"model": network}, str(path))
    return path


class TinyEmbedder(torch.nn.Module):
    """Stands for stage 2: (n, 3, s, s) -> (n, 8) of length 1."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        layers = [torch.nn.Conv2d(3, 16, 3, 2), torch.nn.ReLU6(), torch.nn.Conv2d(16, 16, 3, 2), torch.nn.Hardswish()]
        self.backbone = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        self.embed = torch.nn.Linear(16, 8)

    def forward(self, normalized: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(self.embed(self.backbone(normalized)))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    weights = tiny_detector(FOLDER / "tiny.pt")
    embedder = TinyEmbedder().eval()
    export_detector(str(weights), str(FOLDER / "detector.onnx"))
    export_detector(str(weights), str(FOLDER / "end2end.onnx"), end2end=True, detections=20)
    export_classifier(embedder, 32, str(FOLDER / "classifier.onnx"), MEAN, STD)
    expected = {}
    detectors = {"detector": open_weights(str(weights)), "end2end": open_weights(str(weights), True, 20)}
    for index, images in enumerate(pictures(SIZES, BATCHES)):
        for name, opened in detectors.items():
            expected[name + str(index)] = torch_output(opened.module, images, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    for index, images in enumerate(pictures([(32, 32)], BATCHES)):
        expected["classifier{}".format(index)] = torch_output(embedder, images, MEAN, STD)
    np.savez_compressed(str(FOLDER / "expected.npz"), **expected)
    weights.unlink()


if __name__ == "__main__":
    main()
