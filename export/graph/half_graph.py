"""A network computed in FP16: TensorRT 11 has no FP16 flag, there the ONNX file itself must say it.

    normalized (float) -> Cast -> the network in FP16 -> Cast -> the outputs, float as they were

What does not come from the picture (shapes, grids of cells) stays FP32 and is cast where the network reads it.
"""

from typing import Dict, List, Set

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.graph.half_weights import widened
from export.graph.reading import graph_of
from export.graph.uint8_input import NORMALIZED
from runtime.errors import ModelError

STAYS_FLOAT = ("ReduceSum", "ReduceSumSquare", "ReduceL2", "LpNormalization", "Pow", "CumSum", "Range")
"""Sums of many or of squares leave FP16's range, 65504, or its eleven bits."""
_NOT_DATA = {"Resize": (1, 2), "Upsample": (1,)}
"""Inputs that are float32 by the operator's definition, whatever it computes in."""
_HALF = ".half"
_LARGEST = 65504.0
_SMALLEST = 6e-8


def half_model(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of `model` that computes in FP16 from its tensor `normalized`, or from its float input, on.

    Inputs and outputs keep names and types. Raises ModelError for a graph with loops or branches.
    """
    copy = widened(model)
    if any(attribute.type == onnx.AttributeProto.GRAPH for node in copy.graph.node for attribute in node.attribute):
        raise ModelError("a model with loops or branches cannot be made FP16: export it again without, opset 13")
    converter = _Converter(copy)
    converter.convert()
    return converter.model


class _Converter:
    """Goes through the nodes in order; a tensor X that is FP16 is called X.half, and X is its FP32 form on demand."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self._types = graph_of(model).types
        self._nodes: List[onnx.NodeProto] = []
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._half_weights: Dict[str, onnx.TensorProto] = {}
        self._halves: Set[str] = set()
        """X of which X.half is computed."""
        self._floats = {i.name for i in model.graph.input} | set(self._weights)
        """X of which X itself is there."""

    def convert(self) -> None:
        graph = self.model.graph
        names = {name for node in graph.node for name in node.output}
        start = NORMALIZED if NORMALIZED in names else graph.input[0].name
        if start in self._floats:
            self._as_half(start)
        for node in graph.node:
            if node.op_type == "Constant":
                self._take_constant(node)
            else:
                self._take(node)
            if start in node.output:
                self._as_half(start)
        for output in graph.output:
            self._as_float(output.name)
        read = {name for node in self._nodes for name in node.input}
        kept = list(self._weights.values()) + list(self._half_weights.values())
        _replace(graph.initializer, [tensor for tensor in kept if tensor.name in read])
        _replace(graph.node, self._nodes)
        del graph.value_info[:]

    def _take_constant(self, node: onnx.NodeProto) -> None:
        (value,) = [attribute for attribute in node.attribute if attribute.name == "value"] or [None]
        if value is None:
            raise ModelError("the constant {!r} is not a tensor: export it again with opset 13".format(node.output[0]))
        tensor = onnx.TensorProto.FromString(value.t.SerializeToString())
        tensor.name = node.output[0]
        self._weights[tensor.name] = tensor
        self._floats.add(tensor.name)

    def _take(self, node: onnx.NodeProto) -> None:
        ours = onnx.NodeProto.FromString(node.SerializeToString())
        skipped = _NOT_DATA.get(node.op_type, ())
        data = [i for i, name in enumerate(node.input) if i not in skipped and self._is_float(name)]
        in_half = node.op_type not in STAYS_FLOAT and any(node.input[i] in self._halves for i in data)
        for i, name in enumerate(node.input):
            if name in self._halves or (in_half and i in data):
                ours.input[i] = self._as_half(name) if in_half and i in data else self._as_float(name)
        for i, name in enumerate(node.output):
            if in_half and self._is_float(name):
                ours.output[i] = name + _HALF
                self._halves.add(name)
            else:
                self._floats.add(name)
        if in_half and node.op_type == "Cast":
            for attribute in ours.attribute:
                if attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                    attribute.i = TensorProto.FLOAT16
        self._nodes.append(ours)

    def _is_float(self, name: str) -> bool:
        if name in self._weights:
            return self._weights[name].data_type == TensorProto.FLOAT
        return self._types.get(name) == TensorProto.FLOAT

    def _as_half(self, name: str) -> str:
        """The name of the FP16 form of `name`."""
        if name in self._weights:
            if name not in self._half_weights:
                values = _rounded(numpy_helper.to_array(self._weights[name]))
                self._half_weights[name] = numpy_helper.from_array(values, name + _HALF)
        elif name not in self._halves:
            self._halves.add(name)
            self._cast(name, name + _HALF, TensorProto.FLOAT16)
        return name + _HALF

    def _as_float(self, name: str) -> str:
        """The name of the FP32 form of `name`."""
        if name not in self._floats:
            self._floats.add(name)
            self._cast(name + _HALF, name, TensorProto.FLOAT)
        return name

    def _cast(self, source: str, target: str, to: int) -> None:
        self._nodes.append(helper.make_node("Cast", [source], [target], name=target + ".cast", to=to))


def _rounded(values: np.ndarray) -> np.ndarray:
    """In FP16: clamped to its range; a single value that guards a division does not become 0."""
    clamped = np.clip(values, -_LARGEST, _LARGEST)
    if values.size == 1:
        clamped = np.where((clamped != 0) & (np.abs(clamped) < _SMALLEST), np.copysign(_SMALLEST, clamped), clamped)
    return clamped.astype(np.float16)


def _replace(field, values: list) -> None:
    copies = [type(value).FromString(value.SerializeToString()) for value in values]
    del field[:]
    field.extend(copies)
