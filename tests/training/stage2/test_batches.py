"""Which regions a step learns from."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")

from training.stage2.batches import Batches  # noqa: E402
from training.stage2.crops import Region  # noqa: E402

VALUES = {"seed": 1, "batch": 400, "crop_size": 32, "context": 0.1, "augment": (), "device": "cpu", "also_share": None}


def batches(**values):
    """Of three products, 0 to 2, and 30 others, 3 to 32."""
    box = np.array([0, 0, 8, 8], np.float32)
    regions = [Region(np.full((8, 8, 3), number, np.uint8), box, number) for number in range(33)]
    return Batches(regions, 3, dict(VALUES, **values))


@pytest.mark.parametrize("share, expected", [(None, 30 / 33), (0.25, 0.25), (0.0, 0.0)])
def test_others_come_as_they_are_or_by_their_share(share, expected):
    products = batches(also_share=share)[5].products.numpy()
    assert abs((products >= 3).mean() - expected) < 0.08
    assert len(set(products[products < 3])) == 3


def test_a_step_is_the_same_again_and_shows_what_it_names():
    first, again = (batches()[7] for _ in range(2))
    assert torch.equal(first.pixels, again.pixels)
    assert first.seeds == again.seeds
    shown = (first.pixels[:, 0, 16, 16] * 255).round().long()
    assert torch.equal(shown, first.products)
