"""torch -> ONNX on the workstation: python -m export.onnx detector|classifier WEIGHTS.pt --out FILE.onnx

The result takes uint8 (n, h, w, 3) BGR, n open, in a detector h and w too; order, scale and layout are in the graph up
to `normalized`; opset 13; weights stored as FP16. It is compared with torch before it takes its place.
"""

import argparse
import os
import sys
import tempfile
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

import onnx

from export.checking.rules import ERROR
from export.checking.targets import TARGETS
from export.checking.verdict import check_model
from export.from_torch.agreement import Differences, classifier_differences, detector_differences, pictures
from export.from_torch.checkpoint_file import TRUST_HELP
from export.from_torch.classifier_weights import open_classifier
from export.from_torch.tracing import describe, onnx_from_torch
from export.from_torch.ultralytics_weights import open_weights
from export.graph.folding import fix_side, fold_shapes
from export.graph.half_weights import store_half
from export.graph.modulo import rewrite_mod
from export.graph.rewriting import split_convolutions, transpose_for_softmax
from export.graph.uint8_input import take_uint8
from runtime import __version__
from runtime.command_line.command import exit_status_of
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError, UsageError
from runtime.recognition.heads import grid_cells
from runtime.sides import square

SMALLEST_SIDE = 160
"""Pixels. An end-to-end detector gives a fixed number of boxes, at most the cells of the smallest input: 525 here."""
DETECTIONS = 300
SIDES = (160, 224, 320)
BATCHES = (1, 3)
FOLDED_FOR = ((1, 160, 224, 3), (3, 256, 192, 3))
"""Shapes of a detector's input that agree in nothing: what comes out the same for both is a constant."""

# Largest differences from torch, (pixels of a box, score or element of an embedding).
AS_TRACED = Differences(1e-2, 1e-4)
"""The graph itself: float32 in another order. Measured 2e-4 px at 480x256 of a YOLO11n, 3e-3 px over all cells of a
trained YOLOv8n, 3e-6 of a score, 1e-5 of an embedding of random weights (November 2026, torch 2.14)."""
AS_STORED = Differences(2.0, 1e-2)
"""With weights rounded to FP16, 11 bits. Measured on trained networks, November 2026: 0.04 px on cells that score, 3e-3
of a score, 2e-3 of an element of an embedding."""


class Exported(NamedTuple):
    """What an export wrote, and how far it is from torch."""

    path: str
    bytes: int
    as_traced: Differences
    as_stored: Differences


def export_detector(
    weights: str, out: str, end2end: bool = False, detections: int = DETECTIONS, trust: bool = False
) -> Exported:
    """Export the Ultralytics detector in `weights` to `out`. `end2end`: no suppression needed, `detections` boxes.

    `trust`: see `load_checkpoint`. Raises ModelError, and leaves `out` as it was, where the result
    is too far from torch.
    """
    if end2end and not 1 <= detections <= grid_cells(square(SMALLEST_SIDE)):
        raise UsageError(
            "{} detections: expected 1 to {}, the cells of the smallest input, {} px".format(
                detections, grid_cells(square(SMALLEST_SIDE)), SMALLEST_SIDE
            )
        )
    import torch

    opened = open_weights(weights, end2end, detections, trust)
    shape = ["n", detections, 6] if end2end else ["n", 4 + opened.classes, "cells"]
    # Neither square nor the smallest: a side taken for constant shows in the comparison.
    model = onnx_from_torch(opened.module, torch.rand(2, 3, 7 * opened.stride, 6 * opened.stride), "output0", shape)
    rewrite_mod(model)
    take_uint8(model)
    model = fold_shapes(model, FOLDED_FOR)
    split_convolutions(model)
    transpose_for_softmax(model)
    describe(model, dict(opened.metadata, shelfsight=__version__))
    sizes = [(side, side) for side in SIDES] + [(480, 256)]

    def compare(engine: OnnxEngine) -> Differences:
        return detector_differences(engine, opened.module, pictures(sizes, BATCHES), end2end)

    return _store(model, out, compare)


