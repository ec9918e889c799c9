"""The gallery in use: the bundle's and the taught ones, and what is told of their likeness."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runtime.catalogue.likeness import findings, likeness_of
from runtime.catalogue.prototypes import MOST, known_of, prototypes_of
from runtime.catalogue.schema import NOTHING, PRODUCT
from runtime.catalogue.store import Taught
from runtime.frame import UNKNOWN
from runtime.gallery import Gallery

AXES = np.eye(8, dtype=np.float32)
BUNDLE = Gallery(AXES[:2], np.array([0, 1], np.int32), 0.6)
PRODUCTS = ["tea", "rice"]


def around(axis, towards, shares):
    rows = np.array([AXES[axis] * (1 - share) + AXES[towards] * share for share in shares], np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_taught_products_are_named_beside_the_bundles():
    taught = [Taught("salt", PRODUCT, AXES[2:3]), Taught("tea", PRODUCT, AXES[3:4]), Taught("", NOTHING, AXES[4:5])]
    known = known_of(BUNDLE, PRODUCTS, taught)
    assert list(known.products) == ["tea", "rice", "salt"]
    assert known.gallery.name(AXES[:6]).products.tolist() == [0, 1, 2, 0, UNKNOWN, UNKNOWN]
    assert known_of(BUNDLE, PRODUCTS, []).gallery.name(AXES[:1]).products.tolist() == [0]


def test_a_taught_product_has_a_threshold_of_its_own_that_rises_with_its_views():
    def named(count, share):
        known = known_of(BUNDLE, PRODUCTS, [Taught("salt", PRODUCT, np.repeat(AXES[2:3], count, axis=0))])
        answer = known.gallery.name(around(2, 5, [share]))
        return answer.products.tolist(), float(answer.margins[0])

    assert named(1, 0.60)[0] == [2]
    assert named(9, 0.60)[0] == [UNKNOWN]
    assert named(9, 0.55)[0] == [2]
    assert named(1, 0.55)[1] > named(9, 0.55)[1] > 0
    known = known_of(BUNDLE, PRODUCTS, [Taught("salt", PRODUCT, AXES[2:3])])
    assert known.gallery.name(around(0, 5, [0.60])).products.tolist() == [UNKNOWN]


def test_what_is_most_like_something_not_to_be_named_stays_unknown():
    known = known_of(BUNDLE, PRODUCTS, [Taught("", NOTHING, around(0, 4, [0.4]))])
    assert known.gallery.name(around(0, 4, [0.4, 0.0])).products.tolist() == [UNKNOWN, 0]


def test_a_corrected_view_outranks_the_wrong_name():
    """Views of salt that are more like tea, and one of tea that looks a little like salt."""
    views = np.concatenate([around(2, 0, [0.0, 0.1]), around(0, 2, [0.4])])
    salt = Taught("salt", PRODUCT, views)
    tea = around(0, 2, [0.05])
    assert known_of(BUNDLE, PRODUCTS, [salt]).gallery.name(views[2:]).products.tolist() == [0]
    corrected = known_of(BUNDLE, PRODUCTS, [salt._replace(corrections=[2])])
    assert corrected.gallery.name(np.concatenate([views, tea])).products.tolist() == [2, 2, 2, 0]


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


def test_a_taught_product_takes_none_of_the_bundles_over():
    """Its views are 0.76 like their prototype; a mean of views that holds some of "tea" is more like them."""
    tea = around(0, 4, [0.46])
    product = Taught("salt", PRODUCT, around(4, 0, [0.4, 0.42, 0.44]))
    assert (product.embeddings.mean(axis=0) @ tea[0]) > BUNDLE.prototypes[0] @ tea[0]
    known = known_of(BUNDLE, PRODUCTS, [product])
    assert known.gallery.name(tea).products.tolist() == [0]
    assert known.gallery.name(product.embeddings).products.tolist() == [2, 2, 2]
