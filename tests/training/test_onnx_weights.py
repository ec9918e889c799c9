"""An exported detector back to weights that train: the same function in eval and in training mode."""

import importlib.util

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")

from runtime.errors import ModelError  # noqa: E402
from training.onnx_weights import float_weights, load_folded, main  # noqa: E402
from training.refolding import refold  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of Ultralytics and torch, not ours


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, request):
    """(network, the ONNX that it was exported to)."""
    path = request.config.rootpath / "tests/export/make_exported.py"
    spec = importlib.util.spec_from_file_location("make_exported", path)
    make_exported = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_exported)
    from export.from_torch.ultralytics_weights import open_weights
    from export.onnx import export_detector

    folder = tmp_path_factory.mktemp("tiny")
    weights = make_exported.tiny_detector(folder / "tiny.pt")
    export_detector(str(weights), str(folder / "tiny.onnx"))
    return make_exported, open_weights(str(weights)).module, folder / "tiny.onnx"


def fresh(make_exported):
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(7)
    return DetectionModel(dict(make_exported.TINY_YOLO), ch=3, nc=4, verbose=False).eval()


def raw(network, pictures):
    """What the layer before the head gives."""
    values = pictures
    for layer in list(network.model)[:3]:
        values = layer(values)
    return values


def test_folded_weights_compute_the_same(tiny):
    make_exported, exported, path = tiny
    network = fresh(make_exported)
    pictures = torch.rand(4, 3, 64, 64)
    with torch.no_grad():
        before = (raw(network, pictures) - raw(exported, pictures)).abs().max()
        assert load_folded(network, float_weights(path)) > 10
        assert (raw(network, pictures) - raw(exported, pictures)).abs().max() < 2e-3 < before


def test_refolding_changes_nothing_but_what_training_would_change(tiny):
    make_exported, _, path = tiny
    network = fresh(make_exported)
    pictures = torch.rand(8, 3, 64, 64)
    load_folded(network, float_weights(path))
    with torch.no_grad():
        before, in_training = raw(network, pictures), raw(network.train(), pictures)
        network = fresh(make_exported)
        load_folded(network, float_weights(path))
        refold(network, pictures)
        after = raw(network.eval(), pictures)
        after_in_training = raw(network.train(), pictures)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(after_in_training, before, rtol=1e-2, atol=1e-2)
    assert (in_training - before).abs().max() > 0.05


def test_int8_weights_are_scaled_back_and_pieces_put_together(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    tensors = [
        helper.make_tensor("a.conv.weight_quantized", TensorProto.UINT8, [2], [130, 120]),
        helper.make_tensor("a.conv.weight_scale", TensorProto.FLOAT, [], [0.5]),
        helper.make_tensor("a.conv.weight_zero_point", TensorProto.UINT8, [], [128]),
        helper.make_tensor("b.weight.fp16", TensorProto.FLOAT16, [1], [1.5]),
        helper.make_tensor("c.bias[2:3]", TensorProto.FLOAT, [1], [3.0]),
        helper.make_tensor("c.bias[0:2].fp16", TensorProto.FLOAT16, [2], [1.0, 2.0]),
    ]
    onnx.save(helper.make_model(helper.make_graph([], "g", [], [], tensors)), str(tmp_path / "x.onnx"))
    weights = float_weights(tmp_path / "x.onnx")
    np.testing.assert_array_equal(weights["a.conv.weight"], [1.0, -4.0])
    np.testing.assert_array_equal(weights["b.weight"], [1.5])
    np.testing.assert_array_equal(weights["c.bias"], [1.0, 2.0, 3.0])


def test_what_is_no_onnx_is_one_plain_line(tmp_path, capsys):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"no onnx")
    with pytest.raises(ModelError, match="cannot read"):
        float_weights(path)
    flags = ["no_such_net", str(path), "--data", str(tmp_path), "--out", str(tmp_path / "start.pt")]
    assert main(flags) == 1
    assert "no_such_net" in capsys.readouterr().err


def test_a_classifier_back_to_a_start_computes_the_same(tmp_path, root):
    """The shipped one, into the checkpoint that --start takes."""
    from runtime.engines.onnx import OnnxEngine
    from training.checkpoint import read_checkpoint
    from training.stage2.embedder import make_embedder
    from training.stage2.from_onnx import make_checkpoint
    from training.stage2.training import embeddings_of

    path = root / "runtime/bundles/demo/classifier.onnx"
    engine = OnnxEngine(str(path), threads=1)
    side = engine.input.shape[1]
    crops = np.random.RandomState(0).randint(0, 256, (6, side, side, 3)).astype(np.uint8)
    assert make_checkpoint("tf_efficientnet_lite0", path, crops, tmp_path / "start.pt") == 50
    embedder, _ = make_embedder("tf_efficientnet_lite0", 128, "kaiming")
    embedder.load_state_dict(read_checkpoint(tmp_path / "start.pt", "classifier")["embedder"])
    cosines = (embeddings_of(embedder, crops) * engine.run(crops)[0]).sum(axis=1)
    assert cosines.min() > 0.999
    with pytest.raises(ModelError, match="backbone"):
        make_checkpoint("mobilenetv3_small_050", path, crops, tmp_path / "other.pt")
