"""What the graph of a model does to a picture before `normalized`, found out by asking it."""

import os
import tempfile
from typing import Optional

import numpy as np
import onnx

from export.graph.uint8_input import NORMALIZED
from runtime.engines.engine import Engine
from runtime.engines.normalize import InputSteps
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError

CLOSE = 1e-5
"""Largest difference from the graph's own values, which are of the order of one: a division against a product."""


def input_steps(model: onnx.ModelProto) -> Optional[InputSteps]:
    """The steps of `model` between its uint8 input and `normalized`; None where it has no such tensor.

    Raises ModelError where they are more than a choice of channel, a scale and an offset for each plane.
    """
    head = _head_of(model)
    if head is None:
        return None
    with tempfile.TemporaryDirectory(prefix="shelfsight-") as folder:
        path = os.path.join(folder, "head.onnx")
        onnx.save(head, path)
        with OnnxEngine(path, 1) as engine:
            steps = _probed(engine)
            pictures = np.random.RandomState(0).randint(0, 256, (2, 32, 64, 3), dtype=np.uint8)
            expected = engine.run(pictures)[0]
    found = np.empty(expected.shape, np.float32)
    steps.fill(pictures, found)
    gap = float(np.abs(found - expected).max())
    if not gap <= CLOSE * max(1.0, float(np.abs(expected).max())):
        raise ModelError(
            "the steps up to {!r} are not one channel, scale and offset for each plane (off by {:.2g}): export the "
            "model again with python -m export.onnx".format(NORMALIZED, gap)
        )
    return steps


def _probed(engine: Engine) -> InputSteps:
    """From pictures of one colour: black, then each channel alone at 255."""
    pictures = np.zeros((4, 32, 32, 3), np.uint8)
    for channel in range(3):
        pictures[channel + 1, ..., channel] = 255
    planes = engine.run(pictures)[0][:, :, 0, 0].astype(np.float64)
    slopes = (planes[1:] - planes[0]) / 255  # [channel, plane]
    channels = np.abs(slopes).argmax(axis=0)
    scales = [float(slopes[channel, plane]) for plane, channel in enumerate(channels)]
    return InputSteps(tuple(int(c) for c in channels), tuple(scales), tuple(float(v) for v in planes[0]))  # type: ignore


def _with_open_sides(value: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    """A copy of the picture's [n, h, w, 3] for any h and w: the steps are asked about small pictures."""
    copy = onnx.ValueInfoProto.FromString(value.SerializeToString())
    for dimension, name in zip(copy.type.tensor_type.shape.dim[1:3], ("h", "w")):
        dimension.Clear()
        dimension.dim_param = name
    return copy


def _head_of(model: onnx.ModelProto) -> Optional[onnx.ModelProto]:
    """The nodes up to `normalized` as a model of their own; None where there is no such tensor."""
    graph = model.graph
    wanted, nodes = {NORMALIZED}, []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            nodes.append(node)
            wanted.update(node.input)
    if not nodes:
        return None
    head = onnx.helper.make_graph(
        nodes[::-1],
        "head",
        [_with_open_sides(value) for value in graph.input if value.name in wanted],
        [onnx.helper.make_tensor_value_info(NORMALIZED, onnx.TensorProto.FLOAT, None)],
        [tensor for tensor in graph.initializer if tensor.name in wanted],
    )
    made = onnx.helper.make_model(head, opset_imports=list(model.opset_import))
    made.ir_version = model.ir_version
    return made
