"""The picture as it comes from the camera at the front of a network, and the cut where TensorRT 8.2 begins.

    images (n, h, w, 3) uint8 BGR -> order, layout, scale -> normalized (n, 3, h, w) float32 RGB -> the network

TensorRT takes no uint8 before 8.5, so there the engine begins at `normalized`.
"""

from typing import List, Sequence, Set

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from runtime.errors import ModelError

IMAGES = "images"
NORMALIZED = "normalized"
_OURS = NORMALIZED + "/"
"""Names of the nodes, constants and tensors in between begin with this."""


def take_uint8(model: onnx.ModelProto, mean: Sequence[float] = (0, 0, 0), std: Sequence[float] = (1, 1, 1)) -> None:
    """Put the steps from uint8 BGR in front of `model`, in place.

    Its one input must be `normalized`, float32 (n, 3, h, w). `mean`, `std`: three each, R G B, of pictures scaled to
    0..1. Raises ModelError for another input.
    """
    inputs = model.graph.input
    if [i.name for i in inputs] != [NORMALIZED] or inputs[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise ModelError("the inputs are {}: expected one, float32, {!r}".format([i.name for i in inputs], NORMALIZED))
    n, _, h, w = [d.dim_value or d.dim_param or None for d in inputs[0].type.tensor_type.shape.dim]
    divisor = np.asarray(std, np.float64) * 255
    offset = -np.asarray(mean, np.float64) / np.asarray(std, np.float64)
    nodes = [
        # First of all: TensorRT takes uint8 inputs from 8.5 on, but only a cast may read them. On a CPU that
        # costs 0.006 ms at 160x160 over casting last (desk, November 2026, onnxruntime 1.10 and 1.32).
        _node("Cast", [IMAGES], "floats", to=TensorProto.FLOAT),
        _node("Transpose", [_OURS + "floats"], "planes", perm=[0, 3, 1, 2]),
        _node("Gather", [_OURS + "planes", _constant(model, "rgb", [2, 1, 0], np.int64)], "ordered", axis=1),
    ]
    if np.ptp(divisor) == 0 and not offset.any():
        # Division, not multiplication by 1/255: bit-identical to what the network saw in training.
        nodes.append(_node("Div", [_OURS + "ordered", _constant(model, "divisor", divisor[0])], ""))
    else:
        scale = _constant(model, "scale", (1 / divisor).reshape(3, 1, 1))
        nodes.append(_node("Mul", [_OURS + "ordered", scale], "scaled"))
        nodes.append(_node("Add", [_OURS + "scaled", _constant(model, "offset", offset.reshape(3, 1, 1))], ""))
    normalized = onnx.ValueInfoProto()
    normalized.CopyFrom(inputs[0])
    model.graph.value_info.append(normalized)
    inputs[0].CopyFrom(helper.make_tensor_value_info(IMAGES, TensorProto.UINT8, [n, h, w, 3]))
    _set(model.graph.node, nodes + list(model.graph.node))


def from_normalized(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of `model` that begins at its tensor `normalized`; an equal copy where it has none.

    Raises ModelError where a later node reads the picture itself, or shape and type of the tensor cannot be told.
    """
    cut = onnx.ModelProto()
    cut.CopyFrom(model)
    graph = cut.graph
    if not any(NORMALIZED in node.output for node in graph.node):
        return cut
    needed = _nodes_after(graph, NORMALIZED)
    read = {name for node in needed for name in node.input}
    kept = [i for i in graph.input if i.name in read]
    weights = {tensor.name for tensor in graph.initializer}
    if any(i.name not in weights for i in kept):
        names = ", ".join(i.name for i in kept if i.name not in weights)
        raise ModelError(
            "a node after {!r} reads the input {} itself: it cannot be cut there".format(NORMALIZED, names)
        )
    _set(graph.input, [_normalized_input(graph)] + kept)
    _set(graph.value_info, [info for info in graph.value_info if info.name != NORMALIZED])
    _set(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in read])
    _set(graph.node, needed)
    return cut


def _normalized_input(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    """Shape and type of `normalized`: as written down, or as follows from a picture (n, h, w, 3) uint8."""
    for info in graph.value_info:
        if info.name == NORMALIZED:
            return info
    tensor = graph.input[0].type.tensor_type
    sizes = [d.dim_value or d.dim_param or None for d in tensor.shape.dim]
    if tensor.elem_type != TensorProto.UINT8 or len(sizes) != 4 or sizes[3] != 3:
        raise ModelError("shape and type of {!r} are not in the file: export it again".format(NORMALIZED))
    return helper.make_tensor_value_info(NORMALIZED, TensorProto.FLOAT, [sizes[0], 3, sizes[1], sizes[2]])


def _nodes_after(graph: onnx.GraphProto, start: str) -> List[onnx.NodeProto]:
    """The nodes that the outputs need when `start` is given, in order."""
    wanted = {output.name for output in graph.output}
    needed = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output) and start not in node.output:
            needed.append(node)
            wanted.update(_names_read(node))
    return needed[::-1]


def _names_read(node: onnx.NodeProto) -> Set[str]:
    """What a node reads, bodies of loops and branches included."""
    names = set(node.input)
    for attribute in node.attribute:
        for graph in [attribute.g] if attribute.type == onnx.AttributeProto.GRAPH else attribute.graphs:
            for inner in graph.node:
                names |= _names_read(inner)
    return names


def _node(operator: str, inputs: List[str], output: str, **attributes) -> onnx.NodeProto:
    name = _OURS + output if output else NORMALIZED
    return helper.make_node(operator, inputs, [name], name=name, **attributes)


def _constant(model: onnx.ModelProto, name: str, value, dtype=np.float32) -> str:
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype), _OURS + name))
    return _OURS + name


def _set(field, values: list) -> None:
    copies = [type(value).FromString(value.SerializeToString()) for value in values]
    del field[:]
    field.extend(copies)
