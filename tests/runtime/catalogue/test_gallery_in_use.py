"""The gallery in use: the bundle's and the taught ones; changed in part, it is as if it were made anew."""

import numpy as np
from around_axes import AXES, BUNDLE, PRODUCTS, around
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.catalogue import gallery_in_use
from runtime.catalogue.gallery_in_use import GalleryInUse, known_of
from runtime.catalogue.schema import NOTHING, PRODUCT
from runtime.catalogue.taught import Taught
from runtime.frame import UNKNOWN


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


def test_a_taught_product_takes_none_of_the_bundles_over():
    """Its views are 0.76 like their prototype; a mean of views that holds some of "tea" is more like them."""
    tea = around(0, 4, [0.46])
    product = Taught("salt", PRODUCT, around(4, 0, [0.4, 0.42, 0.44]))
    assert (product.embeddings.mean(axis=0) @ tea[0]) > BUNDLE.prototypes[0] @ tea[0]
    known = known_of(BUNDLE, PRODUCTS, [product])
    assert known.gallery.name(tea).products.tolist() == [0]
    assert known.gallery.name(product.embeddings).products.tolist() == [2, 2, 2]


def taught(number, seed):
    """Of a few views at random; some are the bundle's own, some not to be named, some corrected."""
    chance = np.random.RandomState(seed)
    rows = chance.normal(size=(1 + seed % 5, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    name = "rice" if number == 3 else "product {}".format(number)
    return Taught(name, NOTHING if seed % 7 == 0 else PRODUCT, rows, [0] if seed % 3 == 0 else [])


def by_row(known):
    """What each prototype is called, and from which cosine on."""
    gallery = known.gallery
    names = [None if number == UNKNOWN else known.products[number] for number in gallery.products.tolist()]
    return names, [gallery.threshold_of(row) for row in range(len(names))]


CHANGES = st.lists(st.dictionaries(st.integers(1, 9), st.none() | st.integers(0, 40), max_size=4), max_size=4)


@settings(max_examples=25)
@given(CHANGES)
def test_changed_in_part_it_is_as_if_it_were_made_anew(steps):
    in_use, there = GalleryInUse(BUNDLE, PRODUCTS), {}
    for step in steps:
        changes = {number: None if seed is None else taught(number, seed) for number, seed in step.items()}
        there.update(changes)
        before = in_use.take({})
        kept = before.gallery.prototypes.copy()
        known = in_use.take(changes)
        anew = known_of(BUNDLE, PRODUCTS, [there[number] for number in sorted(there) if there[number] is not None])
        assert known.products == anew.products
        assert by_row(known) == by_row(anew)
        assert known.gallery.prototypes.tolist() == anew.gallery.prototypes.tolist()
        assert known.gallery.prototypes.T.flags["C_CONTIGUOUS"]
        assert before.gallery.prototypes.tolist() == kept.tolist(), "it may still be in use"


def test_what_stayed_as_it_was_is_not_looked_at_again(monkeypatch):
    in_use = GalleryInUse(BUNDLE, PRODUCTS)
    in_use.take({number: taught(number, 1) for number in range(50)})
    chosen = []
    real = gallery_in_use.prototypes_of
    monkeypatch.setattr(gallery_in_use, "prototypes_of", lambda rows: chosen.append(len(rows)) or real(rows))
    in_use.take({7: taught(7, 2), 8: None})
    assert chosen == [3]
