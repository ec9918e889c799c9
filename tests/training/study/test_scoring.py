"""Scores against what is plain by hand."""

import numpy as np
import pytest

from training.study.scoring import average_precision, scores_of


def test_all_right_and_all_wrong():
    prototypes = np.eye(8, dtype=np.float32)
    products = np.arange(8).repeat(4)
    assert scores_of(prototypes[products], prototypes, products) == (1.0, 1.0, 1.0, 1.0)
    worst = scores_of(prototypes[products], np.roll(prototypes, 1, axis=0), products)
    assert worst.top1 == 0
    assert worst.mean_ap < 0.2
    assert worst.match_f1 == 1.0  # which names are given does not matter to pairs


def test_average_precision_by_hand():
    found = average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]))
    assert found == pytest.approx((1 + 2 / 3) / 2)


def test_matching_with_embeddings_that_say_nothing():
    products = np.arange(40) % 10
    alike = np.ones((40, 1), np.float32)
    assert scores_of(alike, np.ones((10, 1), np.float32), products).match_f1 < 0.4
