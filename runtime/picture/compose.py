"""The finished picture: boxes, names and the panel of figures, drawn on the frame itself."""

from typing import List, Optional, Sequence

import cv2
import numpy as np

from runtime.figures.figures import Figures
from runtime.figures.wording import panel_lines
from runtime.frame import PENDING, UNKNOWN, Observation
from runtime.picture.tiles import DARK, LIGHT, Colour, LabelTiles, paste, plain, text_tile

UNKNOWN_COLOUR: Colour = (150, 150, 150)
HEADLINE: Colour = (120, 230, 120)
ALARM: Colour = (90, 90, 255)
PANEL_WIDTH_PX = 250
PALETTE: Sequence[Colour] = (
    (75, 150, 255), (80, 200, 90), (235, 160, 60), (70, 80, 235), (200, 110, 200), (60, 205, 235),
    (190, 190, 60), (150, 120, 255), (110, 160, 110), (220, 130, 130), (90, 130, 180), (170, 220, 150),
)  # fmt: skip
"""Told apart on most backgrounds; a name keeps its colour from frame to frame."""
REFERENCE_HEIGHT_PX = 480
"""Text and lines are sized for this height and scale with the picture."""


class Composer:
    """Draws in place. Keeps rendered labels and the rendered panel; not for two threads at once."""

    def __init__(self, shapes: Sequence[str], products: Optional[Sequence[str]]) -> None:
        """`shapes`: the detector's class names; `products`: stage 2's, None where there is no stage 2."""
        self._shapes = shapes
        self._products = products
        self._labels = LabelTiles()
        self._panel: Optional[np.ndarray] = None
        self._panel_of: Optional[tuple] = None

    def compose(self, observation: Observation, figures: Figures) -> np.ndarray:
        """The finished picture: the frame's own image, drawn on. (H, W, 3) uint8 BGR."""
        picture = observation.frame.image
        scale = min(max(picture.shape[0] / REFERENCE_HEIGHT_PX, 0.5), 3.0)
        detections, names = observation.detections, observation.names
        boxes = detections.boxes_px.tolist()
        products = [None] * len(boxes) if names is None else names.products.tolist()
        thickness = max(1, int(2 * scale))
        for box, shape, score, product in zip(boxes, detections.shapes.tolist(), detections.scores.tolist(), products):
            x1, y1, x2, y2 = map(int, box)
            colour = self._colour(shape, product)
            cv2.rectangle(picture, (x1, y1), (x2, y2), colour, thickness)
            label = self._labels.tile(self._label(shape, product, score), colour, 0.45 * scale)
            paste(picture, label, x1, y1 - label.shape[0])
        self.draw_panel(picture, figures, offline=observation.frame.id is None)
        return picture

    def draw_panel(self, picture: np.ndarray, figures: Figures, offline: bool = False) -> None:
        """Draw the panel of figures alone; over an older panel it covers it."""
        key = (figures, offline, picture.shape)
        if self._panel is None or self._panel_of != key:
            self._panel = self._render_panel(panel_lines(figures, self._products is not None), offline, picture.shape)
            self._panel_of = key
        paste(picture, self._panel, 0, 0)

    @staticmethod
    def _render_panel(lines: List[str], offline: bool, shape: tuple) -> np.ndarray:
        scale = min(max(shape[0] / REFERENCE_HEIGHT_PX, 0.5), 3.0)
        headline = ("offline", 0.7 * scale, ALARM) if offline else (lines[0], 0.7 * scale, HEADLINE)
        rows = [headline] + [(plain(line), 0.38 * scale, LIGHT) for line in lines[1:]]
        tile = text_tile(rows, DARK, padding=max(2, int(4 * scale)))
        # A panel as wide as its longest line would jump about; a steady width also covers the panel before it.
        width = max(tile.shape[1], int(PANEL_WIDTH_PX * scale))
        return cv2.copyMakeBorder(tile, 0, 0, 0, width - tile.shape[1], cv2.BORDER_CONSTANT, value=DARK)

    def _label(self, shape: int, product: Optional[int], score: float) -> str:
        shape_name = self._shapes[shape] if shape < len(self._shapes) else "class {}".format(shape)
        if product is None or self._products is None:
            return "{} {:.0f}%".format(shape_name, score * 100)
        if product == PENDING:
            return "{} ...".format(shape_name)
        if product == UNKNOWN:
            return "unknown {}".format(shape_name)
        # Without its similarity: a cosine read as a percentage looks like doubt where there is none, and a label that
        # changes with it is drawn anew on most frames.
        return self._products[product]

    @staticmethod
    def _colour(shape: int, product: Optional[int]) -> Colour:
        if product is None:
            return PALETTE[shape % len(PALETTE)]
        return UNKNOWN_COLOUR if product < 0 else PALETTE[product % len(PALETTE)]
