"""The picture that stands for a source which is away, with the reason on it."""

import textwrap
from typing import Tuple

import numpy as np

from runtime.picture.tiles import LIGHT, Colour, paste, text_tile

GREY: Colour = (40, 40, 40)
SIZE_PX = 13
"""Of the font, at 480 rows."""
LETTER_PX = 9.0
"""The width of a letter, at SIZE_PX and 480 rows: generous, so that no line is cut."""


def offline_picture(shape: Tuple[int, ...], reason: str) -> np.ndarray:
    """(H, W, 3) uint8 BGR of `shape`, with `reason` across its middle."""
    picture = np.full(shape, GREY, np.uint8)
    zoom = min(max(shape[0] / 480, 0.5), 3.0)
    letters = max(10, int(shape[1] / (LETTER_PX * zoom)) - 2)
    rows = [(line, int(SIZE_PX * zoom), LIGHT) for line in textwrap.wrap(reason, letters)[:5]]
    if rows:
        tile = text_tile(rows, GREY, padding=int(6 * zoom))
        paste(picture, tile, (shape[1] - tile.shape[1]) // 2, (shape[0] - tile.shape[0]) // 2)
    return picture
