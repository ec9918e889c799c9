"""The parity gate: FP16 passes on the shipped models, every way of being wrong fails. onnxruntime plays both."""

import json

import numpy as np
import onnx
import pytest
import tiny_bundle as tiny
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from export import parity
from export.checking.verdict import read_model
from export.comparing import gate
from export.comparing.comparison import compare, parity_frames
from export.graph.half_graph import half_model
from export.graph.half_weights import widened
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.frame import Detections
from runtime.gallery import Gallery
from runtime.recognition.iou import iou_matrix
from runtime.sides import Sides, square

STAGES = ("detector", "classifier")


class Altered(Engine):
    """Another engine with something wrong before or behind it."""

    name = "altered"

    def __init__(self, engine, before=lambda tensor: tensor, behind=lambda output: output):
        self.input, self.outputs, self.metadata = engine.input, engine.outputs, engine.metadata
        self._engine, self._before, self._behind = engine, before, behind

    def run(self, tensor):
        outputs = [output.copy() for output in self._engine.run(self._before(tensor))]
        return [self._behind(outputs[0])] + outputs[1:]


@pytest.fixture(scope="module")
def bundle():
    return Bundle.open(SHIPPED_BUNDLE)


@pytest.fixture(scope="module")
def frames(bundle):
    return parity_frames(bundle)


@pytest.fixture(scope="module", params=STAGES)
def engine(request, bundle):
    with OnnxEngine(getattr(bundle, request.param), 1) as engine:
        yield engine


@pytest.fixture(scope="module")
def detector(bundle):
    with OnnxEngine(bundle.detector, 1) as engine:
        yield engine


@pytest.fixture(scope="module")
def classifier(bundle):
    with OnnxEngine(bundle.classifier, 1) as engine:
        yield engine


def saved(model, path):
    onnx.save(model, str(path))
    return str(path)


def test_an_engine_agrees_with_itself(engine, bundle, frames):
    verdict = compare(engine, engine, bundle, frames)
    assert verdict.passes, verdict.line()
    assert json.loads(json.dumps(verdict.as_json()))["passes"] is True


@pytest.mark.parametrize("stage", STAGES)
def test_fp16_of_the_shipped_models_agrees(stage, bundle, frames, tmp_path):
    path = saved(half_model(read_model(getattr(bundle, stage))), tmp_path / "half.onnx")
    with OnnxEngine(getattr(bundle, stage), 1) as reference, OnnxEngine(path, 1) as candidate:
        for sides in (Sides(160, 128), square(320)) if stage == "detector" else (None,):
            verdict = compare(reference, candidate, bundle, frames, sides)
            assert verdict.passes, verdict.line()
            figures = verdict.figures._asdict()
            rounding = figures.get("worst_score", 1 - figures.get("worst_cosine", 1.0))
            assert rounding > 0, "computed in FP16, so not to the last bit"


@pytest.mark.parametrize("stage", STAGES)
def test_dynamic_int8_of_the_shipped_models_fails(stage, bundle, frames, tmp_path):
    quantization = pytest.importorskip("onnxruntime.quantization")
    wide = saved(widened(read_model(getattr(bundle, stage))), tmp_path / "wide.onnx")
    path = str(tmp_path / "int8.onnx")
    quantization.quantize_dynamic(wide, path, weight_type=quantization.QuantType.QUInt8)
    with OnnxEngine(wide, 1) as reference, OnnxEngine(path, 1) as candidate:
        assert not compare(reference, candidate, bundle, frames).passes
        assert not compare(reference, candidate, bundle, frames, limits=gate.BF16).passes


@pytest.mark.parametrize("stage", STAGES)
def test_weights_in_bf16_agree_by_its_own_limits(stage, bundle, frames, tmp_path):
    model = widened(read_model(getattr(bundle, stage)))
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32:
            rounded = ((values.view(np.uint32) + 0x8000) & 0xFFFF0000).astype(np.uint32).view(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(rounded.reshape(values.shape), tensor.name))
    path = saved(model, tmp_path / "bf16.onnx")
    with OnnxEngine(getattr(bundle, stage), 1) as reference, OnnxEngine(path, 1) as candidate:
        verdict = compare(reference, candidate, bundle, frames, limits=gate.BF16)
        assert verdict.passes, verdict.line()


