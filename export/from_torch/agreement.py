"""How far an exported model is from the torch network it came from, on pictures that exercise both. Needs torch."""

from typing import Any, Iterator, NamedTuple, Sequence, Tuple

import numpy as np

from runtime.engines.onnx import OnnxEngine

SURE_SCORE = 0.25
"""What detectors are commonly asked for."""
LEAST_WEIGHT = 0.001


class Differences(NamedTuple):
    """The largest differences over all pictures."""

    boxes_px: float
    """Of a coordinate, centre or side of a box, in pixels of the input; 0 for a classifier."""
    values: float
    """Of a score, or of an element of an embedding of length 1."""


def pictures(sizes: Sequence[Tuple[int, int]], batches: Sequence[int], seed: int = 0) -> Iterator[np.ndarray]:
    """Batches (n, h, w, 3) uint8 BGR of each (width, height) in pixels: noise, blocks of colour, ramps."""
    random = np.random.RandomState(seed)
    for width, height in sizes:
        for batch in batches:
            yield random.randint(0, 256, (batch, height, width, 3), dtype=np.uint8)
            yield np.stack([_structured(random, width, height) for _ in range(batch)])


def _structured(random: np.random.RandomState, width: int, height: int) -> np.ndarray:
    """A ramp of two colours with a dozen blocks on it: what a network takes for things."""
    across = np.linspace(0, 1, width)[None, :, None]
    first, second = random.randint(0, 256, (2, 3))
    picture = np.repeat(first * across + second * (1 - across), height, axis=0).astype(np.uint8)
    for _ in range(12):
        x, y = random.randint(0, width), random.randint(0, height)
        w, h = random.randint(8, width // 2), random.randint(8, height // 2)
        picture[y : y + h, x : x + w] = random.randint(0, 256, 3)
    return picture


def torch_output(module: Any, images: np.ndarray, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """What `module` gives for `images` (n, h, w, 3) uint8 BGR, with the input steps done in torch."""
    import torch

    with torch.no_grad():
        planes = torch.from_numpy(images[..., ::-1].copy()).permute(0, 3, 1, 2).float() / 255
        planes = (planes - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
        return module(planes.contiguous()).numpy()


def detector_differences(engine: OnnxEngine, module: Any, batches: Iterator[np.ndarray], end2end: bool) -> Differences:
    """Compare raw heads element by element, end-to-end ones box by box."""
    boxes_px, scores = 0.0, 0.0
    for images in batches:
        expected = torch_output(module, images, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        found = engine.run(images)[0]
        if end2end:
            boxes, values = paired_differences(expected, found)
        else:
            boxes, values = raw_differences(expected, found)
        boxes_px, scores = max(boxes_px, boxes), max(scores, values)
    return Differences(boxes_px, scores)


def raw_differences(expected: np.ndarray, found: np.ndarray) -> Tuple[float, float]:
    """Of two raw heads (n, 4 + classes, cells): the largest difference of the boxes, and of the scores.

    The boxes of background cells mean nothing, and rounding moves them by pixels: each box counts by its score, in full
    from SURE_SCORE on.
    """
    gap = np.abs(expected - found)
    weight = np.clip(expected[:, 4:].max(axis=1) / SURE_SCORE, LEAST_WEIGHT, 1.0)
    return float((gap[:, :4].max(axis=1) * weight).max()), float(gap[:, 4:].max())


def paired_differences(expected: np.ndarray, found: np.ndarray) -> Tuple[float, float]:
    """Of two end-to-end outputs (n, k, 6), rows paired by likeness: the largest difference of boxes, and of scores.

    Near-equal scores change places at the slightest difference, so order says nothing, and the last few rows may drop
    out: a row that scores clearly above the last one must be there, with its class and its score.
    """
    gap = np.abs(expected[..., 4] - found[..., 4]).max()
    margin, boxes = 2 * gap + 1e-7, 0.0
    for ours, theirs in zip(expected, found):
        for row in ours[ours[:, 4] > ours[-1, 4] + margin]:
            same = theirs[(theirs[:, 5] == row[5]) & (np.abs(theirs[:, 4] - row[4]) <= margin)]
            boxes = max(boxes, float(np.abs(same[:, :4] - row[:4]).max(axis=1).min()) if len(same) else np.inf)
    return boxes, float(gap)


def classifier_differences(
    engine: OnnxEngine, module: Any, batches: Iterator[np.ndarray], mean: Sequence[float], std: Sequence[float]
) -> Differences:
    """Compare embeddings element by element."""
    gaps = [np.abs(torch_output(module, images, mean, std) - engine.run(images)[0]).max() for images in batches]
    return Differences(0.0, float(max(gaps)))