def export_classifier(
    module: Any, crop_size: int, out: str, mean: Sequence[float], std: Sequence[float], embedding: Optional[int] = None
) -> Exported:
    """Export `module` to `out`, and compare: float32 (n, 3, s, s) normalised RGB -> (n, d) embeddings of length 1.

    `crop_size`: pixels. `mean`, `std`: R G B, of pictures scaled to 0..1, as in training. `embedding`: d, told by a
    run where it is not given. Raises ModelError, and leaves `out` as it was, where the result is too far from torch.
    """
    import torch

    module = module.float().eval()
    example = torch.rand(2, 3, crop_size, crop_size)
    with torch.no_grad():
        found = module(example)
    lengths = found.norm(dim=1) if found.dim() == 2 else None
    if lengths is None or not torch.allclose(lengths, torch.ones(2), atol=1e-3):
        raise ModelError("the classifier gives {}: expected (n, d) embeddings of length 1".format(list(found.shape)))
    model = onnx_from_torch(module, example, "embedding", ["n", embedding or found.shape[1]])
    take_uint8(model, mean, std)
    model = fix_side(model, crop_size, BATCHES)
    metadata = {
        "task": "embed",
        "imgsz": str([crop_size, crop_size]),
        "mean": str([float(value) for value in mean]),
        "std": str([float(value) for value in std]),
        "shelfsight": __version__,
    }
    describe(model, metadata)

    def compare(engine: OnnxEngine) -> Differences:
        return classifier_differences(engine, module, pictures([(crop_size, crop_size)], BATCHES), mean, std)

    return _store(model, out, compare)


def _store(model: onnx.ModelProto, out: str, compare: Callable[[OnnxEngine], Differences]) -> Exported:
    """Compare `model` as it is, store its weights as FP16, compare again, and put it in place."""
    folder = os.path.dirname(os.path.abspath(out))
    if not os.path.isdir(folder):
        raise UsageError("no folder {} to write {} to: make it first".format(folder, os.path.basename(out)))
    onnx.checker.check_model(model)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as staging:
        path = os.path.join(staging, "model.onnx")
        as_traced = _compared(model, path, compare, AS_TRACED, "the graph")
        store_half(model)
        _refuse_unless_it_builds(model)
        as_stored = _compared(model, path, compare, AS_STORED, "the graph with weights stored as FP16")
        size = os.path.getsize(path)
        os.replace(path, out)
    return Exported(out, size, as_traced, as_stored)


def _refuse_unless_it_builds(model: onnx.ModelProto) -> None:
    """ModelError where TensorRT 8.2's parser, the oldest that we run on, would not take it."""
    errors = [finding for finding in check_model(model, TARGETS["8.2"]).findings if finding.level == ERROR]
    if errors:
        message = "TensorRT 8.2 would not take it, {} findings; first: {} {}: {}; not written"
        raise ModelError(message.format(len(errors), errors[0].where, errors[0].what, errors[0].change))


def _compared(model, path: str, compare: Callable[[OnnxEngine], Differences], limit: Differences, what: str):
    onnx.save(model, path)
    engine = OnnxEngine(path)
    try:
        found = compare(engine)
    finally:
        engine.close()
    # Written so that a NaN fails.
    if not (found.boxes_px <= limit.boxes_px and found.values <= limit.values):
        raise ModelError(
            "{} differs from torch by {:.2g} px and {:.2g}: expected at most {:g} px and {:g}; not written".format(
                what, found.boxes_px, found.values, limit.boxes_px, limit.values
            )
        )
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export.onnx", description="Export a trained network to ONNX.")
    stages = parser.add_subparsers(dest="stage", metavar="STAGE")
    classifier = stages.add_parser("classifier", help="stage 2, the last.pt of python -m training.classifier")
    classifier.add_argument("weights", metavar="last.pt", help="the checkpoint of a training")
    classifier.add_argument("--out", required=True, metavar="FILE.onnx", help="the file to write")
    detector = stages.add_parser("detector", help="stage 1, weights that Ultralytics saved")
    detector.add_argument("weights", metavar="WEIGHTS.pt", help="weights that Ultralytics saved")
    detector.add_argument("--end2end", action="store_true", help="use the one-to-one head: no suppression needed")
    detector.add_argument(
        "--detections", type=int, default=DETECTIONS, metavar="N", help="boxes of --end2end (default: %(default)s)"
    )
    detector.add_argument("--trust", action="store_true", help=TRUST_HELP)
    detector.add_argument("--out", required=True, metavar="FILE.onnx", help="the file to write")
    return parser


def _export(values: argparse.Namespace) -> Exported:
    if values.stage == "detector":
        return export_detector(values.weights, values.out, values.end2end, values.detections, values.trust)
    if values.stage == "classifier":
        opened = open_classifier(values.weights)
        return export_classifier(opened.module, opened.crop_size, values.out, opened.mean, opened.std)
    raise UsageError("say what to export: detector or classifier")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = _parser().parse_args(arguments)
    return exit_status_of(lambda: _tell(_export(values), values.stage), target=getattr(values, "out", None))


def _tell(exported: Exported, stage: str) -> None:
    print("{}: {:.1f} MB".format(exported.path, exported.bytes / 1e6))
    for what, differences in (("graph", exported.as_traced), ("with FP16-stored weights", exported.as_stored)):
        in_px = "{:.1e} px, ".format(differences.boxes_px) if stage == "detector" else ""
        print("largest difference from torch, {}: {}{:.1e}".format(what, in_px, differences.values))


if __name__ == "__main__":
    sys.exit(main())
