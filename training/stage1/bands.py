"""Bands of square pictures, since a camera's picture is no square: stage 1 sees no grey bars where it is one."""

import random
from typing import Any, Dict, Sequence, Tuple

SHARES = (0.6, 0.8)
"""Of the side that stays: 16:9 and 4:3, rounded up to 32 px at 160."""
LEAST_SEEN = 0.4
"""Of a box inside the band; what is seen of less is no label."""
STRIDE_PX = 32


def cut_band(batch: Dict[str, Any], shares: Sequence[float] = SHARES) -> None:
    """Cut one band, across or upright, out of all pictures of `batch` (Ultralytics' own form), in place.

    `img` (n, 3, h, w) loses a part of one side; `bboxes` (k, 4) centre and size in shares of the picture, with
    `cls` and `batch_idx`, are cut with it and dropped where less than LEAST_SEEN of them is left.
    """
    axis = random.choice((2, 3))
    side = batch["img"].shape[axis]
    kept = max(STRIDE_PX, round(side * random.choice(shares) / STRIDE_PX) * STRIDE_PX)
    if kept >= side:
        return
    first = random.randrange(side - kept + 1)
    batch["img"] = batch["img"].narrow(axis, first, kept)
    coordinate = 1 if axis == 2 else 0
    boxes, seen = _cut(batch["bboxes"], coordinate, first / side, kept / side)
    is_kept = seen >= LEAST_SEEN
    batch["bboxes"] = boxes[is_kept]
    for name in ("cls", "batch_idx"):
        batch[name] = batch[name][is_kept]


def _cut(boxes: Any, coordinate: int, first: float, length: float) -> Tuple[Any, Any]:
    """`boxes` in shares of the band, and which part of each is inside it (k,)."""
    size = boxes[:, 2 + coordinate]
    low = ((boxes[:, coordinate] - size / 2 - first) / length).clamp(0, 1)
    high = ((boxes[:, coordinate] + size / 2 - first) / length).clamp(0, 1)
    cut = boxes.clone()
    cut[:, coordinate], cut[:, 2 + coordinate] = (low + high) / 2, high - low
    return cut, (high - low) * length / size.clamp(min=1e-6)
