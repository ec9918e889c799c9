"""Shelves composed of cut-outs: the same by the same seed, and nothing else is taken away than what is said."""

import cv2
import numpy as np
import pytest

from runtime.errors import SourceError
from runtime.shelf.layout import EMPTY, FILLED, LOW
from training.shelf_photos import RES, cut_out, shelf_of


@pytest.fixture(scope="module")
def cutouts():
    rng = np.random.RandomState(0)
    pictures = [rng.randint(0, 255, (12, 8, 3)).astype(np.uint8) for _ in range(9)]
    solid = np.full((120, 80), 255, np.uint8)
    return {f"tea {n}": [np.dstack([cv2.resize(one, (80, 120)), solid])] for n, one in enumerate(pictures)}


def test_what_is_said_is_taken_away(cutouts):
    shelf, again = shelf_of(cutouts, 3), shelf_of(cutouts, 3)
    assert np.array_equal(shelf.later, again.later)
    assert len({slot.product for slot in shelf.layout.slots}) == len(shelf.truth) == 8
    assert {FILLED, LOW, EMPTY} >= set(shelf.truth) > {FILLED}
    for slot, state in zip(shelf.layout.slots, shelf.truth):
        left, top, right, bottom = (int(side * RES[axis % 2]) for axis, side in enumerate(slot.box))
        part = (slice(top, bottom), slice(left + 12, right - 12))
        changed = (np.abs(shelf.full[part].astype(int) - shelf.later[part]).max(axis=2) > 40).mean()
        assert (changed < 0.05) == (state == FILLED), state


def test_too_few_products_are_one_line(tmp_path):
    for name in ("images/val", "labels/val"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "classes.txt").write_text("tea\n")
    cv2.imwrite(str(tmp_path / "images/val/a.png"), np.zeros((200, 200, 3), np.uint8))
    (tmp_path / "labels/val/a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    with pytest.raises(SourceError, match="1 of the bundle's products in .* are 60 px or more, expected 8"):
        cut_out(tmp_path, "val", ["tea"])