@pytest.mark.parametrize("stage", STAGES)
def test_a_perturbed_weight_fails(stage, bundle, frames, tmp_path):
    model = widened(read_model(getattr(bundle, stage)))
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    name = convolutions[len(convolutions) // 2].input[1]
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == name]
    values = numpy_helper.to_array(tensor).copy()
    values[0] *= 3.0  # one filter of one layer
    tensor.CopyFrom(numpy_helper.from_array(values, name))
    path = saved(model, tmp_path / "perturbed.onnx")
    with OnnxEngine(getattr(bundle, stage), 1) as reference, OnnxEngine(path, 1) as candidate:
        assert not compare(reference, candidate, bundle, frames).passes


def test_swapped_channels_fail(engine, bundle, frames):
    swapped = Altered(engine, before=lambda tensor: np.ascontiguousarray(tensor[..., ::-1]))
    assert not compare(engine, swapped, bundle, frames).passes


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_fails(engine, bundle, frames, value):
    def one_wrong(output):
        output.reshape(-1)[-1] = value
        return output

    verdict = compare(engine, Altered(engine, behind=one_wrong), bundle, frames)
    assert "not finite" in " ".join(verdict.failures)
    reference = compare(Altered(engine, behind=one_wrong), engine, bundle, frames)
    assert not reference.passes


def test_an_empty_output_fails(engine, bundle, frames):
    verdict = compare(engine, Altered(engine, behind=lambda output: output * 0), bundle, frames)
    assert not verdict.passes
    assert not np.isnan(list(verdict.figures)).any()


def test_boxes_of_nothing_fail(detector, bundle, frames):
    """Everything scores 0.99."""

    def sure(output):
        output[:, 4] = 0.99
        return output

    assert "does not see" in " ".join(compare(detector, Altered(detector, behind=sure), bundle, frames).failures)


@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_a_shifted_box_fails(detector, bundle, frames, row):
    """The best cell's box alone, by a sixth of its own size, or of that size larger."""

    def shift(output):
        best = output[0, 4:].max(axis=0).argmax()
        near = np.abs(output[0, :2] - output[0, :2, best : best + 1]).max(axis=0) < 24
        output[0, row, near] += output[0, 2 + row % 2, best] / 6
        return output

    verdict = compare(detector, Altered(detector, behind=shift), bundle, frames)
    assert verdict.figures.missing > 0, verdict.line()


def test_a_score_that_moved_fails(detector, bundle, frames):
    def less(output):
        output[:, 4:] *= 0.97
        return output

    assert "a score differs" in " ".join(compare(detector, Altered(detector, behind=less), bundle, frames).failures)


def test_shapes_that_changed_places_fail(detector, bundle, frames):
    def swap(output):
        output[:, 4:] = output[:, [5, 4, 7, 6]]
        return output

    verdict = compare(detector, Altered(detector, behind=swap), bundle, frames)
    assert "another class" in " ".join(verdict.failures)


def test_crops_in_another_order_fail(classifier, bundle, frames):
    rolled = Altered(classifier, behind=lambda output: np.roll(output, 1, axis=0))
    assert "another label" in " ".join(compare(classifier, rolled, bundle, frames).failures)


def test_a_reference_that_sees_nothing_proves_nothing(detector, classifier, bundle):
    black = [np.zeros((240, 320, 3), np.uint8)]
    for engine in (detector, classifier):
        verdict = compare(engine, engine, bundle, black)
        assert "nothing on any frame" in verdict.failures[0] or "no box on any frame" in verdict.failures[0]


def boxes(*rows):
    array = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(array[:, :4], array[:, 4], array[:, 5].astype(np.int32))


def figures(reference, candidate):
    return gate.detector_figures([(gate.seen(reference, 0.5, 0.6, True), gate.seen(candidate, 0.5, 0.6, True))])


def test_a_box_just_above_the_lowest_score_may_fall_below_it():
    sure = (50, 50, 90, 90, 0.9, 0)
    assert figures(boxes(sure, (0, 0, 40, 40, 0.515, 0)), boxes(sure)).missing == 0
    found = figures(boxes(sure, (0, 0, 40, 40, 0.53, 0)), boxes(sure))
    assert (found.boxes, found.missing, found.worst_iou) == (2, 1, 0.0)


