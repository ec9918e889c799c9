"""A graph as its readers want it: nodes of every body, constants wherever they stand, the types that are known."""

from typing import Dict, List, NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Graph(NamedTuple):
    """A graph with what the rules ask of it."""

    nodes: List[onnx.NodeProto]
    """Of the bodies of loops and branches too."""
    constants: Dict[str, onnx.TensorProto]
    """Initialisers and the values of Constant nodes: what the parser has as weights, not as the output of a layer."""
    types: Dict[str, int]
    """Element type of each tensor that is known."""
    inputs: List[onnx.ValueInfoProto]
    opset: int


def graph_of(model: onnx.ModelProto) -> Graph:
    """Read `model`; types are inferred where onnx can."""
    try:
        model = onnx.shape_inference.infer_shapes(model)
    except Exception:  # onnx raises kinds of its own, for operators newer than itself too; types are then a part known
        pass
    constants: Dict[str, onnx.TensorProto] = {}
    types: Dict[str, int] = {}
    nodes: List[onnx.NodeProto] = []
    waiting = [model.graph]
    while waiting:
        graph = waiting.pop()
        constants.update((tensor.name, tensor) for tensor in graph.initializer)
        for value in list(graph.input) + list(graph.output) + list(graph.value_info):
            types[value.name] = value.type.tensor_type.elem_type
        for node in graph.node:
            nodes.append(node)
            for attribute in node.attribute:
                waiting.extend(attribute.graphs)
                if attribute.type == onnx.AttributeProto.GRAPH:
                    waiting.append(attribute.g)
                if node.op_type == "Constant" and attribute.name == "value":
                    constants[node.output[0]] = attribute.t
                elif node.op_type == "Constant" and attribute.name in ("value_int", "value_ints"):
                    whole = np.array(helper.get_attribute_value(attribute), np.int64)
                    constants[node.output[0]] = numpy_helper.from_array(whole)
    types.update((name, tensor.data_type) for name, tensor in constants.items())
    inputs = [value for value in model.graph.input if value.name not in constants]
    opset = max([entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")] or [0])
    return Graph(nodes, constants, types, inputs, opset)
