"""One contract over the engines and their fake; then what onnxruntime is asked for and what it refuses."""

import numpy as np
import pytest
import tiny_bundle as tiny

from runtime.engines.engine import TensorSpec
from runtime.engines.fake import FakeEngine
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine
from runtime.errors import ModelError


@pytest.fixture(params=["onnx", "fake", "openvino"])
def engine(request, tiny_folder):
    path = str(tiny_folder / "classifier.onnx")
    if request.param == "openvino":
        request.getfixturevalue("openvino")
        with OpenVINOEngine(path, threads=1) as engine:
            yield engine
        return
    with OnnxEngine(path, threads=1) as onnx_engine:
        if request.param == "onnx":
            yield onnx_engine
        else:
            yield FakeEngine(onnx_engine.input, onnx_engine.outputs, onnx_engine.run, onnx_engine.metadata)


def test_contract(engine):
    assert engine.input == TensorSpec("images", (None, None, None, 3), np.dtype(np.uint8))
    assert engine.outputs == [TensorSpec("embedding", (None, 3), np.dtype(np.float32))]
    assert isinstance(engine.name, str)
    assert isinstance(engine.metadata, dict)
    for batch in (1, 3):
        (embedding,) = engine.run(np.full((batch, 8, 8, 3), tiny.RED, np.uint8))
        assert embedding.dtype == np.float32
        assert embedding == pytest.approx(np.array([[0, 0, 1.0]] * batch), abs=1e-6)
    engine.close()
    engine.close()


def test_metadata_is_read(tiny_folder):
    with OnnxEngine(str(tiny_folder / "detector.onnx")) as engine:
        assert engine.metadata["task"] == "detect"


@pytest.mark.parametrize("tensor", [np.zeros((1, 8, 8, 3), np.float32), np.zeros((1, 8, 8, 4), np.uint8)])
def test_a_tensor_that_does_not_fit_is_one_line(tiny_folder, tensor):
    with OnnxEngine(str(tiny_folder / "classifier.onnx")) as engine, pytest.raises(ModelError) as error:
        engine.run(tensor)
    assert "\n" not in str(error.value)


def test_files_that_are_no_model(tiny_folder, tmp_path):
    text = tmp_path / "text.onnx"
    text.write_text("this is no model\n" * 20)
    cut = tmp_path / "cut.onnx"
    cut.write_bytes((tiny_folder / "detector.onnx").read_bytes()[:1000])
    for path in (text, cut, tmp_path / "absent.onnx", tmp_path):
        with pytest.raises(ModelError) as error:
            OnnxEngine(str(path))
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_a_model_of_a_newer_opset_says_what_to_do(tmp_path):
    onnx = pytest.importorskip("onnx")
    model = tiny.classifier_model()
    model.opset_import[0].version = 99
    onnx.save(model, str(tmp_path / "new.onnx"))
    with pytest.raises(ModelError, match="newer onnxruntime"):
        OnnxEngine(str(tmp_path / "new.onnx"))
