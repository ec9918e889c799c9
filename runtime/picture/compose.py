"""The finished picture: boxes, names and the panel of figures, drawn on the frame itself."""

import logging
from typing import Dict, List, Optional, Sequence

import cv2
import numpy as np

from runtime.figures.figures import Figures
from runtime.figures.wording import panel_lines
from runtime.frame import PENDING, UNKNOWN, Observation, Words
from runtime.picture.fonts import FONTS, advice_for
from runtime.picture.placing import LabelPlaces, PanelPlace
from runtime.picture.tiles import DARK, LIGHT, Colour, LabelTiles, LetterTiles, paste, printable

log = logging.getLogger(__name__)

UNKNOWN_COLOUR: Colour = (150, 150, 150)
HEADLINE: Colour = (120, 230, 120)
ALARM: Colour = (90, 90, 255)
LABEL_PX, LINE_PX, HEADLINE_PX = 14, 12, 21
"""Sizes of text, in pixels to the em."""
PANEL_WIDTH_PX, HEADLINE_WIDTH_PX = 250, 130
PALETTE: Sequence[Colour] = (
    (75, 150, 255), (80, 200, 90), (235, 160, 60), (70, 80, 235), (200, 110, 200), (60, 205, 235),
    (190, 190, 60), (150, 120, 255), (110, 160, 110), (220, 130, 130), (90, 130, 180), (170, 220, 150),
)  # fmt: skip
"""Told apart on most backgrounds; a name keeps its colour from frame to frame."""
REFERENCE_HEIGHT_PX = 480
"""Text and lines are sized for this height and scale with the picture."""


class Composer:
    """Draws in place. Keeps rendered labels and the rendered panel; not for two threads at once."""

    def __init__(self, shapes: Sequence[str], products: Optional[Sequence[str]], panel: bool = True) -> None:
        """`shapes`: the detector's class names; `products`: stage 2's, None where there is no stage 2.

        `panel`: whether the figures are drawn. Names that no font here can write are told in the log.
        """
        self.has_panel = panel
        self._words = Words(shapes, products)
        self._labels = LabelTiles()
        self._label_places = LabelPlaces()
        self._panel_place = PanelPlace()
        self._letters = LetterTiles()
        self._panels: Dict[bool, np.ndarray] = {}
        """The whole one, and (True) its headline alone."""
        self._panels_of: Optional[tuple] = None
        warn_of_missing_fonts(shapes if products is None else list(shapes) + list(products))

    def compose(self, observation: Observation, figures: Figures) -> np.ndarray:
        """The finished picture: the frame's own image, drawn on. (H, W, 3) uint8 BGR."""
        picture = observation.frame.image
        scale = _scale(picture)
        detections, names = observation.detections, observation.names
        boxes = [(int(x1), int(y1), int(x2), int(y2)) for x1, y1, x2, y2 in detections.boxes_px.tolist()]
        products = [None] * len(boxes) if names is None else names.products.tolist()
        thickness = max(1, int(2 * scale))
        size_px = int(LABEL_PX * scale)
        labels = []
        for box, shape, score, product in zip(boxes, detections.shapes.tolist(), detections.scores.tolist(), products):
            colour = self._colour(shape, product)
            cv2.rectangle(picture, box[:2], box[2:], colour, thickness)
            labels.append(self._labels.tile(self._label(observation.words, shape, product, score), colour, size_px))
        sizes = [(label.shape[1], label.shape[0]) for label in labels]
        tracks = observation.track_ids.tolist()
        for label, rect in zip(labels, self._label_places.place(boxes, sizes, tracks, picture.shape[1::-1])):
            paste(picture, label, rect[0], rect[1])
        is_offline = observation.frame.id is None
        if self.has_panel or is_offline:
            whole = self._panel_tile(picture, figures, is_offline, is_small=False)
            self._panel_place.choose(boxes, whole.shape[1::-1], picture.shape[1::-1])
        self.draw_panel(picture, figures, is_offline)
        return picture

    def draw_panel(self, picture: np.ndarray, figures: Figures, offline: bool = False) -> None:
        """Draw the panel of figures alone, where the last frame had it; over an older panel it covers it."""
        if not self.has_panel and not offline:
            return
        place = self._panel_place
        tile = self._panel_tile(picture, figures, offline, place.is_small)
        paste(picture, tile, *place.position(place.corner, tile.shape[1::-1], picture.shape[1::-1]))

    def _panel_tile(self, picture: np.ndarray, figures: Figures, offline: bool, is_small: bool) -> np.ndarray:
        """The panel, or its headline alone; rendered when the figures change."""
        before = self._panels_of
        # The same object while the figures stand: comparing their fields takes as long as drawing a label.
        if before is None or before[0] is not figures or before[1:] != (offline, picture.shape):
            self._panels.clear()
            self._panels_of = (figures, offline, picture.shape)
        if is_small not in self._panels:
            lines = panel_lines(figures, self._words.products is not None)
            self._panels[is_small] = self._render_panel(lines[:1] if is_small else lines, offline, _scale(picture))
        return self._panels[is_small]

    def _render_panel(self, lines: List[str], offline: bool, scale: float) -> np.ndarray:
        headline = ("offline" if offline else lines[0], int(HEADLINE_PX * scale), ALARM if offline else HEADLINE)
        rows = [headline] + [(line, int(LINE_PX * scale), LIGHT) for line in lines[1:]]
        tile = self._letters.tile(rows, DARK, padding=max(2, int(4 * scale)))
        # A panel as wide as its longest line would jump about; a steady width also covers the panel before it.
        width = max(tile.shape[1], int((PANEL_WIDTH_PX if len(lines) > 1 else HEADLINE_WIDTH_PX) * scale))
        return cv2.copyMakeBorder(tile, 0, 0, 0, width - tile.shape[1], cv2.BORDER_CONSTANT, value=DARK)

    def _label(self, words: Words, shape: int, product: Optional[int], score: float) -> str:
        products = words.products or self._words.products  # taught ones come while it runs
        shape_name = self._words.shape(shape)
        if product is None or products is None:
            return "{} {:.0f}%".format(shape_name, score * 100)
        if product == PENDING:
            return "{} ...".format(shape_name)
        if product == UNKNOWN:
            return "unknown {}".format(shape_name)
        # Without its similarity: a cosine read as a percentage looks like doubt where there is none, and a label that
        # changes with it is drawn anew on most frames.
        return products[product]

    @staticmethod
    def _colour(shape: int, product: Optional[int]) -> Colour:
        if product is None:
            return PALETTE[shape % len(PALETTE)]
        return UNKNOWN_COLOUR if product < 0 else PALETTE[product % len(PALETTE)]


def _scale(picture: np.ndarray) -> float:
    return min(max(picture.shape[0] / REFERENCE_HEIGHT_PX, 0.5), 3.0)


def warn_of_missing_fonts(names: Sequence[str]) -> None:
    """One line for all letters of `names` that no font on this machine can write, with the packages that have them."""
    letters = FONTS.missing("".join(printable(name) for name in names))
    if letters:
        told = [name for name in names if set(letters) & set(printable(name))]
        log.warning("no font here can write %s (in %r): %s", "".join(letters[:20]), told[0], advice_for(letters))
