"""The backdrop: wall, shelf boards and clutter, drawn once per scene with room for the camera to sway."""

import math

import cv2
import numpy as np

from runtime.scene.clutter import CLUTTER
from runtime.scene.materials import MATERIALS
from runtime.scene.motion import Layout
from runtime.scene.settings import SceneSettings, ranges_of

MARGIN = 0.10
"""Backdrop beyond the frame, on each side, in frame widths: covers sway and the camera's roll."""


def margin_px(width: int) -> int:
    """Pixels of backdrop beyond each edge of a frame of that width."""
    return int(math.ceil(MARGIN * width))


def draw_backdrop(
    rng: np.random.RandomState, settings: SceneSettings, layout: Layout, width: int, height: int
) -> np.ndarray:
    """(H + 2m, W + 2m, 3) uint8 BGR, m = margin_px(width): evenly lit, rolled with the camera."""
    margin = margin_px(width)
    full_width, full_height, scale = width + 2 * margin, height + 2 * margin, height / 480.0
    ranges = ranges_of(settings)
    wall = MATERIALS[ranges.walls[rng.randint(len(ranges.walls))]]
    board = MATERIALS[ranges.boards[rng.randint(len(ranges.boards))]]
    picture = wall(rng, full_height, full_width, scale) * 0.92
    for y_px in layout.boards_y_px:
        _add_clutter(rng, picture, y_px + margin, scale)
        _add_board(picture, board(rng, int(30 * scale), full_width, scale), int(y_px + margin), scale)
    turn = cv2.getRotationMatrix2D((full_width / 2.0, full_height / 2.0), -math.degrees(layout.camera_roll), 1.0)
    flat = np.clip(picture, 0, 255).astype(np.uint8)
    return cv2.warpAffine(flat, turn, (full_width, full_height), borderMode=cv2.BORDER_REFLECT_101)


def _add_board(picture: np.ndarray, wood: np.ndarray, y_px: int, scale: float) -> None:
    """A shelf: its top seen at a slant, its front edge, and the shade beneath it."""
    top, front, shade = int(12 * scale), int(13 * scale), int(34 * scale)
    rows = picture[y_px - top : y_px + int(4 * scale)]
    rows[...] = cv2.resize(wood, (rows.shape[1], rows.shape[0])) * np.linspace(0.78, 1.06, len(rows))[:, None, None]
    start = y_px + int(4 * scale)
    edge = picture[start : start + front]
    edge[...] = wood[: len(edge)] * np.linspace(0.82, 0.66, front)[: len(edge), None, None]
    below = picture[start + front : start + front + shade]
    below *= np.linspace(0.55, 1.0, shade)[: len(below), None, None]
    contact = picture[y_px - top - int(14 * scale) : y_px - top]
    contact *= np.linspace(1.0, 0.82, len(contact))[:, None, None]


def _add_clutter(rng: np.random.RandomState, picture: np.ndarray, foot_px: float, scale: float) -> None:
    """A few things along the shelf, slightly out of focus and in the shade: they stand behind the products."""
    for _ in range(rng.randint(1, 4)):
        drawn = CLUTTER[rng.randint(len(CLUTTER))](rng).finished()
        size = rng.uniform(0.32, 0.48) * scale
        drawn = cv2.resize(drawn, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        thing = cv2.GaussianBlur(drawn, (0, 0), 0.8 * scale).astype(np.float32)
        left = int(rng.uniform(0, picture.shape[1] - thing.shape[1]))
        top = max(0, int(foot_px - 5 * scale) - thing.shape[0])
        place = picture[top : top + thing.shape[0], left : left + thing.shape[1]]
        place[...] = place * (1 - thing[: len(place), :, 3:] / 255) + thing[: len(place), :, :3] * 0.86
