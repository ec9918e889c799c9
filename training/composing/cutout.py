"""Cut a product out of a plain photo: what differs from the background at the photo's border.

A flood from the border finds the background, GrabCut corrects it where the two disagree little, and the edge is made
soft, in the product's own colours. Nothing is learnt; a photo that is not plain is refused, not guessed at.
"""

from typing import NamedTuple, Optional, Tuple

import cv2
import numpy as np

MAX_SIDE_PX = 640
"""Photos are made this small first: a pasted product is rarely larger."""
PLAIN_DELTA = 14.0
"""Largest spread of the border around its own colours, Lab units, of a photo that is called plain."""
AREA_RANGE = (0.02, 0.97)
"""Share of the photo that a product may take."""
MIN_DELTA = 5.0
"""Colour difference, Lab units, that is never background noise: JPEG's own beside an outline reaches 4."""
BOX_LIKE = 0.90
"""Share of its smallest enclosing rectangle from which on a hull is taken for a box: cartons take 0.91 to 0.98, fruit
0.69 to 0.88 (docs/data.md)."""
TRACE_DELTA, TRACE_SHARE = 0.5, 0.97
"""A white side of a box differs from white paper by next to nothing, but nearly everywhere."""
SHADOW_SLOPE = 1.2
"""Lightness per pixel: shadows change more slowly, outlines faster."""
PLAIN_BORDER = 0.6
"""Share of the border that must be background: a product may reach the edge with the rest."""
_GRABCUT_SIDE_PX = 320


class Cutout(NamedTuple):
    """A product without its background."""

    picture: np.ndarray
    """(H, W, 4) uint8: BGR, not premultiplied, and alpha; cropped to the product."""
    reason: Optional[str]
    """Why this is the whole photo's rectangle instead; None where the product was cut out."""


def cutout_of(image: np.ndarray, alpha: Optional[np.ndarray] = None) -> Cutout:
    """The product in `image`, (H, W, 3) uint8 BGR. `alpha`, (H, W) uint8, is used where the photo brings its own."""
    image, alpha = _small(image, alpha)
    if alpha is not None and alpha.min() < 128 <= alpha.max():
        return Cutout(_cropped(np.dstack([image, alpha])), None)
    mask, reason = product_mask(image)
    if reason:
        return Cutout(np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]), reason)
    return Cutout(_cropped(_soft(image, mask)), None)


def product_mask(image: np.ndarray) -> Tuple[np.ndarray, Optional[str]]:
    """(H, W) bool, and why it cannot be trusted, if so."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    background, spread = _background(lab)
    if spread > PLAIN_DELTA:
        return np.zeros(
            image.shape[:2], bool
        ), f"its border is not plain (spread {spread:.0f}, at most {PLAIN_DELTA:.0f})"
    difference = np.linalg.norm(lab - background, axis=2)
    limit = max(MIN_DELTA, 3.0 * spread)
    shaded = _shaded(lab, background, limit)
    outside = _flooded((difference > limit) & ~(shaded & _is_soft(lab)))
    found = ~_peeled(outside, shaded | (difference <= limit))
    box = _box_around(_parts(found, at_least=0.01))
    if box is not None and (difference[box] > max(TRACE_DELTA, 3.0 * spread)).mean() > TRACE_SHARE:
        return box, _implausible(box)
    mask = _parts(found, at_least=0.2)
    if spread > 1.0 and 0.01 < mask.mean() < 0.99:
        mask = _parts(_grabcut(image, mask), at_least=0.2)
    return mask, _implausible(mask)


def _small(image: np.ndarray, alpha: Optional[np.ndarray]) -> Tuple[np.ndarray, Optional[np.ndarray]]:
    scale = MAX_SIDE_PX / max(image.shape[:2])
    if scale >= 1:
        return image, alpha
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small, None if alpha is None else cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)


def _border(shape: Tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the outermost 2 %."""
    width = max(2, round(0.02 * min(shape[:2])))
    border = np.ones(shape[:2], bool)
    border[width:-width, width:-width] = False
    return border


def _background(lab: np.ndarray) -> Tuple[np.ndarray, float]:
    """The background continued under the product, (H, W, 3), and how far the border strays from it.

    A plane for each channel, since light falls off across a table; fitted to the PLAIN_BORDER of the border that fits
    best, so that a product which reaches the edge does not count.
    """
    height, width = lab.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    terms = np.stack([np.ones_like(x), x / width - 0.5, y / height - 0.5], axis=-1)
    border = _border(lab.shape)
    inputs, values = terms[border], lab[border]
    distance = np.linalg.norm(values - np.median(values, axis=0), axis=1)
    for _ in range(3):
        kept = distance <= max(np.quantile(distance, PLAIN_BORDER), 1e-3)
        plane = np.linalg.lstsq(inputs[kept], values[kept], rcond=None)[0]
        distance = np.linalg.norm(values - inputs.dot(plane), axis=1)
    return terms.dot(plane), float(np.quantile(distance, PLAIN_BORDER))


