"""Mod rewritten: bit-identical where it is done, left alone where it might not be."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from export.graph.modulo import rewrite_mod
from runtime.engines.onnx import OnnxEngine


def best_by(divisor, steps=(), source="TopK"):
    """x (n, m) -> indices of its best 5, modulo `divisor`, the way an end-to-end head tells classes."""
    nodes = [helper.make_node("TopK", ["x", "five"], ["values", "index"])]
    name = {"TopK": "index", "values": "whole"}[source]
    if source == "values":
        nodes.append(helper.make_node("Cast", ["values"], ["whole"], to=TensorProto.INT64))
    for step in steps:
        nodes.append(helper.make_node(step, [name], [step], **({"to": TensorProto.INT64} if step == "Cast" else {})))
        name = step
    nodes.append(helper.make_node("Mod", [name, "divisor"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "best",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "m"])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, ["n", 5])],
        [
            numpy_helper.from_array(np.array([5], np.int64), "five"),
            numpy_helper.from_array(np.int64(divisor), "divisor"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def run(model, path, x):
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    engine = OnnxEngine(str(path), threads=1)
    result = engine.run(x)[0]
    engine.close()
    return result


@settings(max_examples=30)
@given(divisor=st.integers(1, 90), seed=st.integers(0, 1000))
def test_bit_identical(tmp_path_factory, divisor, seed):
    folder = tmp_path_factory.mktemp("mod")
    x = np.random.RandomState(seed).rand(2, 400).astype(np.float32)
    model = best_by(divisor)
    expected = run(model, folder / "mod.onnx", x)
    assert rewrite_mod(model) == 1
    assert [node.op_type for node in model.graph.node] == ["TopK", "Div", "Mul", "Sub"]
    np.testing.assert_array_equal(run(model, folder / "rewritten.onnx", x), expected)


def test_indices_are_followed_through_what_only_moves_them():
    assert rewrite_mod(best_by(3, ["Identity", "Cast", "Flatten"])) == 1


@pytest.mark.parametrize(
    "model",
    [
        best_by(3, source="values"),  # may be negative
        best_by(3, ["Neg"]),
        best_by(-3),
        best_by(0),
    ],
)
def test_others_are_left_alone(model):
    before = model.SerializeToString()
    assert rewrite_mod(model) == 0
    assert model.SerializeToString() == before
