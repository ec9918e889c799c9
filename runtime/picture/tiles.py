"""Text as small ready-made pictures, in any script: rendered once, then only copied."""

import unicodedata
from typing import Dict, List, Tuple

import numpy as np

from runtime.picture.fonts import FONTS, import_pillow

Colour = Tuple[int, int, int]
"""Blue, green, red; 0..255."""

MAX_TILES = 1024
"""Names times percentages are many in theory; past this the cache starts over."""
MAX_LETTERS = 80
"""Of one line: a longer one is cut, with three dots."""
DARK = (24, 24, 24)
LIGHT = (245, 245, 245)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
Line = Tuple[str, int, Colour]
"""Text, size in pixels to the em, colour."""


def printable(text: str) -> str:
    """`text` as it is drawn: composed (NFC), of a bounded length, a box in place of what cannot be shown."""
    composed = unicodedata.normalize("NFC", text[: 4 * MAX_LETTERS])
    if len(composed) > MAX_LETTERS:
        composed = composed[: MAX_LETTERS - 3] + "..."
    return "".join(letter if letter.isprintable() else "\u25a1" for letter in composed)


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.1)."""
    blue, green, red = colour
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: Colour) -> Colour:
    """White or black, whichever has more contrast: at least 4.5 on any colour, which WCAG asks of small text."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))


def text_tile(lines: List[Line], background: Colour, padding: int) -> np.ndarray:
    """A (h, w, 3) uint8 tile of text lines on `background`."""
    image_module, draw_module, _ = import_pillow()
    measured = [(_runs(text, size_px), size_px, colour) for text, size_px, colour in lines]
    rows = [max(1, int(1.25 * size_px)) for _, size_px, _ in measured]
    width = max(int(round(sum(run[2] for run in runs))) + 1 for runs, _, _ in measured) + 2 * padding
    # Pillow believes that it draws red, green, blue: the order of the channels is all the same to it.
    image = image_module.new("RGB", (width, sum(rows) + padding * (len(rows) + 1)), background)
    draw, top = draw_module.Draw(image), padding
    for (runs, size_px, colour), row in zip(measured, rows):
        left = float(padding)
        for text, font, advance in runs:
            draw.text((left, top + size_px), text, colour, font, anchor="ls")
            left += advance
        top += row + padding
    return np.array(image)


def _runs(text: str, size_px: int) -> List[Tuple[str, object, float]]:
    """Pieces of one line, each with its font and its advance in pixels."""
    runs = []
    for piece, face in FONTS.runs(printable(text)):
        font = FONTS.open(face, size_px)
        runs.append((piece, font, font.getlength(piece)))
    return runs


def paste(picture: np.ndarray, tile: np.ndarray, left: int, top: int) -> None:
    """Copy `tile` into `picture` at (left, top), moved and cut so that it stays inside."""
    left = max(0, min(left, picture.shape[1] - tile.shape[1]))
    top = max(0, min(top, picture.shape[0] - tile.shape[0]))
    tile = tile[: picture.shape[0] - top, : picture.shape[1] - left]
    picture[top : top + tile.shape[0], left : left + tile.shape[1]] = tile


class LabelTiles:
    """Label tiles by text, colour and size."""

    def __init__(self) -> None:
        self._tiles: Dict[Tuple[str, Colour, int], np.ndarray] = {}

    def tile(self, text: str, colour: Colour, size_px: int) -> np.ndarray:
        """The tile for a label, (h, w, 3) uint8; shared, not to be written to."""
        key = (text, colour, size_px)
        found = self._tiles.get(key)
        if found is None:
            if len(self._tiles) >= MAX_TILES:
                self._tiles.clear()
            found = text_tile([(text, size_px, text_on(colour))], colour, padding=max(2, size_px // 5))
            self._tiles[key] = found
        return found


class LetterTiles:
    """Lines put together from letters that are rendered once: for text that changes several times a second.

    Five lines take 0.15 ms so, 1.5 ms through `text_tile` (desk); letters stand on whole pixels.
    """

    def __init__(self) -> None:
        self._letters: Dict[Tuple[str, int, Colour, Colour], np.ndarray] = {}

    def tile(self, lines: List[Line], background: Colour, padding: int) -> np.ndarray:
        """As `text_tile`."""
        rows = [
            np.concatenate([self._letter(letter, size_px, colour, background) for letter in printable(text) or " "], 1)
            for text, size_px, colour in lines
        ]
        height = sum(row.shape[0] for row in rows) + padding * (len(rows) + 1)
        tile = np.full((height, max(row.shape[1] for row in rows) + 2 * padding, 3), background, np.uint8)
        top = padding
        for row in rows:
            tile[top : top + row.shape[0], padding : padding + row.shape[1]] = row
            top += row.shape[0] + padding
        return tile

    def _letter(self, letter: str, size_px: int, colour: Colour, background: Colour) -> np.ndarray:
        key = (letter, size_px, colour, background)
        found = self._letters.get(key)
        if found is None:
            if len(self._letters) >= MAX_TILES:
                self._letters.clear()
            found = self._letters[key] = text_tile([(letter, size_px, colour)], background, 0)[:, :-1]
        return found
