"""What TensorRT's ONNX parser asks of a graph beyond knowing its operators: one function a rule.

From docs/operators.md and the assertions in builtin_op_importers.cpp of onnx-tensorrt, release branches 8.2 to 10.15.
"""

from typing import Iterator, NamedTuple, Optional

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.checking.targets import Target
from export.graph.reading import Graph

ERROR, WARNING = "error", "warning"


class Finding(NamedTuple):
    """One thing that a release of TensorRT does not take, or takes otherwise than one might think."""

    level: str
    """ERROR: the engine will not build. WARNING: it may, with what is said."""
    where: str
    what: str
    change: str


def title(node: onnx.NodeProto) -> str:
    """How a node is called in a finding."""
    return "{} {!r}".format(node.op_type, node.name or (node.output[0] if node.output else ""))


def attribute(node: onnx.NodeProto, name: str, default=None):
    """The value of an attribute; text as str."""
    for found in node.attribute:
        if found.name == name:
            value = helper.get_attribute_value(found)
            return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return default


def type_name(number: int) -> str:
    """`UINT8` for 2."""
    return TensorProto.DataType.Name(number) if number in TensorProto.DataType.values() else str(number)


_FLOAT_MODEL = "give the float model, or one quantised with QuantizeLinear and DequantizeLinear"
_REPLACEMENTS = {
    "Mod": "python -m export.onnx detector ... --end2end rewrites it as Div, Mul, Sub; or export the raw head",
    "HardSwish": "export at opset 13 with dynamo=False, or write it as x * HardSigmoid(x, alpha=1/6, beta=0.5)",
    "NonZero": "export without suppression in the graph (Ultralytics: nms=False); the runtime does it",
    "LayerNormalization": "export at opset 13, which writes it as ReduceMean, Sub, Pow, Add, Sqrt, Div",
    "Gelu": "export at opset 13, which writes it with Erf",
    "Mish": "export at opset 13, which writes it with Softplus and Tanh",
    "RoiAlign": "crop outside the network",
    "GridSample": "warp outside the network",
    "DynamicQuantizeLinear": _FLOAT_MODEL,
    "ConvInteger": _FLOAT_MODEL,
    "MatMulInteger": _FLOAT_MODEL,
    "QLinearConv": _FLOAT_MODEL,
    "QLinearMatMul": _FLOAT_MODEL,
}
_OTHERWISE = "export at opset 13 with dynamo=False, or write it with other operators"


def unknown_operators(graph: Graph, target: Target) -> Iterator[Finding]:
    """Operators without an importer."""
    for node in graph.nodes:
        if node.op_type.endswith("_TRT"):
            yield Finding(WARNING, title(node), "is a plugin of TensorRT", "load its plugin library before parsing")
        elif node.domain not in ("", "ai.onnx"):
            what = "is of the domain {}, which TensorRT does not know".format(node.domain)
            yield Finding(ERROR, title(node), what, "export without operators of other domains")
        elif node.op_type not in target.operators:
            what = "has no importer in TensorRT {}".format(target.list_of)
            yield Finding(ERROR, title(node), what, _REPLACEMENTS.get(node.op_type, _OTHERWISE))


def opset(graph: Graph, target: Target) -> Iterator[Finding]:
    """The version of the operators' definitions."""
    if graph.opset > target.largest_opset:
        what = "is {}: TensorRT {} reads up to {}".format(graph.opset, target.name, target.largest_opset)
        yield Finding(ERROR, "opset", what, "export with opset_version=13 and dynamo=False (Ultralytics: opset=13)")
    elif graph.opset < 9:
        what = "is {}: TensorRT promises to read 9 and later".format(graph.opset)
        yield Finding(WARNING, "opset", what, "export at opset 13")


_CONSTANT_INPUTS_8 = {
    "Slice": {3: "axes"},
    "Squeeze": {1: "axes"},
    "Unsqueeze": {1: "axes"},
    "TopK": {1: "K"},
    "CumSum": {1: "axis"},
    "Resize": {2: "scales"},
    "InstanceNormalization": {1: "scale", 2: "B"},
}
_CONSTANT_INPUTS_8_2 = {
    "Conv": {1: "W", 2: "B"},
    "ConvTranspose": {1: "W", 2: "B"},
    "NonMaxSuppression": {2: "max_output_boxes_per_class", 3: "iou_threshold", 4: "score_threshold"},
}
_CONSTANT_INPUTS_10 = {"CumSum": {1: "axis"}, "OneHot": {1: "depth"}}


