"""Sheets of small pictures to look at: some of each class with their boxes, and pairs that look alike."""

from pathlib import Path
from typing import List, NamedTuple, Sequence, Tuple

import cv2
import numpy as np

from runtime.sources.folder import read_image

TILE_PX = 128
CLASSES_PER_SHEET = 30
PAIRS_PER_SHEET = 60
_TEXT_PX = 16
_GREEN, _GREY, _WHITE = (60, 220, 60), (150, 150, 150), (235, 235, 235)


class Tile(NamedTuple):
    """One picture of a sheet."""

    path: Path
    boxes: np.ndarray
    """(n, 4): centre x, centre y, width, height as shares."""
    is_main: np.ndarray
    """(n,) bool: drawn in green, the others in grey."""


def class_sheets(rows: Sequence[Tuple[str, List[Tile]]], per_row: int) -> List[np.ndarray]:
    """(H, W, 3) uint8 BGR sheets; each row is a class, its title above it."""
    strips = [_strip(title, [_drawn(tile) for tile in tiles], per_row) for title, tiles in rows]
    return [np.vstack(strips[at : at + CLASSES_PER_SHEET]) for at in range(0, len(strips), CLASSES_PER_SHEET)]


def pair_sheet(pairs: Sequence[Tuple[str, Path, Path]]) -> np.ndarray:
    """(H, W, 3) uint8 BGR: as many as fit, four pairs a row, each with its title."""
    none = np.zeros((0, 4))
    cells = []
    for title, first, second in pairs[:PAIRS_PER_SHEET]:
        tiles = [_drawn(Tile(path, none, np.zeros(0, bool))) for path in (first, second)]
        cells.append(np.hstack([_strip(title, tiles, 2), np.zeros((TILE_PX + _TEXT_PX, 6, 3), np.uint8)]))
    while len(cells) % 4:
        cells.append(np.zeros_like(cells[0]))
    return np.vstack([np.hstack(cells[at : at + 4]) for at in range(0, len(cells), 4)])


def crop_sheet(crops: Sequence[Tuple[str, np.ndarray]], per_row: int = 8) -> np.ndarray:
    """(H, W, 3) uint8 BGR: crops of at most TILE_PX, each below its title."""
    cells = [_strip(title, [crop], 1) for title, crop in crops]
    cells += [np.zeros_like(cells[0])] * (-len(cells) % per_row)
    return np.vstack([np.hstack(cells[at : at + per_row]) for at in range(0, len(cells), per_row)])


def _strip(title: str, tiles: List[np.ndarray], count: int) -> np.ndarray:
    strip = np.zeros((TILE_PX + _TEXT_PX, TILE_PX * count, 3), np.uint8)
    cv2.putText(strip, title, (2, _TEXT_PX - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _WHITE, 1, cv2.LINE_AA)
    for position, tile in enumerate(tiles):
        left = position * TILE_PX
        strip[_TEXT_PX : _TEXT_PX + tile.shape[0], left : left + tile.shape[1]] = tile
    return strip


def _drawn(tile: Tile) -> np.ndarray:
    """At most TILE_PX on a side."""
    image = read_image(str(tile.path))
    if image is None:
        return np.full((TILE_PX, TILE_PX, 3), 40, np.uint8)
    scale = (TILE_PX - 4) / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for order in (False, True):
        for box, is_main in zip(tile.boxes, tile.is_main):
            if is_main == order:
                low, high = (box[:2] - box[2:] / 2) * size, (box[:2] + box[2:] / 2) * size
                corners = [tuple(np.round(corner).astype(int).tolist()) for corner in (low, high)]
                cv2.rectangle(small, corners[0], corners[1], _GREEN if is_main else _GREY, 1)
    return small
