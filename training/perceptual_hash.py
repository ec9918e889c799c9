"""Which pictures look alike: pHash, 64 bits a picture, and groups of pictures that differ in few bits.

Ours, not the package imagehash: the hash is the six lines of `phash`, and that package brings SciPy, PyWavelets and
Pillow. docs/data.md has the figures: how close the two are, and where MAX_DISTANCE comes from.
"""

from typing import List, NamedTuple, Sequence

import cv2
import numpy as np

BITS = 64
MAX_DISTANCE = 10
"""Bits. Pictures that differ in at most so many are near-duplicates."""
_SIDE, _LOW = 32, 8
_CHUNK = 2048


class Pair(NamedTuple):
    """Two pictures that look alike, by position; first < second."""

    first: int
    second: int
    distance: int
    """Bits that differ, 0..64."""


def phash(image: np.ndarray) -> np.ndarray:
    """(64,) bool of a (H, W, 3) uint8 BGR picture: which of its 8x8 lowest frequencies lie above their median.

    Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, in imagehash's variant.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:_LOW, :_LOW]
    return (low > np.median(low)).ravel()


def near_pairs(hashes: np.ndarray, max_distance: int = MAX_DISTANCE) -> List[Pair]:
    """All pairs of rows of `hashes`, (n, 64) bool, that differ in at most `max_distance` bits, in order."""
    signs = np.where(hashes, 1, -1).astype(np.float32)
    pairs: List[Pair] = []
    for start in range(0, len(signs), _CHUNK):
        # A dot product of signs is 64 - 2 x the bits that differ: one matrix product instead of n^2 / 2 popcounts.
        distances = (BITS - signs[start : start + _CHUNK].dot(signs[start:].T)) / 2
        rows, columns = np.nonzero(distances <= max_distance)
        for row, column in zip(rows.tolist(), columns.tolist()):
            if column > row:
                pairs.append(Pair(start + row, start + column, int(distances[row, column])))
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
    found: dict = {}
    for number in range(count):
        found.setdefault(root(number), []).append(number)
    return list(found.values())