def constant_inputs(graph: Graph, target: Target) -> Iterator[Finding]:
    """Inputs that must be weights, known when the engine is built."""
    wanted = dict(_CONSTANT_INPUTS_8 if target.clamps_int64 else _CONSTANT_INPUTS_10)
    if target.is_8_2:
        wanted.update(_CONSTANT_INPUTS_8_2)
    for node in graph.nodes:
        for index, name in wanted.get(node.op_type, {}).items():
            given = node.input[index] if index < len(node.input) else ""
            # An explicitly quantised convolution reads its weights through DequantizeLinear.
            if given and given not in graph.constants and not _is_dequantised(given, graph):
                what = "computes its {}: expected a constant".format(name)
                change = (
                    "export with a fixed number there, or fold constants (polygraphy surgeon sanitize --fold-constants)"
                )
                yield Finding(ERROR, title(node), what, change)


def _is_dequantised(name: str, graph: Graph) -> bool:
    return any(node.op_type == "DequantizeLinear" and name in node.output for node in graph.nodes)


LARGEST_K = 3840
"""Of TensorRT's TopK layer, by its reference."""


def constant_values(graph: Graph, target: Target) -> Iterator[Finding]:
    """Constants whose value matters: K, zero points, whole numbers that need more than 32 bits."""
    for node in graph.nodes:
        k = _value(node, 1, graph) if node.op_type == "TopK" else None
        if k is not None and k.size == 1 and int(k.reshape(-1)[0]) > LARGEST_K:
            what = "asks for the best {}: TensorRT gives {} at most".format(int(k.reshape(-1)[0]), LARGEST_K)
            yield Finding(ERROR, title(node), what, "export with fewer (python -m export.onnx ... --detections)")
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            zero = _value(node, 2, graph)
            if zero is not None and zero.any():
                yield Finding(ERROR, title(node), "has a zero point other than 0", "quantise symmetrically, as int8")
        if not target.clamps_int64 or node.op_type == "Slice":
            continue  # An end of 2**63 - 1 in a Slice means "to the end", and still does after clamping.
        for index, name in enumerate(node.input):
            value = _value(node, index, graph)
            if value is not None and value.dtype == np.int64 and value.size and np.abs(value).max() > 2**31 - 1:
                what = "reads {!r}, which needs 64 bits: TensorRT {} clamps to 32".format(name, target.name)
                yield Finding(WARNING, title(node), what, "keep whole numbers within 32 bits")


def _value(node: onnx.NodeProto, index: int, graph: Graph) -> Optional[np.ndarray]:
    name = node.input[index] if index < len(node.input) else ""
    if name not in graph.constants:
        return None
    try:
        return numpy_helper.to_array(graph.constants[name])
    except (ValueError, TypeError, OSError):  # kept in another file, or of a type that numpy has not
        return None


def attributes(graph: Graph, target: Target) -> Iterator[Finding]:
    """Ways of working that an importer refuses."""
    for node in graph.nodes:
        if node.op_type == "MaxPool" and len([name for name in node.output if name]) > 1:
            yield Finding(ERROR, title(node), "gives indices too, which TensorRT does not", "export without them")
        if node.op_type == "Resize":
            yield from _resize(node)
        if node.op_type == "Einsum" and target.is_8_2 and "..." in attribute(node, "equation", ""):
            yield Finding(ERROR, title(node), "has an ellipsis in its equation", "name every axis, or use MatMul")
        if node.op_type == "NonMaxSuppression" and target.is_8_2:
            what = "becomes a plugin in TensorRT 8.2, experimental: its output has a fixed shape, padded"
            yield Finding(WARNING, title(node), what, "export the raw head: the runtime suppresses in 0.1 ms")
        if node.op_type in ("Loop", "If", "Scan"):
            what = "is built only where every shape inside is the same each time, and runs slowly"
            yield Finding(WARNING, title(node), what, "export a network without branches on data")


def _resize(node: onnx.NodeProto) -> Iterator[Finding]:
    taken = {
        "mode": ("nearest", "linear"),
        "coordinate_transformation_mode": (
            "half_pixel",
            "pytorch_half_pixel",
            "tf_half_pixel_for_nn",
            "asymmetric",
            "align_corners",
        ),
        "nearest_mode": ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"),
        "keep_aspect_ratio_policy": ("stretch",),
    }
    for name, values in taken.items():
        value = attribute(node, name)
        if value is not None and value not in values:
            what = "has {} {!r}: expected one of {}".format(name, value, ", ".join(values))
            yield Finding(ERROR, title(node), what, "export with mode nearest or linear")
    if attribute(node, "antialias", 0):
        yield Finding(ERROR, title(node), "smooths (antialias), which TensorRT does not", "export without it")
