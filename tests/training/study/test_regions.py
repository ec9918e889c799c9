"""What is held out shows most products; a gallery has some of each."""

import numpy as np
import pytest

from runtime.errors import SourceError
from training.stage2.crops import Region
from training.stage2.regions import Regions
from training.study.regions import GALLERY, check_held_out, gallery_of

NAMES = ["tea", "milk", "rice", "beans"]


def regions(products):
    image = np.zeros((4, 4, 3), np.uint8)
    return [Region(image, np.array([0, 0, 4, 4], np.float32), product) for product in products]


@pytest.mark.parametrize("held, is_enough", [([0, 1, 2, 3], True), ([0, 3, 3], True), ([3, 3], False), ([3, 9], False)])
def test_a_set_that_is_held_out_product_by_product_is_refused(held, is_enough):
    found = Regions(regions([0, 1, 2, 3]), regions(held), NAMES, ["a stranger"], [])
    if is_enough:
        check_held_out(found)
    else:
        with pytest.raises(SourceError, match="shows 1 of 4 products: split the set first"):
            check_held_out(found)


def test_a_gallery_has_some_of_each_from_all_over():
    given = regions([0] * (10 * GALLERY) + [1] * 3)
    chosen = gallery_of(given)
    assert [region.product for region in chosen] == [0] * GALLERY + [1] * 3
    places = [next(place for place, one in enumerate(given) if one is region) for region in chosen]
    assert places[:GALLERY] == list(range(0, 10 * GALLERY, 10))
