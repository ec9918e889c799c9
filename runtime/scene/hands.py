"""Hands that hold products: an arm and palm behind the product, fingers or a thumb in front of it."""

from typing import NamedTuple, Tuple

import cv2
import numpy as np

from runtime.scene.canvas import Canvas, extent, mix, rgb
from runtime.scene.products import SHAPES, Product
from runtime.scene.sprites import Sprite, product_sprite, sprite_from_picture

SKINS = (0xF2D0B5, 0xE0AC83, 0xC68A5E, 0x9C6541, 0x70452D, 0x5A3826)
SLEEVES = (0xF4F4F2, 0x34495E, 0x8E6F8B, 0x5E7F73, 0xC98B5F)
PEOPLE = len(SKINS) * len(SLEEVES)
HEIGHT = 840
"""Design pixels from above the fingers down the arm; the arm is long enough to reach the frame's edge."""
FRONT_HEIGHT = 270
"""The same for the fingers alone."""
GRIP = 150
"""Of these, how many lie above the product's foot."""


class HandSprite(NamedTuple):
    """A part of a hand, and where its centre lies from the product's centre."""

    sprite: Sprite
    offset_px: Tuple[float, float]
    """Design pixels, right and down."""


class Hand(NamedTuple):
    """What is painted before the product, and what after it."""

    behind: HandSprite
    front: HandSprite


class _Part(NamedTuple):
    mask: np.ndarray
    thickness: float


def _flesh(canvas: Canvas, parts: Tuple[_Part, ...], skin: int) -> None:
    """Round, lit from the upper left: darker towards each part's outline, so that fingers stay apart."""
    colour = rgb(SKINS[skin])
    shadow = mix(colour, rgb(0x5A1E12), 0.45)
    for part in parts:
        place = extent(part.mask)
        mask = part.mask[place]
        depth = cv2.distanceTransform(np.pad(mask, 1, "constant").astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        bulge = np.sqrt(np.clip(depth / (part.thickness * 0.5), 0, 1))
        lit = np.roll(bulge, (int(part.thickness * 0.14),) * 2, (0, 1))
        thick = np.zeros_like(part.mask)
        thick[place] = mask * (0.25 + 0.75 * np.minimum(bulge, 0.35 + 0.65 * lit))
        canvas.fill(part.mask, shadow)
        canvas.tint(thick, colour)


def _finger(canvas: Canvas, points: list, thickness: float) -> _Part:
    return _Part(canvas.stroke(points, thickness), thickness)


def _nail(canvas: Canvas, x: float, y: float, radius_x: float, radius_y: float, skin: int) -> None:
    canvas.tint(canvas.ellipse(x, y, radius_x, radius_y) * 0.55, mix(rgb(SKINS[skin]), rgb(0xFFE4E4), 0.75))


def _arm(canvas: Canvas, middle: float, foot: float, skin: int, sleeve: int) -> None:
    end = HEIGHT + 60
    arm = canvas.polygon([(middle - 50, foot + 30), (middle + 54, foot + 30), (middle + 74, end), (middle - 62, end)])
    _flesh(canvas, (_Part(arm, 120.0),), skin)
    cuff = [(middle - 70, foot + 190), (middle + 78, foot + 182)]
    cloth = canvas.polygon(cuff + [(middle + 96, end), (middle - 88, end)])
    canvas.fill(cloth, rgb(SLEEVES[sleeve]))
    canvas.round_across(cloth, middle - 88, middle + 96, (0.62, 0.92, 1.04, 1.0, 0.9, 0.6))
    fold = np.sin(canvas.y_px * 0.09 + canvas.x_px * 0.05 + 1.5 * np.sin(canvas.x_px * 0.04))
    canvas.shade(cloth, 1 + 0.06 * fold)
    canvas.shade(canvas.soft(canvas.box(middle - 90, foot + 198, middle + 96, foot + 203), 2) * cloth, 0.75)


def _hand(half_width: int, foot_px: int, pinching: bool, skin: int, sleeve: int) -> Hand:
    """A right hand around something that wide from its middle to its side, with its foot that far below its middle."""
    width = 2 * (half_width + 120)
    middle, foot = width / 2.0, float(GRIP)
    left, right = middle - half_width, middle + half_width
    # Not oversampled: hands are shown at half this size and less, which smooths their edges, and they must be
    # drawn between two frames.
    behind, front = Canvas(width, HEIGHT, 1), Canvas(width, FRONT_HEIGHT, 1)
    _arm(behind, middle, foot, skin, sleeve)
    if pinching:
        fingers = tuple(
            _finger(behind, [(middle + x * 0.6, foot + 60), (middle + x, foot - reach)], 44)
            for x, reach in ((-66, 40), (-22, 62), (24, 62), (68, 36))
        )
        _flesh(behind, fingers + (_Part(behind.box(middle - 84, foot - 4, middle + 86, foot + 92, 44), 130.0),), skin)
        _flesh(
            front,
            (_finger(front, [(middle - 34, foot + 74), (middle - 10, foot + 20), (middle, foot - 30)], 50),),
            skin,
        )
        _nail(front, middle + 1, foot - 34, 13, 16, skin)
    else:
        palm = behind.box(left - 30, foot - 118, right + 30, foot + 84, 52)
        _flesh(behind, (_Part(palm, 150.0),), skin)
        fingers = tuple(
            _finger(front, [(right + 22, foot - y + 6), (right + 6, foot - y), (right - tip, foot - y + 1)], 34)
            for y, tip in ((22, 8), (54, 15), (86, 17), (118, 11))
        )
        thumb = _finger(front, [(left - 24, foot + 22), (left - 14, foot - 40), (left + 14, foot - 84)], 40)
        _flesh(front, fingers + (thumb,), skin)
        _nail(front, left + 16, foot - 88, 10, 13, skin)
    origin = (middle, float(GRIP - foot_px))
    return Hand(_trimmed(behind.finished(), origin), _trimmed(front.finished(), origin))


def _trimmed(picture: np.ndarray, origin: Tuple[float, float]) -> HandSprite:
    """Without the empty border, which would cost time in every frame; `origin` is where the product's centre was."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(picture[..., 3]))
    sprite = sprite_from_picture(picture[y : y + height, x : x + width])
    return HandSprite(sprite, (x + width / 2.0 - origin[0], y + height / 2.0 - origin[1]))


def hand_for(product: Product, person: int) -> Hand:
    """One of PEOPLE's hands as suits the product: pinching the edge of a wide one, round the handle of a brush.

    Drawn anew each time, in some 30 ms on a desk machine; who shows it again keeps it.
    """
    width, height = product_sprite(product).size_px
    brush = SHAPES[product.shape] == "brush"
    foot_px = height // 2 + (56 if brush else 0)  # a brush is held by the lower end of its handle
    return _hand(26 if brush else width // 2, foot_px, width > 170, person % len(SKINS), person // len(SKINS))
