"""The two thresholds, on numbers made by hand."""

import numpy as np
import pytest

from benchmarks.scoring.matching import Found, Truth
from training.measuring.calibration import MAX_LOST, choose_both, choose_min_score, choose_threshold


def test_half_way_where_known_and_strangers_lie_apart():
    assert choose_threshold(np.full(100, 0.8), np.full(50, 0.2)) == pytest.approx(0.5)


def test_known_products_go_first_where_they_overlap():
    rng = np.random.RandomState(0)
    known, strangers = rng.normal(0.6, 0.1, 4000), rng.normal(0.55, 0.1, 4000)
    threshold = choose_threshold(known, strangers)
    assert (known < threshold).mean() == pytest.approx(MAX_LOST, abs=0.002)


def test_without_strangers_only_the_known_count():
    known = np.linspace(0, 1, 1001)
    assert choose_threshold(known, np.empty(0)) == pytest.approx(MAX_LOST, abs=0.002)


def test_min_score_is_where_f1_is_best():
    box = np.array([[0, 0, 10, 10]], np.float32)
    elsewhere = box + 50
    found = [
        Found(np.concatenate([box, elsewhere]), np.array([0.9, 0.3]), np.zeros(2, int)),
        Found(np.concatenate([box, elsewhere]), np.array([0.6, 0.2]), np.zeros(2, int)),
    ]
    truth = [Truth(box, np.zeros(1, int))] * 2
    assert choose_min_score(found, truth) == (pytest.approx(0.6), pytest.approx(1.0))


def test_both_thresholds_are_where_f1_is_best():
    rng = np.random.RandomState(0)
    scores, similarities = rng.uniform(0, 1, 500), rng.uniform(-1, 1, 500)
    asked = []

    def f1_of(min_score, threshold):
        asked.append((min_score, threshold))
        return 1 - (min_score - 0.4) ** 2 - (threshold - 0.1 - 0.2 * min_score) ** 2

    min_score, threshold = choose_both(f1_of, scores, similarities)
    assert min_score == pytest.approx(0.4, abs=0.04)
    assert threshold == pytest.approx(0.18, abs=0.07)
    assert f1_of(min_score, threshold) == max(f1_of(*each) for each in list(asked))
