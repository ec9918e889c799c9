"""Procedural surfaces for walls and shelves. Each is (rng, height, width, scale) to (H, W, 3) float32 BGR."""

from typing import Callable, Dict

import cv2
import numpy as np

from runtime.scene.canvas import rgb

Material = Callable[[np.random.RandomState, int, int, float], np.ndarray]
"""`scale` is pixels of the frame per pixel of a 480-line frame."""


def _choose(rng: np.random.RandomState, *codes: int) -> np.ndarray:
    """One of the colours, slightly off."""
    return np.array(rgb(codes[rng.randint(len(codes))]), np.float32) * np.float32(rng.uniform(0.94, 1.05))


def smooth_noise(rng: np.random.RandomState, height: int, width: int, cell_x: float, cell_y: float) -> np.ndarray:
    """(H, W) float32 of about -1..1, with features of the given size in pixels."""
    coarse = rng.uniform(-1, 1, (int(height / cell_y) + 3, int(width / cell_x) + 3)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _grid(height: int, width: int, scale: float) -> np.ndarray:
    return np.mgrid[:height, :width].astype(np.float32) / scale


def _cells(rng: np.random.RandomState, row: np.ndarray, column: np.ndarray, spread: float) -> np.ndarray:
    """A gain of its own for each cell of a grid."""
    table = rng.uniform(1 - spread, 1 + spread, (64, 64)).astype(np.float32)
    return table[row.astype(int) % 64, column.astype(int) % 64]


def _plaster(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xE8DED2, 0xDDE4E6, 0xEAD3CC, 0xCFDBD0, 0xC9C4DA)
    gain = 1 + 0.035 * smooth_noise(rng, height, width, 90 * scale, 70 * scale)
    gain += 0.02 * smooth_noise(rng, height, width, 3 * scale, 3 * scale)
    return gain[..., None] * colour


def _wood(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xC79A6B, 0xA87B52, 0xD9B88C, 0x8A6242)
    y, x = _grid(height, width, scale)
    plank = np.floor(y / 62)
    bend = smooth_noise(rng, height, width, 160 * scale, 40 * scale)
    grain = np.sin(y * 0.55 + 9 * bend + plank * 2.1) * 0.05
    grain += 0.05 * smooth_noise(rng, height, width, 60 * scale, 1.6 * scale)
    gain = (1 + grain) * _cells(rng, plank, np.floor((x + plank * 170) / 420), 0.07)
    gain[(y % 62) < 1.4] *= 0.72
    return gain[..., None] * colour


def _tiles(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xD6E4E2, 0xF0EBE1, 0xB9D0D6, 0xE2C9C5)
    side = rng.uniform(44, 70)
    y, x = _grid(height, width, scale)
    u, v = x % side, y % side
    gain = _cells(rng, np.floor(y / side), np.floor(x / side), 0.03) * (1.03 - 0.06 * (u + v) / (2 * side))
    gain[(u < 2.2) | (v < 2.2)] = 0.80
    gain[((u >= 2.2) & (u < 3.6)) | ((v >= 2.2) & (v < 3.6))] *= 1.05
    return gain[..., None] * colour


def _fabric(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xB9BDD6, 0xDCC4B4, 0xA9C6BA, 0xE0D6CE)
    y, x = _grid(height, width, scale)
    weave = 0.06 * np.sin(x * 1.6) * np.sin(y * 1.6)
    folds = 0.07 * np.sin(x * 0.035 + 1.5 * smooth_noise(rng, height, width, 200 * scale, 300 * scale))
    return (1 + weave + folds)[..., None] * colour


def _painted(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xF2EFEA, 0xD5D9DC, 0x6F7E86)
    return (1 + 0.015 * smooth_noise(rng, height, width, 40 * scale, 4 * scale))[..., None] * colour


def _bricks(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xB0705A, 0xD8D2C8, 0x9A8378)
    y, x = _grid(height, width, scale)
    row = np.floor(y / 30)
    along = x + (row % 2) * 40
    gain = _cells(rng, row, np.floor(along / 80), 0.12) + 0.05 * smooth_noise(rng, height, width, 5 * scale, 4 * scale)
    picture = gain[..., None] * colour
    picture[((y % 30) < 3.5) | ((along % 80) < 3.5)] = colour * 0.45 + 105
    return picture


def _terrazzo(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    picture = np.empty((height, width, 3), np.float32)
    picture[...] = _choose(rng, 0xE9E4DC, 0xCBD2CF, 0xE6D6D2)
    chips = [_choose(rng, 0xB5846B), _choose(rng, 0x7A8A8C), _choose(rng, 0xC9B79A), _choose(rng, 0x5D5A63)]
    for _ in range(int(height * width / (330 * scale * scale))):
        centre = (int(rng.randint(width)), int(rng.randint(height)))
        axes = (int(rng.uniform(1.5, 5.5) * scale) + 1, int(rng.uniform(1, 3.5) * scale) + 1)
        colour = tuple(float(v) for v in chips[rng.randint(len(chips))])
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1)
    return picture


def _marble(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xEFEDEA, 0x5A6160, 0xDCE0E2)
    y, x = _grid(height, width, scale)
    turn = 1.3 * smooth_noise(rng, height, width, 150 * scale, 110 * scale)
    turn += 0.5 * smooth_noise(rng, height, width, 40 * scale, 30 * scale)
    turn += 0.2 * smooth_noise(rng, height, width, 12 * scale, 9 * scale)
    strength = np.clip(0.5 + smooth_noise(rng, height, width, 110 * scale, 110 * scale), 0, 1)
    veins = strength * np.exp(-np.abs(np.sin(x * 0.009 + y * 0.016 + turn)) / 0.07)
    clouds = 0.03 * smooth_noise(rng, height, width, 70 * scale, 50 * scale)
    return (1 + clouds - 0.26 * veins)[..., None] * colour


def _herringbone(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0x9C7A5B, 0xB7A58C, 0x6F6A66)
    y, x = _grid(height, width, scale)
    column = np.floor(x / 48)
    slant = y + np.where(column % 2 == 0, x, -x)
    gain = _cells(rng, np.floor(slant / 22), column, 0.12) + 0.03 * np.sin(slant * 1.3)
    gain[((slant % 22) < 1.6) | ((x % 48) < 1.4)] *= 0.68
    return gain[..., None] * colour


def _brushed(rng: np.random.RandomState, height: int, width: int, scale: float) -> np.ndarray:
    colour = _choose(rng, 0xB8BCBF, 0x8E9296)
    return (1 + 0.05 * smooth_noise(rng, height, width, 90 * scale, 1.2 * scale))[..., None] * colour


MATERIALS: Dict[str, Material] = {
    "plaster": _plaster,
    "wood": _wood,
    "tiles": _tiles,
    "fabric": _fabric,
    "painted": _painted,
    "bricks": _bricks,
    "terrazzo": _terrazzo,
    "marble": _marble,
    "herringbone": _herringbone,
    "brushed": _brushed,
}
