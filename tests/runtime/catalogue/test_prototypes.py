"""What stands for a product that was taught, and what is told of its likeness to others."""

import numpy as np
from around_axes import AXES, BUNDLE, PRODUCTS, around
from hypothesis import given
from hypothesis import strategies as st

from runtime.catalogue.gallery_in_use import known_of
from runtime.catalogue.likeness import findings, likeness_of
from runtime.catalogue.prototypes import MOST, prototypes_of
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.taught import Taught


@given(st.integers(1, 40), st.integers(0, 1000))
def test_prototypes_are_of_length_1_few_and_the_mean_first(count, seed):
    rows = np.random.RandomState(seed).normal(size=(count, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    chosen = prototypes_of(rows)
    assert 1 <= len(chosen) <= min(MOST, count + 1)
    assert np.allclose(np.linalg.norm(chosen, axis=1), 1.0, atol=1e-4)
    assert chosen[0] @ rows.mean(axis=0) >= 0


def test_views_that_are_equal_give_one_prototype():
    assert len(prototypes_of(np.repeat(AXES[:1], 20, axis=0))) == 1


def test_likeness_names_the_nearest_other_and_counts_what_is_confused():
    known = known_of(BUNDLE, PRODUCTS, [])
    like = likeness_of(around(2, 0, [0.1, 0.2, 0.3]), BUNDLE, known)
    assert (like.name, like.confused, like.is_doubtful) == ("tea", 0, False)
    same = likeness_of(np.concatenate([around(2, 0, [0.0]), around(0, 2, [0.05])]), BUNDLE, known)
    assert same.name == "tea"
    assert same.confused == 1
    assert same.cosine > 0.99
    assert likeness_of(AXES[:1], BUNDLE, known, ["tea", "rice"]) is None


def test_one_thing_that_is_taught_twice_is_doubtful():
    views = around(4, 0, [0.3, 0.31, 0.32])
    known = known_of(BUNDLE, PRODUCTS, [Taught("salt", PRODUCT, views)])
    again = likeness_of(views, BUNDLE, known, ["another"])
    assert (again.name, again.is_doubtful) == ("salt", True)
    assert not likeness_of(around(5, 0, [0.3, 0.31, 0.32]), BUNDLE, known).is_doubtful


def test_check_lists_what_is_confused_few_or_alike():
    taught = [
        Taught("few", PRODUCT, AXES[2:4]),
        Taught("alike", PRODUCT, around(4, 5, [0.0, 0.01, 0.02, 0.03, 0.04])),
        Taught("fake tea", PRODUCT, np.concatenate([around(0, 6, [0.05]), around(6, 0, [0.0]), AXES[5:8]])),
    ]
    lines = findings(BUNDLE, PRODUCTS, taught)
    assert [line.split(":")[0] for line in lines] == ["few", "alike", "fake tea"]
    assert "2 views" in lines[0]
    assert "alike" in lines[1]
    assert "look more like tea" in lines[2]
