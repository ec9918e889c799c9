"""Text as small ready-made pictures: rendered once, then only copied."""

import unicodedata
from typing import Dict, List, Tuple

import cv2
import numpy as np

Colour = Tuple[int, int, int]
"""Blue, green, red; 0..255."""

FONT = cv2.FONT_HERSHEY_SIMPLEX
MAX_TILES = 1024
"""Names times percentages are many in theory; past this the cache starts over."""
DARK = (24, 24, 24)
LIGHT = (245, 245, 245)


def plain(text: str) -> str:
    """`text` in the letters that OpenCV's font has: accents go, what then is not ASCII becomes a question mark."""
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return letters.encode("ascii", "replace").decode()


def text_on(colour: Colour) -> Colour:
    """Black or white, whichever reads better on `colour` (luma of ITU-R BT.601)."""
    blue, green, red = colour
    return DARK if 0.114 * blue + 0.587 * green + 0.299 * red > 140 else LIGHT


def text_tile(lines: List[Tuple[str, float, Colour]], background: Colour, padding: int) -> np.ndarray:
    """A (h, w, 3) uint8 tile of text lines, each with its font scale and colour, on `background`."""
    measured = []
    for text, scale, colour in lines:
        thickness = max(1, int(round(scale * 1.6)))
        (width, height), baseline = cv2.getTextSize(text, FONT, scale, thickness)
        measured.append((text, scale, colour, thickness, width, height, baseline))
    rows = [height + baseline for *_, height, baseline in measured]
    width = max(m[4] for m in measured) + 2 * padding
    tile = np.full((sum(rows) + padding * (len(rows) + 1), width, 3), background, np.uint8)
    top = padding
    for (text, scale, colour, thickness, _, height, _), row in zip(measured, rows):
        cv2.putText(tile, text, (padding, top + height), FONT, scale, colour, thickness, cv2.LINE_AA)
        top += row + padding
    return tile


def paste(picture: np.ndarray, tile: np.ndarray, left: int, top: int) -> None:
    """Copy `tile` into `picture` at (left, top), moved and cut so that it stays inside."""
    left = max(0, min(left, picture.shape[1] - tile.shape[1]))
    top = max(0, min(top, picture.shape[0] - tile.shape[0]))
    tile = tile[: picture.shape[0] - top, : picture.shape[1] - left]
    picture[top : top + tile.shape[0], left : left + tile.shape[1]] = tile


class LabelTiles:
    """Label tiles by text, colour and scale."""

    def __init__(self) -> None:
        self._tiles: Dict[Tuple[str, Colour, float], np.ndarray] = {}

    def tile(self, text: str, colour: Colour, scale: float) -> np.ndarray:
        """The tile for a label, (h, w, 3) uint8; shared, not to be written to."""
        key = (text, colour, scale)
        found = self._tiles.get(key)
        if found is None:
            if len(self._tiles) >= MAX_TILES:
                self._tiles.clear()
            found = text_tile([(plain(text), scale, text_on(colour))], colour, padding=max(2, int(6 * scale)))
            self._tiles[key] = found
        return found
