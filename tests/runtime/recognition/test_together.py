"""Frames of several cameras through both stages together: the same answers as one after the other, in fewer runs."""

import numpy as np
import pytest

from benchmarks.stand_ins.simulated import EMBEDDING, PRODUCTS, SIZE, planted_output
from runtime.clock import FakeClock, MonotonicClock
from runtime.engines.engine import TensorSpec
from runtime.engines.fake import FakeEngine
from runtime.errors import ModelError
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Frame
from runtime.gallery import Gallery
from runtime.recognition.batching import is_faster_in_batches
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.naming import Naming, NamingPolicy
from runtime.recognition.recogniser import Look, Recogniser, observe_together
from runtime.recognition.tracker import Tracker

PICTURE = TensorSpec("images", (None, None, None, 3), np.dtype(np.uint8))


class Networks:
    """Planted: a picture's brightness says how many boxes there are, a crop's what it is."""

    def __init__(self):
        self.detected, self.classified = [], []

    def detect(self, tensor):
        self.detected.append(len(tensor))
        return [np.concatenate([planted_output(_boxes(picture)) for picture in tensor])]

    def embed(self, tensor):
        self.classified.append(len(tensor))
        rows = np.eye(PRODUCTS, EMBEDDING, dtype=np.float32)
        return [np.stack([rows[int(crop[48, 48, 0]) % PRODUCTS] for crop in tensor])]

    def recognisers(self, count, policy):
        detector = Detector(FakeEngine(PICTURE, [], self.detect, {"names": "{0: 'product'}"}), SIZE)
        gallery = Gallery(np.eye(PRODUCTS, EMBEDDING, dtype=np.float32), np.arange(PRODUCTS, dtype=np.int32), 0.5)
        classifier = Classifier(FakeEngine(PICTURE, [], self.embed), gallery, 96, 0.0)
        first = Recogniser(detector, Tracker(step=count), Naming(classifier, policy))
        more = [first.beside(policy, Tracker(first_id=number, step=count)) for number in range(1, count)]
        self.detected.clear()
        self.classified.clear()
        return [first] + more


def _boxes(picture):
    count = int(picture[0, 0, 0]) % 4
    return np.array([[20 + 40 * n, 40, 50 + 40 * n, 110] for n in range(count)], np.float32).reshape(-1, 4)


def frame(number, camera):
    image = np.full((SIZE, SIZE, 3), 10 * camera + number % 4, np.uint8)
    return Frame(image, number, float(number))


def told(observation):
    names = observation.names
    return (
        observation.detections.boxes_px.tolist(),
        observation.track_ids.tolist(),
        None if names is None else (names.products.tolist(), names.asked, names.reused),
    )


@pytest.mark.parametrize("policy", [NamingPolicy(budget_ms=0), NamingPolicy(1)])
@pytest.mark.parametrize("in_batches", [False, True])
def test_together_is_what_it_is_alone(policy, in_batches):
    alone, together = Networks(), Networks()
    by_alone, by_together = alone.recognisers(3, policy), together.recognisers(3, policy)
    for number in range(6):
        frames = [frame(number + camera, camera) for camera in range(3)]
        expected = [one.observe(each, Stopwatch(MonotonicClock())) for one, each in zip(by_alone, frames)]
        looks = [Look(one, each, Stopwatch(MonotonicClock())) for one, each in zip(by_together, frames)]
        got = observe_together(looks, in_batches)
        assert [told(one) for one in got] == [told(one) for one in expected]
    assert together.detected == ([3] * 6 if in_batches else [1] * 18)
    assert sum(together.classified) == sum(alone.classified)
    assert len(together.classified) <= min(6, len(alone.classified))


def test_the_time_of_a_batch_is_shared_and_nothing_is_lost():
    clock, networks = FakeClock(), Networks()

    def slow(tensor):
        clock.advance(0.010)
        return networks.detect(tensor)

    recognisers = networks.recognisers(2, NamingPolicy())
    recognisers[0].detector.engine.run = slow
    watches = [Stopwatch(clock) for _ in recognisers]
    frames = [frame(1, 1), Frame(np.zeros((SIZE, SIZE, 3), np.uint8), 0, 0.0)]
    observe_together([Look(*each) for each in zip(recognisers, frames, watches)], in_batches=True)
    for watch in watches:
        stages_ms = watch.take()
        assert stages_ms.detect == pytest.approx(5.0)
        assert stages_ms.period == pytest.approx(10.0)


def test_a_substituted_picture_among_them_is_not_looked_at():
    networks = Networks()
    recognisers = networks.recognisers(2, NamingPolicy())
    watches = [Stopwatch(MonotonicClock()) for _ in recognisers]
    away = frame(3, 1)._replace(id=None)
    first, second = observe_together(
        [Look(recognisers[0], away, watches[0]), Look(recognisers[1], frame(3, 0), watches[1])], in_batches=True
    )
    assert (len(first.detections.scores), len(second.detections.scores)) == (0, 3)
    assert networks.detected == [1]


@pytest.mark.parametrize(
    "one_s, batch_s, expected", [(0.004, 0.012, True), (0.004, 0.016, False), (0.004, None, False)]
)
def test_batches_are_taken_where_they_are_measured_faster(one_s, batch_s, expected):
    clock, networks = FakeClock(), Networks()

    def run(tensor):
        if len(tensor) > 1 and batch_s is None:
            raise ModelError("the model does not take it")
        clock.advance(one_s if len(tensor) == 1 else batch_s)
        return networks.detect(tensor)

    (recogniser,) = networks.recognisers(1, NamingPolicy())
    recogniser.detector.engine.run = run
    assert is_faster_in_batches(recogniser.detector, 4, clock.now_s) is expected