def _shaded(lab: np.ndarray, background: np.ndarray, limit: float) -> np.ndarray:
    """(H, W) bool: darker than the background, in its hue, as in a shadow; so is any grey thing on white."""
    share = lab[..., 0] / np.maximum(background[..., 0], 1)
    # The colour fades with the light: half as light is about half as colourful.
    colour = np.linalg.norm(lab[..., 1:] - background[..., 1:] * share[..., None], axis=2)
    return (colour < limit) & (share > 0.5) & (share < 1.0)


def _is_soft(lab: np.ndarray) -> np.ndarray:
    """(H, W) bool: where lightness changes as slowly as in a shadow; an outline may be as dark, but not as soft."""
    lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5)
    slope = np.hypot(cv2.Sobel(lightness, -1, 1, 0, scale=0.125), cv2.Sobel(lightness, -1, 0, 1, scale=0.125))
    return slope < SHADOW_SLOPE


def _peeled(outside: np.ndarray, may_be: np.ndarray) -> np.ndarray:
    """The background, grown by the three pixels of shadow along an outline whose own slope made them look hard."""
    grown = outside.astype(np.uint8)
    for _ in range(3):
        grown |= cv2.dilate(grown, np.ones((3, 3), np.uint8)) & may_be.astype(np.uint8)
    return grown > 0


def _flooded(different: np.ndarray) -> np.ndarray:
    """(H, W) bool: what looks like background and hangs together with the border.

    Outlines are closed first, so that the flood does not run into a white carton through a gap in its edge.
    """
    side = max(3, round(0.015 * max(different.shape)) | 1)
    wall = cv2.morphologyEx(
        different.astype(np.uint8), cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    framed = cv2.copyMakeBorder(wall, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(framed, None, (0, 0), 2)
    return framed[1:-1, 1:-1] == 2


def _parts(mask: np.ndarray, at_least: float) -> np.ndarray:
    """The largest component, and others that are `at_least` that share of it: three limes are one product."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, numbers, table, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    areas = table[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return (areas >= max(1, at_least * areas.max()))[numbers]


def _box_around(mask: np.ndarray) -> Optional[np.ndarray]:
    """(H, W) bool, the hull of `mask` where that is a box: white sides are lost on white, but boxes have no dents."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    hull = cv2.convexHull(np.concatenate(contours))
    area, (_, (width, height), _) = cv2.contourArea(hull), cv2.minAreaRect(hull)
    if area < BOX_LIKE * width * height or mask.sum() < 0.5 * area:
        return None
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(filled, hull, 1)
    return filled > 0


def _grabcut(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mask, its band of doubt decided anew by GrabCut: it follows edges where the flood follows one threshold."""
    scale = min(1.0, _GRABCUT_SIDE_PX / max(mask.shape))
    size = (max(8, round(mask.shape[1] * scale)), max(8, round(mask.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    band = max(2, round(0.03 * max(size)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    state = np.where(inside > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[cv2.erode(inside, kernel, borderValue=1) > 0] = cv2.GC_FGD
    state[cv2.dilate(inside, kernel) == 0] = cv2.GC_BGD
    if not ((state == cv2.GC_FGD).any() and (state == cv2.GC_BGD).any()):
        return mask
    cv2.setRNGSeed(0)
    cv2.grabCut(small, state, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found = ((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)).astype(np.float32)
    enlarged = cv2.resize(found, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR) > 0.5
    # It may eat a light side of the product that the outline had closed in: then the flood was right.
    return enlarged if enlarged.sum() > 0.9 * mask.sum() else mask


def _implausible(mask: np.ndarray) -> Optional[str]:
    share = float(mask.mean())
    if share < AREA_RANGE[0]:
        return f"what differs from its border is {share:.1%} of it, too little for a product"
    if share > AREA_RANGE[1]:
        return f"what differs from its border is {share:.0%} of it: nothing of the background is left"
    top, bottom, left, right = mask[0].mean(), mask[-1].mean(), mask[:, 0].mean(), mask[:, -1].mean()
    if min(max(top, bottom), max(left, right)) > 0.3:
        return "what differs from its border reaches far along two sides: not a plain background"
    if mask[_border(mask.shape)].mean() > 0.5:
        return "the product takes more than half of its border"
    return None


def _soft(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, W, 4): alpha falls off over two pixels inside the outline; there the colours are the product's own.

    A pixel on the outline is half background: pasted as it is, it would draw a light rim around everything.
    """
    solid = mask.astype(np.float32)
    alpha = np.clip(2 * cv2.GaussianBlur(solid, (0, 0), 0.8, borderType=cv2.BORDER_REPLICATE) - 1, 0, 1)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1).astype(np.float32)
    if inner.sum() < 0.3 * solid.sum():
        inner = solid
    weight = cv2.GaussianBlur(inner, (0, 0), 2.0)[..., None]
    spread = cv2.GaussianBlur(image * inner[..., None], (0, 0), 2.0) / np.maximum(weight, 1e-4)
    colours = np.where((inner[..., None] > 0) | (weight < 1e-3), image, spread)
    return np.dstack([np.clip(colours, 0, 255), alpha * 255]).round().astype(np.uint8)


def _cropped(picture: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(picture[..., 3].any(1)), np.flatnonzero(picture[..., 3].any(0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
