"""A small bundle with weights set by hand: it finds bright blocks on black, and names them by their colour.

Detector: uint8 (N, H, W, 3) BGR -> Ultralytics' raw layout (N, 4 + 2, cells). Each cell of the stride-8 grid compares
the mean brightness of a block around it with that of a ring: a square of 32 x 32 px or a bar of 64 x 32 px scores 1
where it fits exactly. The coarser grids are there, and empty.
Classifier: uint8 (N, H, W, 3) BGR -> the mean colour as a vector of length 1. Prototypes: blue, green, red; grey is
equally far from all three, hence unknown.
"""

from pathlib import Path
from typing import Dict, Tuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.bundle import assemble_bundle, write_gallery, write_parity

BLUE, GREEN, RED, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 200, 200)
SQUARE, BAR = (32, 32), (64, 32)
"""(width, height) in pixels of the network's input."""
SHAPES = ["square", "bar"]
PRODUCTS = ["blue", "green", "red"]
SIDE = 160


class _Graph:
    """Collects nodes; each call gives the name of its output."""

    def __init__(self) -> None:
        self.nodes, self.constants = [], []

    def constant(self, value, dtype=np.float32) -> str:
        name = "constant{}".format(len(self.constants))
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def __call__(self, operator: str, *inputs: str, name: str = "", **attributes) -> str:
        name = name or "{}{}".format(operator.lower(), len(self.nodes))
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def model(self, outputs: Dict[str, list], metadata: Dict[str, str]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "by hand",
            [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", "h", "w", 3])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 8
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        return model


def _normalized(g: _Graph) -> str:
    planes = g("Transpose", g("Cast", "images", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    return g("Div", planes, g.constant(255.0), name="normalized")


def detector_model() -> onnx.ModelProto:
    g = _Graph()
    bright = g("ReduceMax", _normalized(g), axes=[1], keepdims=1)

    def mean(width: int, height: int) -> str:
        left, top = width // 2 - 4, height // 2 - 4
        pads = [top, left, top, left]
        size = {"kernel_shape": [height, width], "strides": [8, 8], "pads": pads, "count_include_pad": 1}
        return g("AveragePool", bright, **size)

    def score(width: int, height: int) -> str:
        inner, outer = width * height, (width + 16) * (height + 16)
        block, both = mean(width, height), mean(width + 16, height + 16)
        ring = g("Mul", both, g.constant(outer / (outer - inner)))
        ring = g("Sub", ring, g("Mul", block, g.constant(inner / (outer - inner))))
        # Thrice the ring: a square inside a bar, whose ring is a fifth bright, must score well below one.
        return g("Clip", g("Sub", block, g("Mul", ring, g.constant(3.0))), g.constant(0.0), g.constant(1.0))

    square, bar = score(*SQUARE), score(*BAR)
    one = g("Add", g("Mul", square, g.constant(0.0)), g.constant(1.0))
    half = g.constant(0.5)
    stride = g.constant(8.0)
    x = g("Mul", g("Sub", g("CumSum", one, g.constant(3, np.int64)), half), stride)
    y = g("Mul", g("Sub", g("CumSum", one, g.constant(2, np.int64)), half), stride)
    is_bar = g("Greater", bar, square)
    w = g("Where", is_bar, g.constant(float(BAR[0])), g.constant(float(SQUARE[0])))
    h = g("Mul", one, g.constant(float(SQUARE[1])))
    fine = g("Concat", x, y, g("Mul", w, one), h, square, bar, axis=1)
    parts = [g("Reshape", fine, g.constant([0, 6, -1], np.int64))]
    for cell in (16, 32):
        empty = g("Mul", g("AveragePool", bright, kernel_shape=[cell, cell], strides=[cell, cell]), g.constant(0.0))
        six = g("Concat", *[empty] * 6, axis=1)
        parts.append(g("Reshape", six, g.constant([0, 6, -1], np.int64)))
    g("Concat", *parts, axis=2, name="output0")
    return g.model({"output0": ["n", 6, "cells"]}, {"task": "detect", "names": str(dict(enumerate(SHAPES)))})


def classifier_model() -> onnx.ModelProto:
    g = _Graph()
    colour = g("Flatten", g("GlobalAveragePool", _normalized(g)))
    g("LpNormalization", colour, name="embedding", axis=1, p=2)
    return g.model({"embedding": ["n", 3]}, {})


def scene(*blocks: Tuple, width: int = SIDE, height: int = SIDE) -> np.ndarray:
    """A black picture with blocks (centre x, centre y, (width, height), colour): centres at 4 modulo 8 fit exactly."""
    image = np.zeros((height, width, 3), np.uint8)
    for x, y, (w, h), colour in blocks:
        image[y - h // 2 : y + h // 2, x - w // 2 : x + w // 2] = colour
    return image


def write(folder: Path) -> Path:
    """Make the bundle in `folder`/tiny."""
    onnx.save(detector_model(), str(folder / "detector.onnx"))
    onnx.save(classifier_model(), str(folder / "classifier.onnx"))
    write_gallery(str(folder / "gallery.npz"), np.eye(3), np.arange(3))
    # 4:3 as a camera gives it, rounded up as its input is: they fill it to the pixel.
    frames = [scene((36, 36, SQUARE, RED), height=128), scene((100, 60, BAR, BLUE), height=128)]
    write_parity(str(folder / "parity.npz"), frames)
    names = ("detector.onnx", "classifier.onnx", "gallery.npz", "parity.npz")
    description = {
        "name": "tiny",
        "shapes": SHAPES,
        "products": PRODUCTS,
        "detector": {"size": SIDE, "min_score": 0.6, "iou": 0.4},
        "classifier": {"crop_size": 32, "crop_margin": 0.0, "threshold": 0.8},
        "trained_on": "nothing: weights set by hand",
    }
    assemble_bundle(str(folder / "tiny"), {name: str(folder / name) for name in names}, description)
    return folder / "tiny"
