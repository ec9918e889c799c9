"""Both stages on the small bundle: the right boxes, the right names, and unknown."""

import numpy as np
import pytest
import tiny_bundle as tiny

from runtime.bundle import Bundle
from runtime.engines.cache import MAX_BATCH
from runtime.engines.engine import TensorSpec
from runtime.engines.fake import FakeEngine
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError
from runtime.frame import UNKNOWN
from runtime.gallery import Gallery
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector

BOXES = [[20, 20, 52, 52], [68, 84, 132, 116], [100, 20, 132, 52]]
PICTURE = tiny.scene(
    (36, 36, tiny.SQUARE, tiny.RED), (100, 100, tiny.BAR, tiny.BLUE), (116, 36, tiny.SQUARE, tiny.GREY)
)


@pytest.fixture(scope="module")
def bundle(tiny_folder):
    return Bundle.open(str(tiny_folder))


@pytest.fixture(scope="module")
def detector(bundle):
    with OnnxEngine(bundle.detector, 1) as engine:
        yield Detector(engine, 160, classes=bundle.shapes, min_score=bundle.min_score, iou=bundle.iou)


@pytest.fixture(scope="module")
def classifier(bundle):
    with OnnxEngine(bundle.classifier, 1) as engine:
        yield Classifier(engine, bundle.gallery, bundle.crop_size, bundle.crop_margin)


def found(detector, image):
    detections = detector.detect(detector.prepare(image))
    return sorted(zip(detections.boxes_px.round().astype(int).tolist(), detections.shapes.tolist()))


def test_stage_1_finds_the_blocks_and_their_shapes(detector):
    assert found(detector, PICTURE) == sorted(zip(BOXES, [0, 1, 0]))


@pytest.mark.parametrize("scale", [2, 4])
def test_boxes_are_in_pixels_of_the_frame_whatever_its_size(detector, scale):
    large = np.repeat(np.repeat(PICTURE, scale, axis=0), scale, axis=1)
    assert found(detector, large) == sorted(([scale * v for v in box], s) for box, s in zip(BOXES, [0, 1, 0]))


def test_a_black_picture_has_nothing(detector, classifier):
    detections = detector.detect(detector.prepare(np.zeros((480, 640, 3), np.uint8)))
    assert detections.boxes_px.shape == (0, 4)
    assert classifier.name(PICTURE, detections.boxes_px).products.shape == (0,)


def test_stage_2_names_by_colour_and_says_unknown(classifier):
    names = classifier.name(PICTURE, np.array(BOXES, np.float32))
    assert names.products.tolist() == [tiny.PRODUCTS.index("red"), tiny.PRODUCTS.index("blue"), UNKNOWN]
    assert names.similarities[0] == pytest.approx(1.0, abs=1e-5)
    assert names.similarities[2] == pytest.approx(3**-0.5, abs=1e-3)
    assert (names.margins > 0).all()
    assert names.margins[2] == pytest.approx(classifier.gallery.threshold - 3**-0.5, abs=1e-3)


@pytest.mark.parametrize("count", [1, MAX_BATCH, MAX_BATCH + 1, 3 * MAX_BATCH])
def test_any_number_of_crops_in_batches(classifier, count):
    boxes = np.array([BOXES[i % 2] for i in range(count)], np.float32)
    names = classifier.name(PICTURE, boxes)
    expected = [tiny.PRODUCTS.index("red"), tiny.PRODUCTS.index("blue")]
    assert names.products.tolist() == [expected[i % 2] for i in range(count)]
    assert names.embeddings.dtype == np.float32
    assert names.embeddings == pytest.approx(classifier.embed(PICTURE, boxes), abs=1e-6)


@pytest.mark.parametrize("box", [[-5, -5, 3, 3], [159.5, 159.5, 170, 170], [40, 40, 40, 40], [160, 160, 160, 160]])
def test_boxes_at_the_edge_are_cropped_and_never_empty(classifier, box):
    assert len(classifier.name(PICTURE, np.array([box], np.float32)).products) == 1


def test_a_gallery_of_another_length_is_refused(bundle):
    wrong = Gallery(np.eye(4, dtype=np.float32), np.arange(4, dtype=np.int32), 0.5)
    with OnnxEngine(bundle.classifier, 1) as engine, pytest.raises(ModelError, match="prototypes of length 4"):
        Classifier(engine, wrong, 32, 0.0)


def float_engine(shape, answer_shape, seen):
    def answer(tensor):
        seen.append(tensor.copy())
        return [np.zeros(answer_shape, np.float32)]

    spec = TensorSpec("images", shape, np.dtype(np.float32))
    return FakeEngine(spec, [TensorSpec("out", answer_shape, np.dtype(np.float32))], answer)


