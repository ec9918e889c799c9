"""Walls of no material in particular: lines, waves, patches and grain at random, behind some of the training scenes.

A detector that has seen four kinds of wall takes the fifth for a product; one that has seen these does not.
"""

import math

import cv2
import numpy as np


def texture(rng: np.random.RandomState, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 BGR: a plain colour with up to three layers of something on it."""
    base = rng.uniform(40, 220) + rng.uniform(-35, 35, 3)
    image = np.ones((height, width, 3), np.float32) * base.astype(np.float32)
    layers = [_grain, _waves, _lines, _patches, _grid]
    for index in rng.permutation(len(layers))[: rng.randint(1, 4)]:
        image = layers[index](image, rng)
    return np.clip(image, 0, 255).astype(np.uint8)


def _colour(rng: np.random.RandomState) -> np.ndarray:
    """(3,) float32: how a mark differs from what it is on; mostly in brightness."""
    return (rng.uniform(-60, 60) + rng.uniform(-20, 20, 3)).astype(np.float32)


def _grain(image: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Soft blotches of one size, longer one way than the other."""
    height, width = image.shape[:2]
    coarse = rng.standard_normal((max(2, height // rng.randint(4, 60)), max(2, width // rng.randint(4, 60))))
    field = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return image + field[..., None] * rng.uniform(4, 22)


def _waves(image: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """A grating, straight or bent, smooth or with hard edges."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, period_px = rng.uniform(0, math.pi), rng.uniform(6, 90)
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    bend = rng.uniform(0, 12) * np.sin(across * (2 * math.pi / rng.uniform(20, 200)))
    wave = np.sin((along + bend) * (2 * math.pi / period_px))
    if rng.uniform() < 0.5:
        wave = np.sign(wave)
    return image + wave[..., None] * _colour(rng) * 0.4


def _lines(image: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Straight strokes, all one way or two ways crossed."""
    height, width = image.shape[:2]
    angles = rng.uniform(0, math.pi, rng.randint(1, 4))
    colour, length_px = _colour(rng), rng.uniform(20, 200)
    marks = np.zeros((height, width), np.float32)
    for _ in range(rng.randint(20, 200)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        angle = angles[rng.randint(len(angles))]
        end = x + length_px * math.cos(angle), y + length_px * math.sin(angle)
        cv2.line(marks, (int(x), int(y)), (int(end[0]), int(end[1])), 1.0, int(rng.randint(1, 4)), cv2.LINE_AA)
    return image + marks[..., None] * colour


def _patches(image: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Polygons and ellipses of any colour."""
    height, width = image.shape[:2]
    size_px, strength = rng.uniform(4, 60), rng.uniform(0.3, 1.5)
    for _ in range(rng.randint(10, 150)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        colour = (image[int(y), int(x)] + _colour(rng) * strength).tolist()
        if rng.uniform() < 0.5:
            axes = rng.uniform(0.3, 1.0, 2) * size_px
            angle = rng.uniform(0, 180)
            cv2.ellipse(image, (int(x), int(y)), (int(axes[0]), int(axes[1])), angle, 0, 360, colour, -1, cv2.LINE_AA)
        else:
            corners = np.array([x, y]) + rng.uniform(-1, 1, (rng.randint(3, 6), 2)) * size_px
            cv2.fillConvexPoly(image, cv2.convexHull(corners.astype(np.int32)), colour, cv2.LINE_AA)
    return image


def _grid(image: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Fields, each a little brighter or darker, some leaning."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lean, period_x, period_y = rng.uniform(-1, 1), rng.uniform(15, 120), rng.uniform(15, 120)
    column = np.floor((x + lean * y) / period_x).astype(int)
    row = np.floor((y + rng.uniform(-0.5, 0.5) * x) / period_y).astype(int)
    shades = rng.standard_normal(977).astype(np.float32)
    return image + shades[(row * 31 + column * 17) % 977][..., None] * rng.uniform(3, 25)
