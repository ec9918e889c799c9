"""Compositing: warp sprites into a frame back to front, then say what of each can be seen."""

import math
from typing import List, NamedTuple, Optional, Tuple

import cv2
import numpy as np

from runtime.scene.motion import Pose
from runtime.scene.sprites import MARGIN_PX, SOLID, Sprite

FOCAL_PX = 900.0
"""Distance of the camera in design pixels: how strong perspective is."""


class Layer(NamedTuple):
    """A sprite and where it goes."""

    sprite: Sprite
    matrix: np.ndarray
    """(3, 3) float64: from design pixels around the sprite's centre to frame pixels."""
    scale: float
    """Frame pixels per design pixel, about: picks the level to sample."""
    smear_px: Tuple[int, int]
    """Motion blur along x and y; below 2 is none."""


class Stamp(NamedTuple):
    """What a layer covers of the frame."""

    left: int
    top: int
    solid: np.ndarray
    """(h, w) bool: where the object's silhouette is, inside the frame."""
    whole_px: float
    """Area of the whole silhouette, inside the frame or not."""


class Sight(NamedTuple):
    """What can be seen of one layer."""

    box_px: Tuple[float, float, float, float]
    visible: float


def matrix_of_pose(pose: Pose, lift_px: float) -> np.ndarray:
    """(3, 3): from design pixels around an object's centre to frame pixels.

    `lift_px`, design pixels, is how far the centre is above the pose's point; the object turns around that point.
    """
    cos_r, sin_r = math.cos(pose.roll), math.sin(pose.roll)
    cos_y, sin_y = math.cos(pose.yaw), math.sin(pose.yaw)
    cos_p, sin_p = math.cos(pose.pitch), math.sin(pose.pitch)
    # The first two columns of Rz(roll) Rx(pitch) Ry(yaw): a flat picture has no depth of its own.
    flat = np.array(
        [
            [cos_r * cos_y - sin_r * sin_p * sin_y, -sin_r * cos_p],
            [sin_r * cos_y + cos_r * sin_p * sin_y, cos_r * cos_p],
            [-cos_p * sin_y, sin_p],
        ]
    )
    project = np.array(
        [
            [flat[0, 0], flat[0, 1], 0.0],
            [flat[1, 0], flat[1, 1], 0.0],
            [flat[2, 0] / FOCAL_PX, flat[2, 1] / FOCAL_PX, 1.0],
        ]
    )
    place = np.array([[pose.scale, 0.0, pose.x_px], [0.0, pose.scale, pose.y_px], [0.0, 0.0, 1.0]])
    return place.dot(project).dot(shifted(0.0, -lift_px))


def shifted(x: float, y: float) -> np.ndarray:
    """(3, 3) translation."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _projected(matrix: np.ndarray, width: float, height: float) -> np.ndarray:
    """(4, 2): the corners of a centred rectangle, in the frame."""
    x, y = width / 2.0, height / 2.0
    corners = matrix.dot(np.array([[-x, x, x, -x], [-y, -y, y, y], [1.0, 1.0, 1.0, 1.0]]))
    return (corners[:2] / corners[2]).T


def paint(frame: np.ndarray, layer: Layer) -> Optional[Stamp]:
    """Blend the layer into `frame`, (H, W, 3) uint8, in place; None if it lies wholly outside."""
    sprite, (width, height) = layer.sprite, layer.sprite.size_px
    reach = max(layer.smear_px)
    corners = _projected(layer.matrix, width + 2 * MARGIN_PX, height + 2 * MARGIN_PX)
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - reach, 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + reach, frame.shape[1::-1])
    if right <= left or bottom <= top:
        return None
    warped = _warped(layer, left, top, right, bottom)
    blue, green, red, alpha = cv2.split(warped)
    through = cv2.bitwise_not(alpha)
    region = frame[top:bottom, left:right]
    # uint8 throughout: dst = dst * (255 - alpha) / 255 + premultiplied colour.
    behind = cv2.multiply(region, cv2.merge([through, through, through]), scale=1 / 255.0)
    cv2.add(behind, cv2.merge([blue, green, red]), dst=region)
    whole_px = _area(_projected(layer.matrix, width, height)) * sprite.fill
    return Stamp(left, top, alpha >= SOLID, whole_px)


def _warped(layer: Layer, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """The region of the frame with only this layer in it."""
    levels, (width, height) = layer.sprite.levels, layer.sprite.size_px
    level = min(len(levels) - 1, max(0, int(math.floor(math.log(1.0 / layer.scale, 2) + 0.1))))
    step = 2.0**level
    # Pixel (u, v) of the level is centred on design pixel ((u + 0.5) * step - margin - width / 2, ...).
    design = np.array(
        [
            [step, 0.0, 0.5 * step - MARGIN_PX - width / 2.0],
            [0.0, step, 0.5 * step - MARGIN_PX - height / 2.0],
            [0.0, 0.0, 1.0],
        ]
    )
    matrix = shifted(-left - 0.5, -top - 0.5).dot(layer.matrix).dot(design)
    warped = cv2.warpPerspective(levels[level], matrix, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    if max(layer.smear_px) >= 2:
        warped = cv2.blur(warped, (max(1, layer.smear_px[0]), max(1, layer.smear_px[1])))
    return warped


def _area(polygon: np.ndarray) -> float:
    """Shoelace formula."""
    x, y = polygon[:, 0], polygon[:, 1]
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))


def sights(stamps: List[Optional[Stamp]], width: int, height: int) -> List[Optional[Sight]]:
    """What can be seen of each layer, back to front like `stamps`; None where nothing is."""
    covered = np.zeros((height, width), bool)
    found: List[Optional[Sight]] = []
    for stamp in reversed(stamps):
        if stamp is None:
            found.append(None)
            continue
        rows, columns = stamp.solid.shape
        place = covered[stamp.top : stamp.top + rows, stamp.left : stamp.left + columns]
        seen = stamp.solid & ~place
        place |= stamp.solid
        found.append(_sight(seen, stamp))
    return found[::-1]


def _sight(seen: np.ndarray, stamp: Stamp) -> Optional[Sight]:
    mask = seen.view(np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0 or height == 0:
        return None
    box_px = (float(stamp.left + x), float(stamp.top + y), float(stamp.left + x + width), float(stamp.top + y + height))
    return Sight(box_px, min(1.0, cv2.countNonZero(mask) / max(1.0, stamp.whole_px)))