def test_what_suppression_keeps_by_a_hair_is_no_disagreement():
    strong = (0, 0, 100, 100, 0.9, 0)
    kept, dropped = (0, 40.5, 100, 115, 0.7, 0), (0, 24.5, 100, 100.5, 0.7, 0)
    assert figures(boxes(strong, kept), boxes(strong, kept)).boxes == 2
    assert figures(boxes(strong, dropped), boxes(strong, dropped)).boxes == 1


def test_a_label_on_a_near_tie_is_counted_and_forgiven():
    gallery = Gallery(np.eye(3, dtype=np.float32), np.arange(3, dtype=np.int32), 0.6)
    tie = np.array([[0.7071, 0.7061, 0.0], [1.0, 0.0, 0.0]], np.float32)
    other = np.array([[0.7061, 0.7071, 0.0], [1.0, 0.0, 0.0]], np.float32)
    found = gate.classifier_figures(tie, other, gallery)
    assert (found.crops, found.near_ties, found.other_label) == (2, 1, 0)
    assert gate.classifier_failures(found) == []
    assert gate.classifier_figures(tie[1:], np.roll(tie[1:], 1, axis=1), gallery).other_label == 1


@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4), min_size=1, max_size=6))
def test_overlap_is_that_of_the_pixels(corners):
    rectangles = np.array([[x, y, x + w + 1, y + h + 1] for x, y, w, h in corners], np.float32)
    masks = np.zeros((len(rectangles), 130, 130), bool)
    for mask, (x1, y1, x2, y2) in zip(masks, rectangles.astype(int)):
        mask[y1:y2, x1:x2] = True
    expected = [[(a & b).sum() / (a | b).sum() for b in masks] for a in masks]
    assert iou_matrix(rectangles, rectangles) == pytest.approx(np.array(expected), abs=1e-5)


@pytest.mark.parametrize("stage", STAGES)
def test_the_command(stage, tiny_folder, tmp_path, capsys):
    model = str(tiny_folder / (stage + ".onnx"))
    out = tmp_path / "verdict.json"
    assert parity.main([model, model, "--bundle", str(tiny_folder), "--json", str(out)]) == 0
    assert "agrees" in capsys.readouterr().out
    verdict = json.loads(out.read_text())
    assert verdict["stage"] == stage
    assert verdict["thresholds"]["iou_at_least"] == gate.USUAL.iou_at_least


def test_the_command_fails_with_a_status_of_its_own_on_more_frames_too(tiny_folder, tmp_path, capsys):
    model = widened(tiny.detector_model())
    for node in model.graph.node:
        if node.op_type == "Clip":  # the scores
            node.input[2] = node.input[1]
    path = saved(model, tmp_path / "blind.onnx")
    arguments = [str(tiny_folder / "detector.onnx"), path, "--bundle", str(tiny_folder)]
    assert parity.main(arguments + ["--frames", "demo://", "--count", "2"]) == parity.FAILED
    assert "on 4 frames: DOES NOT AGREE" in capsys.readouterr().out


def test_what_is_no_engine_is_one_line(tiny_folder, tmp_path, capsys):
    good = str(tiny_folder / "detector.onnx")
    for bad in ("none.onnx", str(tiny_folder / "bundle.json")):
        assert parity.main([good, bad, "--bundle", str(tiny_folder)]) == 1
        message = capsys.readouterr().err
        assert message.startswith("shelfsight: ")
        assert message.count("\n") == 1
        assert bad in message


def test_a_model_that_computes_in_fp16_keeps_its_inputs_and_outputs(bundle):
    for stage in STAGES:
        model = read_model(getattr(bundle, stage))
        half = half_model(model)
        onnx.checker.check_model(half)
        for before, after in ((model.graph.input, half.graph.input), (model.graph.output, half.graph.output)):
            assert [v.name for v in before] == [v.name for v in after]
            assert [v.type.tensor_type.elem_type for v in before] == [v.type.tensor_type.elem_type for v in after]
        convolved = {node.input[1] for node in half.graph.node if node.op_type == "Conv"}
        types = {t.data_type for t in half.graph.initializer if t.name in convolved}
        assert types == {onnx.TensorProto.FLOAT16}
