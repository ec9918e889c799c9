"""Paste cut-outs into a background, and say what of each can be seen.

The edge of a pasted object is blended in one of several ways, drawn anew for each, so that a detector cannot learn the
edge instead of the object (Dwibedi et al., "Cut, Paste and Learn", ICCV 2017).
"""

from typing import List, NamedTuple, Tuple

import cv2
import numpy as np

from training.data.label_check import MIN_SIDE_PX

BLENDINGS = ("alpha", "gaussian", "poisson")
BLENDING_SHARES = (0.5, 0.35, 0.15)
MIN_VISIBLE = 0.25
"""Share of an object's silhouette; one of which less can be seen is taken out of the scene, with its box."""
_SOLID = 128


class Placement(NamedTuple):
    """Where an object goes and how."""

    product: int
    picture: np.ndarray
    """(H, W, 4) uint8 BGR and alpha, of any size."""
    matrix: np.ndarray
    """(3, 3) float64 from `picture`'s pixels to the scene's."""
    blending: str
    gain: np.ndarray
    """(3,) float32: its own light."""
    shadow: float
    """How dark it makes what is behind and beneath it, 0..1."""


class Stamp(NamedTuple):
    """An object as it lies in the scene, cropped."""

    placement: Placement
    left: int
    top: int
    picture: np.ndarray
    """(h, w, 4) uint8; may reach beyond the scene."""
    whole_px: int
    """Solid pixels, inside the scene or not."""


class Labelled(NamedTuple):
    """A scene and its truth."""

    image: np.ndarray
    """(H, W, 3) uint8 BGR."""
    boxes_px: np.ndarray
    """(n, 4) float32 x1, y1, x2, y2 around what can be seen."""
    products: np.ndarray
    """(n,) int64."""


def compose_scene(background: np.ndarray, placements: List[Placement]) -> Labelled:
    """`background` with the placements, the first the farthest. The background is painted on."""
    height, width = background.shape[:2]
    kept, boxes = seen(stamps_of(placements), (width, height))
    for stamp in kept:
        _paste(background, stamp)
    products = np.array([stamp.placement.product for stamp in kept], np.int64)
    return Labelled(background, np.array(boxes, np.float32).reshape(-1, 4), products)


def stamps_of(placements: List[Placement]) -> List[Stamp]:
    """Each warped to where it goes; those without a solid pixel are left out."""
    stamps = (_stamped(placement) for placement in placements)
    return [stamp for stamp in stamps if stamp.whole_px]


def _stamped(placement: Placement) -> Stamp:
    height, width = placement.picture.shape[:2]
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    bounds = cv2.perspectiveTransform(corners, placement.matrix)[0]
    left, top = np.floor(bounds.min(0)).astype(int) - 1
    right, bottom = np.ceil(bounds.max(0)).astype(int) + 1
    matrix = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64).dot(placement.matrix)
    source = placement.picture
    shrink = float(np.sqrt(abs(np.linalg.det(placement.matrix[:2, :2]))))
    if shrink < 0.6:
        # warpPerspective samples single pixels: without this, small objects sparkle.
        factor = 2 * shrink
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        source = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
        matrix = matrix.dot(np.diag([width / size[0], height / size[1], 1.0]))
    premultiplied = source.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    warped = cv2.warpPerspective(premultiplied, matrix, (int(right - left), int(bottom - top)))
    alpha = warped[..., 3:]
    colours = warped[..., :3] * (255 / np.maximum(alpha, 1)) * placement.gain
    picture = np.clip(np.dstack([colours, alpha]), 0, 255).astype(np.uint8)
    return Stamp(placement, int(left), int(top), picture, int((picture[..., 3] >= _SOLID).sum()))


def seen(stamps: List[Stamp], size: Tuple[int, int]) -> Tuple[List[Stamp], List[Tuple[int, int, int, int]]]:
    """Those of which enough can be seen, and the box around what can be seen of each, x1, y1, x2, y2."""
    while True:
        kept, boxes = _seen_once(stamps, size)
        if len(kept) == len(stamps):
            return kept, boxes
        stamps = kept  # what they covered shows now


