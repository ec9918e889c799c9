"""A gallery has some of each product."""

import numpy as np

from training.stage2.crops import Region
from training.study.regions import GALLERY, gallery_of


def regions(products):
    image = np.zeros((4, 4, 3), np.uint8)
    return [Region(image, np.array([0, 0, 4, 4], np.float32), product) for product in products]


def test_a_gallery_has_some_of_each_from_all_over():
    given = regions([0] * (10 * GALLERY) + [1] * 3)
    chosen = gallery_of(given)
    assert [region.product for region in chosen] == [0] * GALLERY + [1] * 3
    places = [next(place for place, one in enumerate(given) if one is region) for region in chosen]
    assert places[:GALLERY] == list(range(0, 10 * GALLERY, 10))
