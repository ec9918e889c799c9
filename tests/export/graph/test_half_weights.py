"""Weights stored as FP16: half the file, the same graph once widened."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper, numpy_helper

from export.graph.half_weights import SMALLEST, fold_aliases, store_half, widened
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError


def network(weights):
    """x (n, k) -> x times `weights` (k, m) plus a bias."""
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "weights", "bias"], ["y"])],
        "gemm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", weights.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", weights.shape[1]])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.linspace(-1, 1, weights.shape[1], dtype=np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def tensors(model):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def run(model, path, x):
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    engine = OnnxEngine(str(path), threads=1)
    result = engine.run(x)[0]
    engine.close()
    return result


WEIGHTS = np.random.RandomState(0).randn(64, 32).astype(np.float32)


def test_the_file_halves_and_the_result_is_that_of_rounded_weights(tmp_path):
    model, x = network(WEIGHTS), np.random.RandomState(1).randn(5, 64).astype(np.float32)
    size = len(model.SerializeToString())
    assert store_half(model) == WEIGHTS.size * 2
    assert len(model.SerializeToString()) < 0.6 * size
    rounded = network(WEIGHTS.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(run(model, tmp_path / "a.onnx", x), run(rounded, tmp_path / "b.onnx", x))


def test_biases_stay_as_they_are():
    model = network(WEIGHTS)
    store_half(model)
    assert {name: values.dtype for name, values in tensors(model).items()} == {
        "weights.fp16": np.dtype(np.float16),
        "bias": np.dtype(np.float32),
    }


elements = st.floats(-60000, 60000, width=32)


@settings(max_examples=25)
@given(hnp.arrays(np.float32, (SMALLEST // 8, 8), elements=elements))
def test_widening_gives_the_network_back_to_half_a_step_of_fp16(weights):
    model = network(weights)
    store_half(model)
    wide = widened(model)
    assert [node.op_type for node in wide.graph.node] == ["Gemm"]
    found = tensors(wide)["weights"]
    assert found.dtype == np.float32
    # 11 bits, and 2 ** -25, half a step, below the smallest normal number.
    assert np.all(np.abs(found - weights) <= np.maximum(np.abs(weights) * 2.0**-11, 2.0**-25))
    assert [node.op_type for node in model.graph.node] == ["Cast", "Gemm"], "the model given was changed"


def test_a_value_beyond_fp16_keeps_its_tensor_wide():
    weights = WEIGHTS.copy()
    weights[3, 3] = 70000
    model = network(weights)
    assert store_half(model) == 0
    np.testing.assert_array_equal(tensors(model)["weights"], weights)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_network_that_diverged_is_refused(value):
    weights = WEIGHTS.copy()
    weights[3, 3] = value
    with pytest.raises(ModelError, match="weights are not finite|weights weights are not finite"):
        store_half(network(weights))


def test_a_real_fp16_input_of_a_cast_is_left_alone():
    model = network(WEIGHTS)
    model.graph.node.insert(0, helper.make_node("Cast", ["bias"], ["half"], to=TensorProto.FLOAT16))
    model.graph.node.insert(1, helper.make_node("Cast", ["half"], ["bias32"], to=TensorProto.FLOAT))
    assert [node.op_type for node in widened(model).graph.node] == ["Cast", "Cast", "Gemm"]


def test_aliases_of_weights_are_read_under_their_own_name(tmp_path):
    model = network(WEIGHTS)
    gemm = helper.make_node("Gemm", ["x", "weights", "again"], ["y"])
    del model.graph.node[:]
    names = [("bias", "alias"), ("alias", "again")]
    model.graph.node.extend([helper.make_node("Identity", [a], [b]) for a, b in names] + [gemm])
    fold_aliases(model)
    assert [(node.op_type, list(node.input)) for node in model.graph.node] == [("Gemm", ["x", "weights", "bias"])]


def test_an_alias_that_is_an_output_stays():
    model = network(WEIGHTS)
    model.graph.node.append(helper.make_node("Identity", ["bias"], ["copy"]))
    model.graph.output.append(helper.make_tensor_value_info("copy", TensorProto.FLOAT, [32]))
    fold_aliases(model)
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Identity"]
