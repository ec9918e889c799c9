"""Scores against what is plain by hand."""

import numpy as np
import pytest

from training.study.scoring import Embeddings, average_precision, match, scores_of

EYE = np.eye(8, dtype=np.float32)
PRODUCTS = np.arange(8).repeat(4)
GALLERY = Embeddings(EYE[PRODUCTS], PRODUCTS)


def test_all_right_and_all_wrong():
    assert scores_of(GALLERY, EYE, GALLERY) == (1.0, 1.0, 1.0, 1.0)
    worst = scores_of(GALLERY, np.roll(EYE, 1, axis=0), GALLERY)
    assert worst.top1 == 0
    assert worst.mean_ap < 0.2
    assert worst.match_f1 == 1.0  # which names are given does not matter to what is alike


def test_average_precision_by_hand():
    found = average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]))
    assert found == pytest.approx((1 + 2 / 3) / 2)


def test_matching_with_embeddings_that_say_nothing():
    products = np.arange(40) % 10
    alike = Embeddings(np.ones((40, 1), np.float32), products)
    # Each crop finds all 40, of which 4 are right: precision 0.1, recall 1.
    assert match(alike, alike) == pytest.approx(2 * 4 / (40 + 4))


def test_the_threshold_is_chosen_on_other_crops_than_it_is_measured_on():
    """Even crops want a high threshold, which finds nothing for the odd ones."""
    gallery = Embeddings(np.array([[1, 0], [0, 1]], np.float32), np.array([0, 1]))
    even, odd = np.array([1, 0]), np.array([0.6, 0.8])
    shown = Embeddings(np.array([even, odd], np.float32), np.array([0, 0]))
    assert match(shown, gallery) < 1
    assert match(Embeddings(shown.vectors[:1], shown.products[:1]), gallery) == 0


def test_many_crops_are_matched_in_bounds_of_time():
    products = np.arange(20_000) % 10
    vectors = np.eye(10, dtype=np.float32)[products]
    assert match(Embeddings(vectors, products), Embeddings(vectors[:50], products[:50])) == 1.0
