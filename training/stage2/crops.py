"""Crops as stage 2 sees them: cut from the frame exactly as recognition.classifier cuts them, then spoiled."""

import math
from typing import NamedTuple, Sequence

import cv2
import numpy as np

from runtime.recognition.letterbox import PADDING, Letterbox
from runtime.sides import Sides

CONTEXT = 1.0
"""How much wider than its box, in all, a kept region is: room for the margin and for jitter."""

USUAL = ("tilt", "coarse", "light", "blur", "cover", "noise")
"""Spoilings that are on unless others are named."""
SPOILINGS = (*USUAL, "zoom", "flip")
"""Turned a little, from far away, other light, out of focus, half hidden, noisy; a part of it, mirrored."""


class Region(NamedTuple):
    """A product and its surroundings, cut from a frame."""

    image: np.ndarray
    """(h, w, 3) uint8 BGR."""
    box_px: np.ndarray
    """(4,) float32 x1, y1, x2, y2 in `image`."""
    product: int


def cut(image: np.ndarray, box_px: np.ndarray, margin: float, side: int) -> np.ndarray:
    """(side, side, 3) uint8 BGR: what stage 2 gets for `box_px` in `image`.

    Whole pixels outward, inside the image, letterboxed on grey: a test holds this equal to recognition.classifier.
    """
    height, width = image.shape[:2]
    grow = (box_px[2:] - box_px[:2]) * (margin / 2)
    limit = np.array([width, height], np.float32)
    top_left = np.clip(np.floor(box_px[:2] - grow), 0, limit - 1)
    bottom_right = np.minimum(np.maximum(np.ceil(box_px[2:] + grow), top_left + 1), limit)
    (x1, y1), (x2, y2) = top_left.astype(int), bottom_right.astype(int)
    square = np.full((side, side, 3), PADDING, np.uint8)
    Letterbox.fit(x2 - x1, y2 - y1, Sides(side, side)).draw(image[y1:y2, x1:x2], square)
    return square


def region_of(image: np.ndarray, box_px: np.ndarray, product: int) -> Region:
    """The box with CONTEXT around it, copied, so that the frame can go."""
    height, width = image.shape[:2]
    grow = (box_px[2:] - box_px[:2]) * (CONTEXT / 2)
    x1, y1 = np.maximum(np.floor(box_px[:2] - grow), 0).astype(int)
    x2, y2 = np.minimum(np.ceil(box_px[2:] + grow), [width, height]).astype(int)
    return Region(image[y1:y2, x1:x2].copy(), (box_px - [x1, y1, x1, y1]).astype(np.float32), product)


def jittered(box_px: np.ndarray, rng: np.random.RandomState, width: int, height: int) -> np.ndarray:
    """The box as a detector might have found it: each side off by some 5 % of the box's size."""
    size = np.tile(box_px[2:] - box_px[:2], 2)
    box = box_px + np.clip(rng.normal(0, 0.05, 4), -0.12, 0.12) * size
    return np.clip(box, 0, [width, height, width, height]).astype(np.float32)


def spoiled_crop(
    region: Region, rng: np.random.RandomState, margin: float, side: int, spoilings: Sequence[str] = USUAL
) -> np.ndarray:
    """(side, side, 3) uint8 BGR: one training example. Each of the `spoilings` has its own chance."""
    height, width = region.image.shape[:2]
    image = _tilted(region, rng) if "tilt" in spoilings and rng.uniform() < 0.3 else region.image
    box_px = jittered(region.box_px, rng, width, height)
    if "zoom" in spoilings and rng.uniform() < 0.7:
        box_px = _zoomed(box_px, rng)
    crop = cut(image, box_px, margin, side)
    if "flip" in spoilings and rng.uniform() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    if "coarse" in spoilings and rng.uniform() < 0.35:
        crop = _coarse(crop, rng)
    if "light" in spoilings:
        crop = _lit(crop, rng)
    if "blur" in spoilings and rng.uniform() < 0.3:
        crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.3, 1.6) * side / 96)
    if "cover" in spoilings and rng.uniform() < 0.3:
        _covered(crop, rng)
    if "noise" in spoilings and rng.uniform() < 0.5:
        crop = _noisy(crop, rng)
    return crop


def _zoomed(box_px: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """A part of the box, 35 % of its area or more, of about its own form."""
    area, form = rng.uniform(0.35, 1.0), math.exp(rng.uniform(-0.25, 0.25))
    size = box_px[2:] - box_px[:2]
    part = size * np.minimum([math.sqrt(area * form), math.sqrt(area / form)], 1.0)
    top_left = box_px[:2] + (size - part) * rng.uniform(size=2)
    return np.concatenate([top_left, top_left + part]).astype(np.float32)


def _tilted(region: Region, rng: np.random.RandomState) -> np.ndarray:
    """Turned around the middle of the box, up to 12 degrees."""
    height, width = region.image.shape[:2]
    x, y = (region.box_px[:2] + region.box_px[2:]) / 2
    matrix = cv2.getRotationMatrix2D((float(x), float(y)), rng.uniform(-12, 12), 1.0)
    return cv2.warpAffine(region.image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


def _coarse(crop: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """As of a small or far product."""
    side = len(crop)
    small = max(16, int(side * rng.uniform(0.3, 0.9)))
    coarse = cv2.resize(crop, (small, small), interpolation=rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR]))
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)


def _lit(crop: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Brightness, colour of the light, and a soft or striped shadow across."""
    gain: np.ndarray = np.full((1, 1, 3), rng.uniform(0.40, 1.30), np.float32)
    warmth = rng.uniform(-0.16, 0.16)
    gain[0, 0] *= (1 - warmth, 1 + rng.uniform(-0.05, 0.05), 1 + warmth)
    if rng.uniform() < 0.5:
        angle, side = rng.uniform(0, 2 * math.pi), len(crop)
        along = np.linspace(-0.5, 0.5, side, dtype=np.float32)
        ramp = along[None, :] * math.cos(angle) + along[:, None] * math.sin(angle)
        if rng.uniform() < 0.5:
            ramp = np.sin(ramp * rng.uniform(4, 25) + rng.uniform(0, 6.3)) * 0.5
        gain = gain * (1 + rng.uniform(0.1, 0.6) * ramp[..., None])
    return np.clip(crop * gain, 0, 255).astype(np.uint8)


def _covered(crop: np.ndarray, rng: np.random.RandomState) -> None:
    """A patch of one colour over up to a third of the picture, in place: a finger, a neighbour, the frame's edge."""
    side = len(crop)
    width, height = (rng.uniform(0.1, 0.6, 2) * side).astype(int)
    x, y = rng.randint(-width // 2, side - width // 2), rng.randint(-height // 2, side - height // 2)
    colour = rng.randint(0, 256, 3).tolist()
    if rng.uniform() < 0.5:
        cv2.ellipse(crop, (x + width // 2, y + height // 2), (width // 2, height // 2), 0, 0, 360, colour, -1)
    else:
        cv2.rectangle(crop, (x, y), (x + width, y + height), colour, -1)


def _noisy(crop: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    # A generator of its own, since RandomState draws doubles, which took half of the time of a crop.
    noise = np.random.Generator(np.random.SFC64(rng.randint(2**31))).standard_normal(crop.shape, np.float32)
    noise *= rng.uniform(1, 10)
    return np.clip(crop + noise, 0, 255).astype(np.uint8)
