"""Where products go in a composed scene: lying about, standing in rows, or held close to the camera."""

import math
from typing import Callable, List, Tuple

import cv2
import numpy as np

from training.composing.pasting import BLENDING_SHARES, BLENDINGS, Placement

Size = Tuple[int, int]
Pick = Callable[[], Tuple[int, np.ndarray]]
"""Draws a product and one of its cut-outs, (H, W, 4) uint8."""

SHADOW_CHANCE = 0.6
UPRIGHT_CHANCE = 0.8


def arrange(rng: np.random.RandomState, size: Size, pick: Pick) -> List[Placement]:
    """The objects of one scene, back to front; `size` is (width, height)."""
    arrangement = ARRANGEMENTS[rng.choice(len(ARRANGEMENTS), p=ARRANGEMENT_SHARES)]
    return arrangement(rng, size, pick)


def _scattered(rng: np.random.RandomState, size: Size, pick: Pick) -> List[Placement]:
    """Anywhere, any size, over one another."""
    placements = []
    shorter = min(size)
    typical = shorter * math.exp(rng.uniform(math.log(0.16), math.log(0.55)))
    for _ in range(rng.randint(1, 13)):
        product, picture = pick()
        side = np.clip(typical * math.exp(rng.normal(0, 0.25)), 0.1 * shorter, 0.8 * shorter)
        centre = rng.uniform(0.02, 0.98, 2) * size
        degrees = rng.normal(0, 8) if rng.uniform() < UPRIGHT_CHANCE else rng.uniform(-180, 180)
        placements.append(_placed(rng, product, picture, side, centre, degrees))
    return placements


def _in_rows(rng: np.random.RandomState, size: Size, pick: Pick) -> List[Placement]:
    """As on shelves: feet on a line, one to four of a kind beside each other, hardly turned."""
    placements = []
    rows = rng.randint(1, 4)
    pitch = size[1] / rows
    overlap = rng.uniform(-0.15, 0.35)
    for row in range(rows):
        foot = (row + rng.uniform(0.86, 0.98)) * pitch
        side = min(pitch * rng.uniform(0.55, 0.92), 0.75 * size[1])
        x = rng.uniform(-0.3, 0.3) * side
        while x < size[0]:
            product, picture = pick()
            for _ in range(rng.choice([1, 1, 2, 3, 4])):
                height, width = picture.shape[:2]
                long_side = side * rng.uniform(0.95, 1.05)
                w, h = (long_side * extent / max(height, width) for extent in (width, height))
                centre = np.array([x + w / 2, foot - h / 2])
                placements.append(_placed(rng, product, picture, long_side, centre, rng.normal(0, 2)))
                x += max(0.25 * w, w * (1 - overlap))
            x += rng.choice([0.0, 0.0, 0.3, 1.0]) * side * rng.uniform(0.2, 1.0)
    order = rng.permutation(len(placements))
    return [placements[index] for index in order]


def _close(rng: np.random.RandomState, size: Size, pick: Pick) -> List[Placement]:
    """One or two, large, with a few behind them."""
    placements = _scattered(rng, size, pick)[: rng.randint(0, 5)]
    for _ in range(rng.randint(1, 3)):
        product, picture = pick()
        centre = rng.uniform(0.25, 0.75, 2) * size
        degrees = rng.normal(0, 12) if rng.uniform() < UPRIGHT_CHANCE else rng.uniform(-180, 180)
        placements.append(_placed(rng, product, picture, min(size) * rng.uniform(0.5, 0.98), centre, degrees))
    return placements


ARRANGEMENTS = (_scattered, _in_rows, _close)
ARRANGEMENT_SHARES = (0.5, 0.3, 0.2)


def _placed(
    rng: np.random.RandomState,
    product: int,
    picture: np.ndarray,
    side_px: float,
    centre: np.ndarray,
    degrees: float,
) -> Placement:
    """`side_px`: how long the longer side of the picture becomes."""
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    turn = cv2.getRotationMatrix2D((0.0, 0.0), degrees, scale * rng.uniform(0.97, 1.03))
    stretch = np.diag([rng.uniform(0.92, 1.08), rng.uniform(0.95, 1.05), 1.0])
    tilt = np.eye(3)
    tilt[2, :2] = rng.normal(0, 0.10, 2).clip(-0.2, 0.2) / (side_px / scale)
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]], np.float64)
    place = np.array([[1, 0, centre[0]], [0, 1, centre[1]], [0, 0, 1]], np.float64)
    matrix = place.dot(np.vstack([turn, [0, 0, 1]])).dot(tilt).dot(stretch).dot(to_middle)
    return Placement(
        product,
        picture,
        matrix,
        BLENDINGS[rng.choice(len(BLENDINGS), p=BLENDING_SHARES)],
        own_light(rng),
        rng.uniform(0.15, 0.6) if rng.uniform() < SHADOW_CHANCE else 0.0,
    )


def own_light(rng: np.random.RandomState) -> np.ndarray:
    """(3,) float32 BGR gain: one product is lit a little differently from the next."""
    return (rng.uniform(0.75, 1.12) * rng.uniform(0.95, 1.05, 3)).astype(np.float32)
