"""Views of regions: the device's crops, spoiled by chance, the same again for a seed."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")

from training.stage2 import views  # noqa: E402
from training.stage2.crops import SPOILINGS, cut, region_of  # noqa: E402
from training.stage2.views import Chance, Views, crops_of, jittered, pixels_of  # noqa: E402

SIDE, MARGIN = 48, 0.2
BOXES = np.array([[30, 20, 70, 60], [0, 0, 30, 60], [40, 50, 99, 79], [10, 10, 90, 30]], np.float32)


@pytest.fixture
def regions():
    noise = np.random.RandomState(0).randint(0, 256, (6, 8, 3), dtype=np.uint8)
    image = cv2.resize(noise, (100, 80), interpolation=cv2.INTER_CUBIC)
    return [region_of(image, box, number) for number, box in enumerate(BOXES)]


def test_an_unspoiled_view_is_the_devices_crop(regions, monkeypatch):
    monkeypatch.setattr(views, "jittered", lambda boxes, chance, limits: boxes)
    seen = crops_of(Views(regions, MARGIN, SIDE, "cpu").spoiled(np.arange(4), SIDE, (), 1))
    for view, region in zip(seen, regions):
        wanted = cut(region.image, region.box_px, MARGIN, SIDE)
        assert np.abs(view.astype(int) - wanted).mean() < 2.5


def test_a_seed_means_the_same_views(regions):
    taken = Views(regions, MARGIN, SIDE, "cpu")
    numbers = np.array([0, 1, 2, 3, 0, 0])
    first, again, other = (taken.spoiled(numbers, SIDE, SPOILINGS, seed) for seed in (1, 1, 2))
    assert first.shape == (6, 3, SIDE, SIDE)
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[4])


def test_another_side_shows_the_same_views(regions):
    taken, how = Views(regions, MARGIN, 2 * SIDE, "cpu"), ("tilt", "light", "shadow", "cover", "zoom", "flip")
    small, large = (taken.spoiled(np.arange(4), side, how, 5) for side in (SIDE, 2 * SIDE))
    assert (torch.nn.functional.avg_pool2d(large, 2) - small).abs().mean() < 0.02


@pytest.mark.parametrize("name", SPOILINGS)
def test_each_spoiling_changes_some_views_and_leaves_the_regions(regions, name):
    taken = Views(regions, MARGIN, SIDE, "cpu")
    numbers = np.zeros(20, np.int64)
    plain, spoiled = (taken.spoiled(numbers, SIDE, how, 3) for how in ((), (name,)))
    changed = (plain - spoiled).abs().amax(dim=(1, 2, 3)) > 0.01
    assert changed.any()
    assert torch.equal(taken.spoiled(numbers, SIDE, (), 3), plain)


def test_jitter_stays_inside_and_near():
    boxes = torch.tensor([[0.0, 10.0, 40.0, 60.0]]).repeat(200, 1)
    moved = jittered(boxes, Chance(200, 1, "cpu"), torch.tensor([[90.0, 70.0]]).repeat(200, 1))
    assert ((moved - boxes).abs() <= torch.tensor([40, 50, 40, 50]) * 0.121).all()
    assert (moved >= 0).all()
    assert (moved[:, 2:] <= torch.tensor([90.0, 70.0])).all()


def test_crops_become_pixels_and_pixels_crops():
    crops = np.random.RandomState(0).randint(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(crops_of(pixels_of(crops)), crops)
