"""The exporter itself, with torch: what it writes equals torch at every size, and what it refuses."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which is for workstations")
pytest.importorskip("ultralytics", reason="needs torch and ultralytics, which are for workstations")
pytest.importorskip("timm", reason="needs torch and timm, which are for workstations")

sys.path.insert(0, str(Path(__file__).parent))

import make_exported  # noqa: E402

import export.onnx as exporter  # noqa: E402
from export.from_torch.agreement import Differences, pictures, raw_differences, torch_output  # noqa: E402
from export.from_torch.classifier_weights import open_classifier  # noqa: E402
from export.from_torch.ultralytics_weights import open_weights  # noqa: E402
from export.graph.half_weights import SMALLEST  # noqa: E402
from runtime.engines.onnx import OnnxEngine  # noqa: E402
from runtime.errors import ModelError, UsageError  # noqa: E402

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return str(make_exported.tiny_detector(tmp_path_factory.mktemp("weights") / "tiny.pt", seed=1))


def test_a_detector_equals_torch_before_and_after_its_weights_are_rounded(weights, tmp_path):
    exported = exporter.export_detector(weights, str(tmp_path / "d.onnx"))
    assert exported.bytes == (tmp_path / "d.onnx").stat().st_size
    assert exported.as_traced.boxes_px < 1e-3
    assert exported.as_traced.values < 1e-5
    assert exported.as_traced.boxes_px < exported.as_stored.boxes_px < 0.1


@pytest.mark.parametrize("size", [(160, 160), (320, 320), (480, 256), (64, 320)])
def test_anchors_follow_the_size(weights, tmp_path, size):
    exporter.export_detector(weights, str(tmp_path / "d.onnx"))
    engine = OnnxEngine(str(tmp_path / "d.onnx"))
    module = open_weights(weights).module
    for images in pictures([size], [2]):
        expected = torch_output(module, images, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        np.testing.assert_allclose(engine.run(images)[0], expected, atol=0.1)
    engine.close()


@pytest.mark.slow
def test_a_whole_yolo11n(tmp_path):
    """Attention and all; random weights, so that its scores are small."""
    from ultralytics import YOLO

    YOLO("yolo11n.yaml").save(str(tmp_path / "w.pt"))
    exported = exporter.export_detector(str(tmp_path / "w.pt"), str(tmp_path / "d.onnx"))
    assert exported.as_traced.boxes_px < 1e-3
    assert exported.bytes < 6e6


def test_end_to_end_has_no_mod_and_a_constant_k(weights, tmp_path):
    exporter.export_detector(weights, str(tmp_path / "e.onnx"), end2end=True, detections=50)
    model = onnx.load(str(tmp_path / "e.onnx"))
    kinds = [node.op_type for node in model.graph.node]
    assert "Mod" not in kinds
    assert kinds.count("TopK") == 2
    engine = OnnxEngine(str(tmp_path / "e.onnx"))
    assert engine.run(np.zeros((3, 160, 160, 3), np.uint8))[0].shape == (3, 50, 6)
    assert engine.metadata["end2end"] == "True"
    engine.close()


def test_end_to_end_needs_its_head_and_no_more_boxes_than_cells(tmp_path, weights):
    for detections in (0, 526):
        with pytest.raises(UsageError, match="525"):
            exporter.export_detector(weights, str(tmp_path / "e.onnx"), end2end=True, detections=detections)
    saved = torch.load(weights, weights_only=False)
    for name in ("one2one_cv2", "one2one_cv3"):
        delattr(saved["model"].model[-1], name)
    torch.save(saved, str(tmp_path / "one.pt"))
    with pytest.raises(UsageError, match="one-to-one"):
        exporter.export_detector(str(tmp_path / "one.pt"), str(tmp_path / "e.onnx"), end2end=True)
    assert not (tmp_path / "e.onnx").exists()


def test_a_classifier_equals_torch(tmp_path):
    embedder = make_exported.TinyEmbedder(seed=2)
    exported = exporter.export_classifier(embedder, 32, str(tmp_path / "c.onnx"), (0.5, 0.4, 0.3), (0.2, 0.3, 0.5))
    assert exported.as_traced.values < 1e-5
    assert exported.as_stored.values < 5e-3
    engine = OnnxEngine(str(tmp_path / "c.onnx"))
    assert engine.run(np.zeros((16, 32, 32, 3), np.uint8))[0].shape == (16, 8)
    assert (engine.metadata["task"], engine.metadata["imgsz"]) == ("embed", "[32, 32]")
    engine.close()


def test_a_classifier_must_give_vectors_of_length_1(tmp_path):
    with pytest.raises(ModelError, match="length 1"):
        exporter.export_classifier(torch.nn.Flatten(), 32, str(tmp_path / "c.onnx"), (0.0,) * 3, (1.0,) * 3)


@pytest.mark.slow
def test_the_checkpoint_of_our_training(tmp_path):
    training = pytest.importorskip("training.stage2.embedder", reason="needs torch and training/")
    torch.manual_seed(0)
    embedder, _ = training.make_embedder("tf_efficientnet_lite0", 64, "kaiming")
    embedder.norm.running_mean.normal_()
    embedder.norm.running_var.uniform_(0.5, 2)
    embedder.norm.bias.data.normal_()
    content = {"kind": "classifier", "embedder": embedder.eval().state_dict()}
    content["values"] = {"backbone": "tf_efficientnet_lite0", "embedding": 64, "crop_size": 96}
    torch.save(content, str(tmp_path / "last.pt"))
    opened = open_classifier(str(tmp_path / "last.pt"))
    assert (opened.mean, opened.std, opened.crop_size) == (embedder.mean, embedder.std, 96)
    crops = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        assert torch.allclose(opened.module(crops), embedder(crops), atol=1e-6)


def test_what_differs_from_torch_is_not_written(weights, tmp_path, monkeypatch):
    out = tmp_path / "d.onnx"
    out.write_bytes(b"the one before")
    monkeypatch.setattr(exporter, "AS_STORED", Differences(1e-9, 1e-9))
    with pytest.raises(ModelError, match="stored as FP16 differs from torch by"):
        exporter.export_detector(weights, str(out))
    assert out.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [out], "left something behind"


def test_a_perturbed_graph_is_found(weights, tmp_path, monkeypatch):
    def take_uint8_wrongly(model, *arguments):
        take_uint8(model, *arguments)
        (order,) = [tensor for tensor in model.graph.initializer if tensor.name.endswith("/rgb")]
        order.CopyFrom(onnx.numpy_helper.from_array(np.array([0, 1, 2], np.int64), order.name))

    take_uint8 = exporter.take_uint8
    monkeypatch.setattr(exporter, "take_uint8", take_uint8_wrongly)
    with pytest.raises(ModelError, match="the graph differs from torch"):
        exporter.export_detector(weights, str(tmp_path / "d.onnx"))


def test_what_8_2_cannot_parse_is_not_written(tmp_path):
    class Sorts(make_exported.TinyEmbedder):
        def forward(self, normalized):
            found = super().forward(normalized)
            return found + 0 * torch.nonzero(found).sum()

    with pytest.raises(ModelError, match=r"TensorRT 8.2 would not take it.*NonZero"):
        exporter.export_classifier(Sorts(), 32, str(tmp_path / "c.onnx"), (0.5,) * 3, (0.5,) * 3)
    assert list(tmp_path.iterdir()) == []


def test_the_command(weights, tmp_path, capsys):
    assert exporter.main(["detector", weights, "--out", str(tmp_path / "d.onnx")]) == 0
    out = capsys.readouterr().out
    assert "d.onnx: 0.1 MB" in out
    assert "with FP16-stored weights: " in out
    assert " px, " in out


@pytest.mark.parametrize("stage", ["detector", "classifier"])
@pytest.mark.parametrize("content", [None, b"", b"no weights", "another"])
def test_bad_weights_are_one_plain_line(tmp_path, capsys, stage, content):
    path = tmp_path / "w.pt"
    if content == "another":
        torch.save({"kind": "something"}, str(path))
    elif content is not None:
        path.write_bytes(content)
    assert exporter.main([stage, str(path), "--out", str(tmp_path / "out.onnx")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("shelfsight: ")
    assert error.count("\n") == 1
    assert str(path) in error
    assert not (tmp_path / "out.onnx").exists()


def test_wrong_usage(tmp_path, capsys, weights):
    assert exporter.main([]) == 2
    assert exporter.main(["detector", weights, "--out", str(tmp_path / "absent" / "d.onnx")]) == 2
    assert "make it first" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        exporter.main(["detector"])
    assert stopped.value.code == 2


def test_a_network_that_is_no_detector(tmp_path):
    from ultralytics.nn.tasks import ClassificationModel

    network = ClassificationModel("yolo11n-cls.yaml", ch=3, nc=3, verbose=False)
    torch.save({"model": network}, str(tmp_path / "w.pt"))
    with pytest.raises(ModelError, match="expected a detector"):
        open_weights(str(tmp_path / "w.pt"))


def test_the_tiny_weights_are_large_enough_to_be_stored_as_fp16():
    assert make_exported.TinyEmbedder().backbone[2].weight.numel() > SMALLEST


def test_boxes_count_by_their_scores():
    expected = np.zeros((1, 5, 100), np.float32)
    expected[0, 4, 7], expected[0, 4, 30] = 0.6, 0.025
    found = expected.copy()
    found[0, 0, 7] += 0.5
    assert raw_differences(expected, found) == (0.5, 0.0)
    found[0, 1, 30] += 8
    assert raw_differences(expected, found) == (pytest.approx(0.8), 0.0)
    found[0, 2, 99] += 5000
    assert raw_differences(expected, found) == (pytest.approx(5.0), 0.0)
    found[0, 4, 99] += 0.25
    assert raw_differences(expected, found)[1] == 0.25
