"""Whitening: clouds become round, and a direction that only tells photos apart stops hiding one that tells products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.stage2.whitening import whitening


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
