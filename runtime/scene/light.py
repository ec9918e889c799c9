"""The light on a scene: exposure, colour, fall-off and cast shadows as one gain per pixel."""

from typing import Callable, Dict

import cv2
import numpy as np

from runtime.scene.settings import SceneSettings, difficulty_of, ranges_of

UNIT = 128
"""The gain map's value for "as it is": uint8 then reaches gains up to 255 / 128 = 1.99."""
GRID = (48, 36)
"""(width, height) the light is computed at; it has no finer detail, and the map is enlarged once."""


def _no_shadow(rng: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.zeros_like(x)


def _blob(rng: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Somebody stands in the light: a soft round shadow reaching in from the left or the top."""
    centre_x, centre_y = rng.uniform(0.0, 0.8), rng.uniform(-0.1, 0.3)
    return np.clip(1.3 - 2.2 * np.hypot((x - centre_x) * 1.3, y - centre_y), 0, 1)


def _blinds(rng: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Light through slats: slanted soft bars."""
    slope, count = rng.uniform(0.2, 0.6), rng.uniform(2.5, 4.0)
    return np.clip(0.5 + 1.4 * np.sin(2 * np.pi * count * (y + slope * x)), 0, 1)


def _corner(rng: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The edge of a cupboard: everything to the lower left of a slanted line."""
    return np.clip((y - x * rng.uniform(0.6, 1.4) - rng.uniform(0.05, 0.25)) * 6 + 0.5, 0, 1)


SHADOWS: Dict[str, Callable[[np.random.RandomState, np.ndarray, np.ndarray], np.ndarray]] = {
    "none": _no_shadow,
    "blob": _blob,
    "blinds": _blinds,
    "corner": _corner,
}


def gain_map(rng: np.random.RandomState, settings: SceneSettings, width: int, height: int) -> np.ndarray:
    """(H, W, 3) uint8: what to multiply a frame by, over UNIT."""
    ranges = ranges_of(settings)
    y, x = np.mgrid[: GRID[1], : GRID[0]].astype(np.float32)
    x, y = x / (GRID[0] - 1), y / (GRID[1] - 1)
    angle = np.deg2rad(rng.uniform(*ranges.light_degrees))
    towards = (x - 0.5) * np.cos(angle) - (y - 0.5) * np.sin(angle)
    gain = 1 - rng.uniform(*ranges.falloff) * (0.5 - towards)
    shadow = ranges.shadows[rng.randint(len(ranges.shadows))]
    gain *= 1 - rng.uniform(0.22, 0.38) * SHADOWS[shadow](rng, x, y)
    gain *= 1 - 0.22 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)  # the lens: corners are darker
    gain *= rng.uniform(*ranges.exposure) * difficulty_of(settings).exposure
    warmth = rng.uniform(*ranges.warmth)
    coloured = gain[..., None] * np.array([1 - warmth, 1.0, 1 + warmth])
    enlarged = cv2.resize(coloured.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(enlarged * UNIT, 0, 255).astype(np.uint8)
