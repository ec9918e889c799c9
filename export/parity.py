"""Whether one engine may stand in for another: python -m export.parity REFERENCE CANDIDATE --bundle DIR

Both run on the bundle's parity frames, and on those of --frames; boxes, scores, embeddings and labels must agree.
Exit status 0 where they do, 3 where they do not.
"""

import argparse
import json
import sys
from typing import Iterator, List, Optional

import numpy as np

from export.comparing.comparison import FAILED, compare, parity_frames
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import network_sides
from runtime.command_line.utf8 import in_utf8
from runtime.engines.cache import ENGINE
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.engines.tensorrt import TensorRTEngine
from runtime.errors import ModelError
from runtime.frame import EndOfStream
from runtime.settings import Settings
from runtime.shipped import DRAWN
from runtime.sides import square
from runtime.sources.opening import open_source

MOST_FRAMES = 32
"""Of --frames: enough for some 150 boxes, and a minute's work for the slowest engine on a Nano."""


def frames_of(uri: str, count: int) -> Iterator[np.ndarray]:
    """At most `count` frames of a camera, video, folder of images or demo:// scene."""
    with open_source(Settings(source=uri)) as source:
        while count:
            try:
                frame = source.read(1.0)
            except EndOfStream:
                return
            if frame is not None and frame.id is not None:
                count -= 1
                yield frame.image


def open_engine(path: str) -> Engine:
    """An ONNX file in onnxruntime, or an engine that python -m export.engine built in TensorRT."""
    if path.endswith(".onnx"):
        return OnnxEngine(path)
    if path.endswith(ENGINE):
        return TensorRTEngine(path)
    raise ModelError("{} is no engine that can be opened: expected FILE.onnx or FILE{}".format(path, ENGINE))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export.parity",
        description="Compare two engines of one stage. Exit status 0: they agree, 3: they do not.",
    )
    parser.add_argument("reference", metavar="REFERENCE", help="FILE.onnx that is known to be right")
    parser.add_argument("candidate", metavar="CANDIDATE", help="FILE.onnx or FILE.engine that is to stand in for it")
    parser.add_argument(
        "--bundle",
        metavar="DIR",
        default=DRAWN,
        help="whose frames, gallery and thresholds (default: shipped)",
    )
    parser.add_argument(
        "--size",
        type=network_sides,
        metavar="N",
        help="side of the detector's input, or both as in 160x128 (default: the engine's, else the bundle's)",
    )
    parser.add_argument(
        "--frames", metavar="URI", help="frames besides the bundle's: a camera, video, folder of images or demo://"
    )
    parser.add_argument(
        "--count", type=int, default=MOST_FRAMES, metavar="N", help="how many of --frames (default: %(default)s)"
    )
    parser.add_argument("--json", metavar="FILE", help="write the verdict there")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = _parser().parse_args(arguments)
    return exit_status_of(lambda: _compare(values), target=values.json)


def _compare(values: argparse.Namespace) -> int:
    bundle = Bundle.open(values.bundle)
    sides = square(values.size) if isinstance(values.size, int) else values.size
    frames = parity_frames(bundle)
    if values.frames:
        frames.extend(frames_of(values.frames, values.count))
    with open_engine(values.reference) as reference, open_engine(values.candidate) as candidate:
        verdict = compare(reference, candidate, bundle, frames, sides)
    print(verdict.line())
    if values.json:
        with open(values.json, "w", encoding="utf-8") as file:
            json.dump(verdict.as_json(), file, indent=2)
            file.write("\n")
    return 0 if verdict.passes else FAILED


if __name__ == "__main__":
    in_utf8("export.parity")
    sys.exit(main())
