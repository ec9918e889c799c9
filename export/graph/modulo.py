"""Mod, which TensorRT 8.2 has no importer for, from operators that it has: a mod b = a - (a / b) * b on whole numbers.

Where a >= 0 and b > 0 the whole-number Div of ONNX (and of TensorRT) rounds down, so the result is bit-identical.
"""

from typing import Dict

import numpy as np
import onnx
from onnx import helper, numpy_helper

_PASS_ON = ("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Gather", "GatherElements", "Transpose")
"""Operators whose output holds only values of their first input."""


def rewrite_mod(model: onnx.ModelProto) -> int:
    """Write every Mod of a TopK's, ArgMax's or ArgMin's index by something positive anew, in place; how many.

    Others stay: of those the graph alone does not tell that a >= 0.
    """
    makers = {name: node for node in model.graph.node for name in node.output}
    nodes, count = [], 0
    for node in model.graph.node:
        if node.op_type != "Mod" or not (
            _is_index(node.input[0], makers) and _is_positive(node.input[1], model, makers)
        ):
            nodes.append(node)
            continue
        (a, b), result = node.input, node.output[0]
        quotient, product = result + "/quotient", result + "/product"
        nodes.append(helper.make_node("Div", [a, b], [quotient], name=quotient))
        nodes.append(helper.make_node("Mul", [quotient, b], [product], name=product))
        nodes.append(helper.make_node("Sub", [a, product], [result], name=result + "/remainder"))
        count += 1
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    return count


def _is_index(name: str, makers: Dict[str, onnx.NodeProto]) -> bool:
    node = makers.get(name)
    while node is not None and node.op_type in _PASS_ON:
        name, node = node.input[0], makers.get(node.input[0])
    if node is None:
        return False
    return node.op_type in ("ArgMax", "ArgMin", "Shape") or (node.op_type == "TopK" and name == node.output[1])


def _is_positive(name: str, model: onnx.ModelProto, makers: Dict[str, onnx.NodeProto]) -> bool:
    """Whether `name` is a constant whole number above zero, or the length of an axis."""
    source = name
    while source in makers and makers[source].op_type in _PASS_ON:
        source = makers[source].input[0]
    if source in makers and makers[source].op_type == "Shape":
        return True
    tensors = [tensor for tensor in model.graph.initializer if tensor.name == name]
    node = makers.get(name)
    if node is not None and node.op_type == "Constant":
        tensors = [attribute.t for attribute in node.attribute if attribute.name == "value"]
    values = [numpy_helper.to_array(tensor) for tensor in tensors]
    return bool(values) and np.issubdtype(values[0].dtype, np.integer) and bool((values[0] > 0).all())
