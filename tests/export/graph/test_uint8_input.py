"""The input steps in front of a network, and the cut behind them."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from export.graph.uint8_input import IMAGES, NORMALIZED, from_normalized, take_uint8
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError


def network(reads=NORMALIZED, kind=TensorProto.FLOAT):
    """Gives its input back, so that the input steps can be seen."""
    graph = helper.make_graph(
        [helper.make_node("Identity", [reads], ["output0"])],
        "bare",
        [helper.make_tensor_value_info(reads, kind, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("output0", kind, ["n", 3, "h", "w"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def run(model, path, tensor):
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    engine = OnnxEngine(str(path), threads=1)
    result = engine.run(tensor)[0]
    spec = engine.input
    engine.close()
    return result, spec


def test_a_detector_divides_by_255_bit_for_bit(tmp_path):
    model = network()
    take_uint8(model)
    images = np.random.RandomState(0).randint(0, 256, (2, 64, 96, 3), dtype=np.uint8)
    found, spec = run(model, tmp_path / "m.onnx", images)
    expected = images[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(found, expected)
    assert (spec.name, spec.dtype, spec.shape) == (IMAGES, np.dtype(np.uint8), (None, None, None, 3))


channel = st.floats(0.1, 0.9)


@settings(max_examples=20)
@given(mean=st.tuples(channel, channel, channel), std=st.tuples(channel, channel, channel))
def test_a_classifier_scales_by_mean_and_deviation_of_r_g_b(tmp_path_factory, mean, std):
    model = network()
    take_uint8(model, mean, std)
    images = np.random.RandomState(0).randint(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    found, _ = run(model, tmp_path_factory.mktemp("m") / "m.onnx", images)
    expected = ((images[..., ::-1] / 255.0 - mean) / std).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_only_a_cast_reads_the_bytes():
    model = network()
    take_uint8(model)
    assert [node.op_type for node in model.graph.node if IMAGES in node.input] == ["Cast"]


@pytest.mark.parametrize("model", [network("images"), network(kind=TensorProto.FLOAT16)])
def test_another_input_is_refused(model):
    with pytest.raises(ModelError, match="normalized"):
        take_uint8(model)


def test_the_cut_gives_the_network_back(tmp_path):
    model = network()
    before = model.SerializeToString()
    take_uint8(model)
    cut = from_normalized(model)
    assert cut.SerializeToString() == before
    assert from_normalized(cut).SerializeToString() == before
    floats = np.random.RandomState(0).rand(1, 3, 32, 32).astype(np.float32)
    found, spec = run(cut, tmp_path / "m.onnx", floats)
    np.testing.assert_array_equal(found, floats)
    assert (spec.name, spec.shape) == (NORMALIZED, (None, 3, None, None))


def test_a_network_that_reads_the_picture_later_cannot_be_cut():
    model = network()
    take_uint8(model)
    model.graph.node.append(helper.make_node("Shape", [IMAGES], ["shape"]))
    model.graph.output.append(helper.make_tensor_value_info("shape", TensorProto.INT64, [4]))
    with pytest.raises(ModelError, match="reads the input images itself"):
        from_normalized(model)


def test_the_shape_behind_the_cut_follows_from_the_picture_where_it_is_not_written_down():
    model = network()
    before = model.SerializeToString()
    take_uint8(model)
    del model.graph.value_info[:]
    assert from_normalized(model).SerializeToString() == before
    del model.graph.input[0].type.tensor_type.shape.dim[3]
    with pytest.raises(ModelError, match="export it again"):
        from_normalized(model)
