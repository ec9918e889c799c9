"""A network of two nodes as an ONNX file: y = mean over each plane of x * weight, for a batch of any size."""

from typing import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHT = np.asarray([0.1, 1.0, 3.0], np.float32).reshape(1, 3, 1, 1)
"""0.1 is not the same in FP16."""
SIDE = 4


def network(
    kind: int = TensorProto.FLOAT, batch: object = "n", is_half: bool = False, begins_uint8: bool = False
) -> bytes:
    """`kind` is of the input x (batch, 3, 4, 4). Weights are FP16 where `is_half`; y is always float32.

    `begins_uint8`: x is uint8 and goes through a Cast first.
    """
    weight = numpy_helper.from_array(WEIGHT.astype(np.float16 if is_half else np.float32), "weight")
    inner = TensorProto.FLOAT16 if is_half else TensorProto.FLOAT
    nodes = [helper.make_node("Mul", ["floats", "weight"], ["scaled"], name="scale")]
    nodes.append(helper.make_node("GlobalAveragePool", ["scaled"], ["means" if is_half else "y"], name="pool"))
    if is_half:
        nodes.append(helper.make_node("Cast", ["means"], ["y"], name="last", to=TensorProto.FLOAT))
    first = "Cast" if begins_uint8 or kind != inner else "Identity"
    attributes = {"to": inner} if first == "Cast" else {}
    nodes.insert(0, helper.make_node(first, ["x"], ["floats"], name="first", **attributes))
    x = helper.make_tensor_value_info("x", TensorProto.UINT8 if begins_uint8 else kind, [batch, 3, SIDE, SIDE])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 3, 1, 1])
    graph = helper.make_graph(nodes, "small", [x], [y], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="test")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()


def expected(x: np.ndarray) -> np.ndarray:
    """y, in float32."""
    return (x.astype(np.float32) * WEIGHT).mean(axis=(2, 3), keepdims=True)


def pictures(count: int, dtype: object = np.float32) -> np.ndarray:
    """(count, 3, 4, 4), each value another."""
    return np.arange(count * 3 * SIDE * SIDE).reshape(count, 3, SIDE, SIDE).astype(dtype)


def shape(count: int) -> Sequence[int]:
    return (count, 3, SIDE, SIDE)
