"""Bands of square pictures: what is left of the labels lies where it lay in the picture."""

import random

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")

from training.stage1.bands import LEAST_SEEN, cut_band  # noqa: E402


def batch_of(boxes):
    """One square picture of 160 px in which each pixel tells its column and row."""
    rows, columns = torch.meshgrid(torch.arange(160.0), torch.arange(160.0), indexing="ij")
    return {
        "img": torch.stack([columns, rows, rows * 0])[None],
        "bboxes": torch.tensor(boxes),
        "cls": torch.arange(float(len(boxes)))[:, None],
        "batch_idx": torch.zeros(len(boxes)),
    }


@pytest.mark.parametrize("seed", range(12))
def test_boxes_stay_on_what_they_frame(seed):
    random.seed(seed)
    boxes = [[0.5, 0.5, 0.2, 0.2], [0.1, 0.1, 0.1, 0.1], [0.9, 0.9, 0.15, 0.1], [0.5, 0.05, 0.9, 0.1]]
    batch = batch_of(boxes)
    cut_band(batch)
    height, width = batch["img"].shape[2:]
    assert sorted((height, width)) in ([96, 160], [128, 160])
    left, top = batch["img"][0, 0, 0, 0], batch["img"][0, 1, 0, 0]
    assert len(batch["bboxes"]) == len(batch["cls"]) == len(batch["batch_idx"])
    kept = batch["cls"][:, 0].int().tolist()
    for number, (x, y, w, h) in enumerate(boxes):
        low = torch.tensor([x - w / 2, y - h / 2]) * 160 - torch.tensor([left, top])
        high = torch.tensor([x + w / 2, y + h / 2]) * 160 - torch.tensor([left, top])
        limit = torch.tensor([float(width), float(height)])
        low, high = low.clamp(min=0).minimum(limit), high.clamp(min=0).minimum(limit)
        seen = float((high - low).prod() / (w * h * 160 * 160))
        assert (number in kept) == (seen >= LEAST_SEEN)
        if number in kept:
            found = batch["bboxes"][kept.index(number)] * torch.cat([limit, limit])
            assert torch.allclose(found, torch.cat([(low + high) / 2, high - low]), atol=1e-3)
