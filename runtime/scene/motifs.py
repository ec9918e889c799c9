"""Label art: what tells apart two products of one shape and colour. Large features, readable at 40 px."""

from typing import Callable, Dict

import cv2
import numpy as np

Field = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Where the ink is: (x, y) arrays in -1..1, right and down, to a bool array."""


def _petals(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    return ((radius < 0.45 + 0.5 * np.abs(np.cos(2.5 * angle + np.pi / 4))) & (radius > 0.30)) | (radius < 0.16)


def _leaf(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside = (np.hypot(x - 0.62, y) < 1.12) & (np.hypot(x + 0.62, y) < 1.12)
    return inside & (np.abs(x) > 0.07)


def _drop(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    tip = (y > -0.95) & (y < 0.3) & (np.abs(x) < 0.55 * ((y + 0.95) / 1.25))
    return tip | (np.hypot(x, y - 0.35) < 0.58)


def _star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    angle = np.abs((np.arctan2(x, -y) + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    return np.hypot(x, y) * (np.cos(angle) + 1.38 * np.sin(angle)) < 0.95


def _heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    u, v = 1.25 * x, -1.25 * y + 0.05
    return (u * u + v * v - 0.8) ** 3 < 1.6 * u * u * v**3


def _rays(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    radius = np.hypot(x, y)
    spokes = np.cos(8 * np.arctan2(y, x)) > 0.1
    return (radius < 0.34) | ((radius > 0.48) & (radius < 0.98) & spokes)


EMBLEMS: Dict[str, Field] = {
    "petals": _petals,
    "leaf": _leaf,
    "drop": _drop,
    "star": _star,
    "heart": _heart,
    "rays": _rays,
    "ring": lambda x, y: (np.hypot(x, y) < 0.92) & (np.hypot(x, y) > 0.55),
    "moon": lambda x, y: (np.hypot(x, y) < 0.92) & (np.hypot(x - 0.42, y + 0.16) > 0.70),
    "diamond": lambda x, y: (np.abs(x) + np.abs(y) < 0.98) & (np.abs(x) + np.abs(y) > 0.42),
    "cross": lambda x, y: (np.minimum(np.abs(x), np.abs(y)) < 0.26) & (np.maximum(np.abs(x), np.abs(y)) < 0.92),
    "triangle": lambda x, y: (y < 0.75) & (np.abs(x) < (y + 0.9) * 0.58),
    "hourglass": lambda x, y: (np.abs(x) < np.abs(y) + 0.08) & (np.abs(y) < 0.88),
}
"""Signs drawn once, in the middle of the label."""

PATTERNS: Dict[str, Field] = {
    "bands": lambda x, y: np.cos(2 * np.pi * (y + 0.5)) > 0.25,
    "pinstripes": lambda x, y: np.cos(2 * np.pi * (x * 1.25 + 0.5)) > 0.25,
    "diagonal": lambda x, y: np.sin(2 * np.pi * (x + y) * 0.9) > 0.25,
    "chevrons": lambda x, y: np.sin(2 * np.pi * (y * 0.95 + np.abs(x) * 0.75)) > 0.25,
    "dots": lambda x, y: np.hypot((x * 1.5 + 0.5) % 1 - 0.5, (y * 1.5 + 0.5) % 1 - 0.5) < 0.34,
    "checker": lambda x, y: (np.floor(x * 1.5 + 0.5) + np.floor(y * 1.5 + 0.5)) % 2 > 0,
    "waves": lambda x, y: np.sin(2 * np.pi * (y * 1.0 + 0.16 * np.sin(4.2 * x))) > 0.25,
    "lattice": lambda x, y: np.minimum(np.abs((x + y) * 1.1 % 1 - 0.5), np.abs((x - y) * 1.1 % 1 - 0.5)) < 0.13,
}
"""Signs that repeat and cover the label."""


def motif_mask(motif: str, width_px: int, height_px: int) -> np.ndarray:
    """(height, width) float32 in 0..1: ink coverage of `motif`, an emblem, a pattern or a capital letter."""
    half = min(width_px, height_px) / 2.0
    y, x = np.mgrid[:height_px, :width_px].astype(np.float32) + 0.5
    x, y = (x - width_px / 2.0) / half, (y - height_px / 2.0) / half
    if motif in EMBLEMS:
        return (EMBLEMS[motif](x, y) & (np.maximum(np.abs(x), np.abs(y)) <= 1)).astype(np.float32)
    if motif in PATTERNS:
        return PATTERNS[motif](x, y).astype(np.float32)
    return _letter(motif, width_px, height_px)


def _letter(letter: str, width_px: int, height_px: int) -> np.ndarray:
    """A bold capital as tall as the label's shorter side."""
    side = min(width_px, height_px)
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, max(2, int(side * 0.13))
    (text_width, text_height), _ = cv2.getTextSize(letter, font, 1.0, 1)
    scale = 0.78 * side / max(text_width, text_height)
    origin = (int((width_px - text_width * scale) / 2), int((height_px + text_height * scale) / 2))
    mask = np.zeros((height_px, width_px), np.uint8)
    cv2.putText(mask, letter, origin, font, scale, 1, thickness)
    return mask.astype(np.float32)
