"""Which pictures look alike: pHash finds candidates, colours confirm them, and alike pictures make groups.

Ours, not the package imagehash: of that we would use six lines, and it brings SciPy, PyWavelets and Pillow.
docs/data.md has the figures: how close the two are, and where the thresholds come from.
"""

from typing import Dict, List, NamedTuple, Sequence

import cv2
import numpy as np

BITS = 64
SURE_DISTANCE, SURE_COLOURS = 8, 0.8
"""Pictures that differ in at most so many bits are near-duplicates if their colours correlate at least so much, ..."""
MAX_DISTANCE, MIN_COLOURS = 16, 0.9
"""... and so are pictures that differ in more bits, if their colours correlate more."""
BAR_LEVELS = 12
"""Rows and columns at the edge that vary less, in grey levels, are bars that somebody added."""
_SIDE, _LOW = 32, 8
_COLOUR_SIDE = 16
_CHUNK = 2048


class Look(NamedTuple):
    """What a picture looks like."""

    bits: np.ndarray
    """(64,) bool."""
    colours: np.ndarray
    """(768,) float32, a unit vector: a dot product of two is their correlation."""


class Pair(NamedTuple):
    """Two pictures that look alike, by position; first < second."""

    first: int
    second: int
    distance: int
    """Bits that differ, 0..64."""


def look_of(image: np.ndarray) -> Look:
    """Of a (H, W, 3) uint8 BGR picture, without bars around it."""
    image = without_bars(image)
    small = cv2.resize(
        cv2.cvtColor(image, cv2.COLOR_BGR2Lab), (_COLOUR_SIDE, _COLOUR_SIDE), interpolation=cv2.INTER_AREA
    )
    colours = cv2.GaussianBlur(small.astype(np.float32), (0, 0), 0.8)
    flat = (colours - colours.mean((0, 1))).ravel()
    return Look(phash(image), flat / np.float32(max(float(np.linalg.norm(flat)), 1e-6)))


def phash(image: np.ndarray) -> np.ndarray:
    """(64,) bool: which of a picture's 8x8 lowest frequencies lie above their median.

    Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, in imagehash's variant.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:_LOW, :_LOW]
    return (low > np.median(low)).ravel()


def without_bars(image: np.ndarray) -> np.ndarray:
    """The picture inside its letterbox: all grey bars look alike."""
    for axis in (0, 1):
        spread = image.max(axis=1 - axis).astype(int) - image.min(axis=1 - axis)
        inside = np.flatnonzero(spread.max(-1) > BAR_LEVELS)
        if len(inside) >= 16:
            image = image[inside[0] : inside[-1] + 1] if axis == 0 else image[:, inside[0] : inside[-1] + 1]
    return image


def near_pairs(looks: Sequence[Look]) -> List[Pair]:
    """All pairs that look alike, in order."""
    if not looks:
        return []
    signs = np.where([look.bits for look in looks], 1, -1).astype(np.float32)
    colours = np.stack([look.colours for look in looks])
    pairs: List[Pair] = []
    for start in range(0, len(signs), _CHUNK):
        # A dot product of signs is 64 - 2 x the bits that differ: one matrix product instead of n^2 / 2 popcounts.
        distances = (BITS - signs[start : start + _CHUNK].dot(signs[start:].T)) / 2
        rows, columns = np.nonzero(distances <= MAX_DISTANCE)
        for row, column in zip(rows.tolist(), columns.tolist()):
            pair = Pair(start + row, start + column, int(distances[row, column]))
            wanted = SURE_COLOURS if pair.distance <= SURE_DISTANCE else MIN_COLOURS
            if column > row and float(colours[pair.first].dot(colours[pair.second])) >= wanted:
                pairs.append(pair)
    return pairs


def groups_of(count: int, pairs: Sequence[Pair]) -> List[List[int]]:
    """The numbers 0..count - 1 in connected components of `pairs`, those alone among them, in order."""
    parent = list(range(count))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for pair in pairs:
        first, second = sorted((root(pair.first), root(pair.second)))
        parent[second] = first
    found: Dict[int, List[int]] = {}
    for number in range(count):
        found.setdefault(root(number), []).append(number)
    return list(found.values())
