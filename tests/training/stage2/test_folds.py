"""Cross-validation: products are dealt out alike, and what looks alike stays together."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.stage2.crops import Region
from training.stage2.folds import dealt, folds_of
from training.stage2.regions import Regions


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=40), st.integers(2, 5), st.integers(0, 9))
def test_each_group_gets_a_fold_and_the_same_again(shown, folds, seed):
    fold_of = dealt(shown, folds, seed)
    assert len(fold_of) == len(shown)
    assert set(fold_of) <= set(range(folds))
    assert fold_of == dealt(shown, folds, seed)


@pytest.mark.parametrize("folds", [2, 4, 5])
def test_products_are_shared_out_alike(folds):
    shown = [[number % 7] for number in range(140)]
    fold_of = np.array(dealt(shown, folds, 0))
    for product in range(7):
        counts = np.bincount(fold_of[np.arange(140) % 7 == product], minlength=folds)
        assert counts.max() - counts.min() <= 1


def test_pictures_that_look_alike_are_in_one_fold(tmp_path):
    rng, paths = np.random.RandomState(0), []
    for number in range(6):
        scene = cv2.resize(rng.randint(0, 256, (6, 6, 3), dtype=np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)
        for copy in range(2):
            paths.append(str(tmp_path / "{}-{}.png".format(number, copy)))
            cv2.imwrite(paths[-1], np.minimum(scene, 252) + np.uint8(copy * 3))
    regions = [Region(np.zeros((4, 4, 3), np.uint8), np.zeros(4, np.float32), number // 2 % 2) for number in range(12)]
    fold_of = folds_of(Regions(regions, [], ["a", "b"], [], paths), 3, 0)
    assert fold_of[::2] == fold_of[1::2]
    assert len(set(fold_of)) == 3
