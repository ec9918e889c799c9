"""How far FP16, BF16 and int8 are from FP32 on the shipped models, by the parity gate, on the CPU.

FP16 and int8 as onnxruntime computes them, BF16 as OpenVINO does, by limits of its own; FP32 is always onnxruntime's.

python -m benchmarks.precision [--bundle demo] [--scenes 8]
"""

import argparse
import importlib.util
import json
import logging
import os
import sys
import tempfile
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from benchmarks.machine import machine
from export.comparing import gate
from export.comparing.comparison import Verdict, boxes_on, compare_classifiers, compare_detectors, parity_frames
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine
from runtime.engines.sidecar import BF16
from runtime.sides import square
from runtime.sources.demo import open_scene, parse_demo_uri

SIZES = (160, 224, 320)
TIMES_S = (0.0, 7.0, 23.0, 61.0)
KINDS = ("fp16", "int8", "bf16")


def scene_frames(scenes: int) -> Iterator[np.ndarray]:
    """Frames (480, 640, 3) of held-out scenes, every other one hard."""
    for seed in range(scenes):
        request = parse_demo_uri("demo://?seed={}&split=heldout&hard={}".format(seed, seed % 2))
        scene = open_scene(request.scene, (640, 480))
        for time_s in TIMES_S:
            yield scene.render(time_s).image


def converted(model_path: str, kind: str, folder: str) -> str:
    """Path of the model in FP16, by export.graph.half_graph, or in int8, by onnxruntime's dynamic quantisation."""
    import onnx

    from export.checking.verdict import read_model
    from export.graph.half_graph import half_model
    from export.graph.half_weights import widened

    model = read_model(model_path)
    path = os.path.join(folder, "{}-{}".format(kind, os.path.basename(model_path)))
    if kind == "fp16":
        onnx.save(half_model(model), path)
        return path
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)  # it warns of each tensor that it leaves as it is

    wide = os.path.join(folder, "wide.onnx")
    onnx.save(widened(model), wide)
    quantize_dynamic(wide, path, weight_type=QuantType.QUInt8)
    return path


def opened(model_path: str, kind: str, folder: str, shape: Optional[Sequence[int]] = None) -> Engine:
    """The model in this kind of numbers; `shape`: of its input, where it is always the same."""
    if kind == "bf16":
        return OpenVINOEngine(model_path, BF16, 0, shape)
    return OnnxEngine(converted(model_path, kind, folder))


def verdicts(bundle: Bundle, scenes: int, kinds: Sequence[str]) -> Iterator[Tuple[str, Verdict]]:
    """What was compared, and the verdict, for each stage, kind and size."""
    frames = parity_frames(bundle) + list(scene_frames(scenes))
    boxes = boxes_on(bundle, frames)
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            limits = gate.BF16 if kind == "bf16" else gate.USUAL
            for size in SIZES:
                shape = (1, size, size, 3)
                with OnnxEngine(bundle.detector) as reference, opened(
                    bundle.detector, kind, folder, shape
                ) as candidate:
                    title = "detector {} at {}".format(kind, size)
                    yield title, compare_detectors(reference, candidate, bundle, frames, square(size), limits)
            with OnnxEngine(bundle.classifier) as reference, opened(bundle.classifier, kind, folder) as candidate:
                title = "classifier {} at {}".format(kind, bundle.crop_size)
                yield title, compare_classifiers(reference, candidate, bundle, frames, boxes, limits)


def row(title: str, figures: Dict[str, Any], passes: bool) -> str:
    """One line of a Markdown table."""
    told = ", ".join("{} {:.4g}".format(name.replace("_", " "), value) for name, value in figures.items())
    return "| {} | {} | {} |".format(title, told, "passes" if passes else "fails")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=int, default=8, metavar="N", help="held-out scenes, four frames each")
    parser.add_argument("--bundle", default=SHIPPED_BUNDLE, metavar="B", help="a folder, demo or groceries (demo)")
    parser.add_argument(
        "--kind", choices=KINDS, action="append", help="may be repeated (fp16 and int8, and bf16 where OpenVINO is)"
    )
    values = parser.parse_args(arguments)
    kinds = values.kind or [kind for kind in KINDS if kind != "bf16" or importlib.util.find_spec("openvino")]

    def run() -> None:
        print(json.dumps(machine()))
        for title, verdict in verdicts(Bundle.open(values.bundle), values.scenes, kinds):
            print(row(title, verdict.figures._asdict(), verdict.passes), flush=True)

    return exit_status_of(run)


if __name__ == "__main__":
    sys.exit(main())
