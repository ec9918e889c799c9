"""Whitening: clouds become round, and a direction that only tells photos apart stops hiding one that tells products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.stage2.whitening import projection, whitening


@given(st.integers(0, 1000))
def test_photos_of_a_product_lie_in_a_round_cloud(seed):
    rng = np.random.RandomState(seed)
    products = np.repeat(np.arange(4), 60)
    vectors = (rng.normal(0, 1, (240, 5)) @ rng.normal(0, 1, (5, 5)) + products[:, None]).astype(np.float64)
    turned = vectors @ whitening(vectors, products, 1e-9)
    within = turned - np.stack([turned[products == number].mean(axis=0) for number in range(4)])[products]
    np.testing.assert_allclose(within.T @ within / 240, np.eye(5), atol=0.02)


def test_it_finds_what_tells_products_apart():
    rng = np.random.RandomState(0)
    products = np.repeat([0, 1], 100)
    vectors = np.stack([products * 1.0, rng.normal(0, 8, 200)], axis=1) + rng.normal(0, 0.1, (200, 2))
    turn = whitening(vectors, products, 0.001)
    means = np.stack([vectors[products == number].mean(axis=0) for number in (0, 1)])

    def right(space):
        gaps = np.linalg.norm((vectors @ space)[:, None] - (means @ space)[None], axis=2)
        return (gaps.argmin(axis=1) == products).mean()

    assert right(np.eye(2)) < 0.8
    assert right(turn) == 1.0


def test_all_shrinkage_changes_the_scale_alone():
    rng = np.random.RandomState(1)
    vectors, products = rng.normal(0, 1, (60, 3)), np.repeat([2, 5, 9], 20)
    turn = whitening(vectors, products, 1.0)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3) * (turn @ turn.T)[0, 0], atol=1e-5)
    assert (turn @ turn.T)[0, 0] == pytest.approx(1, abs=0.3)


def test_a_projection_keeps_the_directions_in_which_products_differ():
    rng = np.random.RandomState(2)
    products = np.repeat(np.arange(3), 50)
    vectors = np.zeros((150, 6), np.float32)
    vectors[:, :2] = np.array([[0, 3], [3, 0], [3, 3]])[products]
    vectors += rng.normal(0, 0.3, vectors.shape)
    turned = vectors @ projection(vectors, products, 0.01, 2)
    means = np.stack([turned[products == number].mean(axis=0) for number in range(3)])
    nearest = np.linalg.norm(turned[:, None] - means, axis=2).argmin(axis=1)
    assert turned.shape == (150, 2)
    assert (nearest == products).all()


def test_a_projection_may_be_longer_than_there_are_photos():
    vectors = np.random.RandomState(3).rand(4, 9).astype(np.float32)
    assert projection(vectors, np.array([0, 0, 1, 1]), 0.5, 6).shape == (9, 6)
