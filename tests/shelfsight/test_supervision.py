"""What was seen as supervision.Detections: the real package where it is, else one that only takes what it is given."""

import sys
import types

import numpy as np
import pytest

import shelfsight
from runtime.figures.meter import Meter
from runtime.frame import PENDING, UNKNOWN, Detections, Frame, Names, Observation, Words
from shelfsight import SeenFrame

WORDS = Words(["box", "bottle"], ["tea", "rice"])


def seen(products, words=WORDS):
    """A frame with as many objects as `products` says; None: two of a detector alone."""
    count = 2 if products is None else len(products)
    boxes = np.float32([[10 * k, 10, 10 * k + 8, 30] for k in range(count)]).reshape(-1, 4)
    detections = Detections(boxes, np.full(count, 0.9, np.float32), np.arange(count, dtype=np.int32) % 2)
    names = None if products is None else Names(np.int32(products), np.full(count, 0.7, np.float32), 0, 0)
    frame = Frame(np.zeros((40, 60, 3), np.uint8), 5, 1.0)
    return SeenFrame.of(Observation(frame, detections, np.arange(count) + 7, names, words), Meter(0, True).recent(1.0))


@pytest.fixture
def taken(monkeypatch):
    """Stands for the package: `Detections` keeps its arguments."""
    module = types.ModuleType("supervision")
    module.Detections = types.SimpleNamespace
    monkeypatch.setitem(sys.modules, "supervision", module)


def test_names_numbers_and_tracks_go_over(taken):
    found = seen([1, UNKNOWN, PENDING]).to_supervision()
    assert found.xyxy.tolist() == [[0, 10, 8, 30], [10, 10, 18, 30], [20, 10, 28, 30]]
    assert found.class_id.tolist() == [1, 2, 2]
    assert found.tracker_id.tolist() == [7, 8, 9]
    assert found.data["class_name"].tolist() == ["rice", "unknown bottle", "box"]
    assert found.data["shape_name"].tolist() == ["box", "bottle", "box"]


def test_a_detector_alone_goes_over_with_its_classes(taken):
    found = seen(None, Words(["box", "bottle"])).to_supervision()
    assert found.class_id.tolist() == [0, 1]
    assert found.data["class_name"].tolist() == ["box", "bottle"]


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(shelfsight.MissingPackageError, match="pip install supervision"):
        seen([0]).to_supervision()


@pytest.mark.parametrize("products", [[], [1, UNKNOWN, PENDING], None])
def test_the_real_one_takes_it_and_draws_it(products):
    supervision = pytest.importorskip("supervision", reason="needs supervision, which brings 200 MB with it")
    one = seen(products)
    detections = one.to_supervision()
    assert isinstance(detections, supervision.Detections)
    assert len(detections) == len(one.objects)
    picture = supervision.BoxAnnotator().annotate(one.frame.copy(), detections)
    picture = supervision.LabelAnnotator().annotate(picture, detections)
    assert (picture != one.frame).any() == bool(one.objects)
    kept = detections[detections.confidence > 0.5]
    assert kept.data["class_name"].tolist() == [thing.name for thing in one.objects]