def _seen_once(stamps: List[Stamp], size: Tuple[int, int]) -> Tuple[List[Stamp], List[Tuple[int, int, int, int]]]:
    covered = np.zeros((size[1], size[0]), bool)
    kept: List[Stamp] = []
    boxes: List[Tuple[int, int, int, int]] = []
    for stamp in reversed(stamps):
        inside, part = _overlap(stamp, size)
        solid = part[..., 3] >= _SOLID
        visible = solid & ~covered[inside]
        rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
        if visible.sum() >= MIN_VISIBLE * stamp.whole_px and min(len(rows), len(columns)) >= MIN_SIDE_PX:
            y, x = inside[0].start, inside[1].start
            kept.append(stamp)
            boxes.append((x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1))
            covered[inside] |= solid
    return kept[::-1], boxes[::-1]


def _overlap(stamp: Stamp, size: Tuple[int, int]) -> Tuple[Tuple[slice, slice], np.ndarray]:
    """The rows and columns of the scene that the stamp lies on, and that part of the stamp."""
    height, width = stamp.picture.shape[:2]
    x1, y1 = max(stamp.left, 0), max(stamp.top, 0)
    x2, y2 = max(x1, min(stamp.left + width, size[0])), max(y1, min(stamp.top + height, size[1]))
    part = stamp.picture[y1 - stamp.top : y2 - stamp.top, x1 - stamp.left : x2 - stamp.left]
    return (slice(y1, y2), slice(x1, x2)), part


def _paste(scene: np.ndarray, stamp: Stamp) -> None:
    inside, part = _overlap(stamp, (scene.shape[1], scene.shape[0]))
    if stamp.placement.shadow:
        _shade(scene, stamp)
    place = scene[inside]
    alpha, colours = part[..., 3].astype(np.float32) / 255, part[..., :3].astype(np.float32)
    blending = stamp.placement.blending
    if blending == "gaussian":
        sigma = 0.6 + 0.004 * max(part.shape[:2])
        alpha = np.minimum(alpha, cv2.GaussianBlur(alpha, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
    mixed = place * (1 - alpha[..., None]) + colours * alpha[..., None]
    if blending == "poisson":
        mixed = _poisson_edges(place, part, mixed)
    place[...] = np.clip(mixed, 0, 255).astype(np.uint8)


def _poisson_edges(place: np.ndarray, part: np.ndarray, mixed: np.ndarray) -> np.ndarray:
    """`mixed` with the gradients of a Poisson blend near the outline; inside, the product keeps its colours."""
    mask = (part[..., 3] >= _SOLID).astype(np.uint8)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if min(part.shape[:2]) < 16 or not len(rows) or mask[0].any() or mask[-1].any() or mask[:, [0, -1]].any():
        return mixed  # cv2.seamlessClone wants room around the object
    centre = (int(columns[0] + columns[-1] + 1) // 2, int(rows[0] + rows[-1] + 1) // 2)
    try:
        cloned = cv2.seamlessClone(
            np.ascontiguousarray(part[..., :3]), place.copy(), mask * 255, centre, cv2.NORMAL_CLONE
        )
    except cv2.error:
        return mixed  # its own arithmetic steps one pixel out of the picture for some sizes
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    weight = np.clip(1 - depth / (2 + 0.03 * max(part.shape[:2])), 0, 1) * (mask > 0)
    return mixed + (cloned - mixed) * weight[..., None]


def _shade(scene: np.ndarray, stamp: Stamp) -> None:
    """A soft shadow, a little lower and to one side."""
    height, width = stamp.picture.shape[:2]
    sigma = 0.04 * max(height, width) + 1
    room = int(3 * sigma)
    alpha = cv2.copyMakeBorder(stamp.picture[..., 3], room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    soft = cv2.GaussianBlur(alpha, (0, 0), sigma)
    moved = stamp._replace(
        left=stamp.left - room + int(0.02 * width), top=stamp.top - room + int(0.03 * height), picture=soft[..., None]
    )
    inside, part = _overlap(moved, (scene.shape[1], scene.shape[0]))
    dark = 1 - stamp.placement.shadow * (part.astype(np.float32) / 255)
    scene[inside] = (scene[inside] * dark).astype(np.uint8)
