"""How clear an answer must be follows from what the bundle tells, and is less for what was taught."""

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

import numpy as np

from runtime.bundle import Bundle
from search.looking.certain import CERTAIN, TAUGHT, certain_margins


@pytest.fixture
def bundle():
    return Bundle.open("demo")


def test_the_margin_follows_from_what_is_usual(bundle):
    margin = CERTAIN * (bundle.usual - bundle.gallery.threshold)
    assert certain_margins(bundle) == pytest.approx([margin] * len(bundle.products))


def test_any_answer_is_certain_of_a_bundle_that_does_not_tell(bundle):
    assert set(certain_margins(bundle._replace(usual=None))) == {0.0}


def test_what_was_taught_need_not_be_as_clear(bundle):
    gallery = bundle.gallery
    thresholds = np.full(len(gallery.products) + 1, gallery.threshold, np.float32)
    thresholds[-1] -= 0.1
    taught = gallery._replace(
        prototypes=np.concatenate([gallery.prototypes, -gallery.prototypes[:1]]),
        products=np.append(gallery.products, np.int32(len(bundle.products))),
        thresholds=thresholds,
    )
    margins = certain_margins(bundle._replace(gallery=taught, products=[*bundle.products, "plum"]))
    assert margins[:-1] == pytest.approx(certain_margins(bundle))
    assert margins[-1] == pytest.approx(TAUGHT * (bundle.usual - gallery.threshold))