@pytest.mark.parametrize(
    "answer_shape, expected",
    [((1, 7, 84), [30 / 255, 20 / 255, 10 / 255]), ((1, 84, 8), [10.0, 20.0, 30.0])],  # Ultralytics, YOLOX
)
def test_third_parties_are_fed_as_they_want_it(answer_shape, expected):
    seen = []
    detector = Detector(float_engine((1, 3, 64, 64), answer_shape, seen), classes=["a", "b", "c"])
    detector.detect(detector.prepare(np.full((64, 64, 3), (10, 20, 30), np.uint8)))
    assert seen[-1][0, :, 5, 5] == pytest.approx(expected)


def test_a_fixed_size_is_taken_and_another_refused():
    engine = float_engine((1, 3, 64, 64), (1, 7, 84), [])
    assert Detector(engine, 160).size == 64
    with pytest.raises(ModelError, match="fixed to size 64"):
        Detector(engine, 160, size_is_explicit=True)


def test_a_wrong_number_of_names_is_refused():
    with pytest.raises(ModelError, match="2 class names for a model with 3"):
        Detector(float_engine((1, 3, 64, 64), (1, 7, 84), []), classes=["a", "b"])


@pytest.mark.parametrize("shape", [(1, 3, 64, None), (1, 4, 64, 64), (None, 8)])
def test_inputs_that_are_no_picture_are_refused(shape):
    with pytest.raises(ModelError, match="expected"):
        Detector(float_engine(shape, (1, 7, 84), []))


def test_a_batch_that_is_fixed_above_one_is_padded_and_said(caplog):
    seen, answer = [], np.zeros((3, 7, 84), np.float32)
    answer[0, :, 5] = 32, 32, 16, 8, 0.9, 0.1, 0.1
    answer[1:, 4, :] = 0.99  # what the network sees in the padding is none of ours
    spec = TensorSpec("images", (3, 3, 64, 64), np.dtype(np.float32))

    def run(tensor):
        seen.append(tensor.copy())
        return [answer]

    detector = Detector(FakeEngine(spec, [TensorSpec("out", (3, 7, 84), np.dtype(np.float32))], run))
    found = detector.detect(detector.prepare(np.full((64, 64, 3), 255, np.uint8)))
    assert found.boxes_px.tolist() == [[24.0, 28.0, 40.0, 36.0]]
    assert seen[-1].shape == (3, 3, 64, 64)
    assert seen[-1][0].min() == 1.0
    assert not seen[-1][1:].any()
    assert "takes 3 pictures at a time" in caplog.text


NAN, INF = float("nan"), float("inf")
GREY = np.full((160, 160, 3), 114, np.uint8)


def answering(rows, metadata=None):
    """A detector whose network answers these rows of x1, y1, x2, y2, score, class for every picture."""
    output = np.array([rows], np.float32)
    engine = FakeEngine(
        TensorSpec("images", (1, 160, 160, 3), np.uint8), [TensorSpec("output", output.shape, np.float32)],
        lambda _: [output.copy()], metadata or {"end2end": "True"},
    )  # fmt: skip
    return Detector(engine, 160, head="end2end", classes=["square", "bar"], min_score=0.3)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(
    "wrong",
    [
        [NAN, 1, 9, 9, 0.9, 0], [1, 1, INF, 9, 0.9, 0], [1, 1, 9, 9, INF, 0], [1, 1, 9, 9, NAN, 0],
        [1, 1, 9, 9, 0.9, NAN], [1, 1, 9, 9, 0.9, 7], [1, 1, 9, 9, 0.9, -3], [1, 1, 9, 9, 0.9, INF],
    ],
)  # fmt: skip
def test_what_is_no_box_is_passed_over_and_said_once(wrong, caplog):
    right = [20, 20, 52, 52, 0.8, 1]
    detector = answering([wrong, right])
    for _ in range(3):
        detections = detector.detect(detector.prepare(GREY))
        assert detections.boxes_px.tolist() == [[20, 20, 52, 52]]
        assert detections.shapes.tolist() == [1]
    assert caplog.text.count("boxes that are none") <= 1


def test_a_network_that_answers_nan_alone_finds_nothing():
    detector = answering([[NAN] * 6] * 3)
    assert detector.detect(detector.prepare(GREY)).boxes_px.shape == (0, 4)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("value", [NAN, INF, -INF, 1e30])
def test_a_classifier_that_answers_nan_says_unknown(value, caplog):
    engine = FakeEngine(
        TensorSpec("images", (None, 32, 32, 3), np.uint8), [TensorSpec("embedding", (None, 4), np.float32)],
        lambda crops: [np.full((len(crops), 4), value, np.float32)],
    )  # fmt: skip
    gallery = Gallery(np.eye(4, dtype=np.float32), np.arange(4, dtype=np.int32), 0.5)
    classifier = Classifier(engine, gallery, 32, 0.1)
    for _ in range(3):
        answer = classifier.name(GREY, np.array(BOXES, np.float32))
        assert answer.products.tolist() == [UNKNOWN] * 3
        assert np.isfinite(answer.similarities).all()
        assert np.isfinite(answer.margins).all()
    assert caplog.text.count("answers with NaN") == 1
