"""One composed picture: background, arrangement, pasting, light, label. A pure function of a recipe and a number."""

from functools import lru_cache
from pathlib import Path
from typing import Dict, NamedTuple, Tuple

import cv2
import numpy as np

from runtime.scene.light import UNIT, gain_map
from runtime.scene.settings import SPLITS as LIGHTS
from runtime.scene.settings import SceneSettings
from training.composing.arrangement import arrange
from training.composing.backgrounds import Background
from training.composing.pasting import Labelled, compose_scene
from training.composing.plain_photos import SPLITS, read_cutout
from training.data.dataset import write_atomically

JPEG_QUALITY = (70, 96)


class Recipe(NamedTuple):
    """What one split is composed of."""

    out: Path
    split: str
    seed: int
    size: Tuple[int, int]
    """(width, height)."""
    cutouts: Tuple[Tuple[Path, ...], ...]
    """Of each product, those that this split may show; empty for a product that it never shows."""
    backgrounds: Tuple[Path, ...]
    """Empty: built-in ones."""


def scene_of(recipe: Recipe, number: int) -> Labelled:
    """Scene `number` of a split, a pure function of both."""
    rng = np.random.RandomState([recipe.seed, SPLITS.index(recipe.split), number])
    shown = [product for product, cutouts in enumerate(recipe.cutouts) if cutouts]

    def pick() -> Tuple[int, np.ndarray]:
        product = shown[rng.randint(len(shown))]
        cutouts = recipe.cutouts[product]
        return product, _cutout(cutouts[rng.randint(len(cutouts))])

    background = Background(list(recipe.backgrounds)).draw(rng, recipe.size)
    made = compose_scene(background, arrange(rng, recipe.size, pick))
    return made._replace(image=photographed(made.image, rng))


@lru_cache(maxsize=512)
def _cutout(path: Path) -> np.ndarray:
    return read_cutout(path)


def photographed(image: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """The scene under one light, through one lens, on one sensor."""
    height, width = image.shape[:2]
    light = SceneSettings(8, split=LIGHTS[rng.randint(2)], hard=rng.uniform() < 0.2)
    warmth = rng.uniform(-0.10, 0.10)
    colour = np.array([1 - warmth, 1, 1 + warmth], np.float32) * rng.uniform(0.85, 1.35)
    gain = gain_map(rng, light, width, height).astype(np.float32) * (colour / UNIT)
    lit: np.ndarray = image * gain if rng.uniform() < 0.8 else image.astype(np.float32)
    unit = height / 480
    if rng.uniform() < 0.35:
        lit = cv2.GaussianBlur(lit, (0, 0), unit * rng.uniform(0.4, 1.6))
    elif rng.uniform() < 0.15:
        lit = _moved(lit, unit * rng.uniform(3, 9), rng.uniform(0, 180))
    if rng.uniform() < 0.6:
        lit = lit + rng.standard_normal(lit.shape).astype(np.float32) * rng.uniform(1, 9)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _moved(image: np.ndarray, length_px: float, degrees: float) -> np.ndarray:
    """Motion blur."""
    side = max(3, int(length_px) | 1)
    line = np.zeros((side, side), np.float32)
    line[side // 2] = 1
    kernel = cv2.warpAffine(line, cv2.getRotationMatrix2D((side // 2, side // 2), degrees, 1), (side, side))
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def write_scene(recipes: Dict[str, Recipe], job: Tuple[str, int]) -> None:
    """One picture and its label, unless they are there."""
    recipe, number = recipes[job[0]], job[1]
    image = recipe.out / "images" / recipe.split / f"{number:06d}.jpg"
    if image.exists():
        return
    made = scene_of(recipe, number)
    quality = int(np.random.RandomState([recipe.seed, number]).randint(*JPEG_QUALITY))
    width, height = recipe.size
    corners = made.boxes_px / np.array([width, height, width, height])
    rows = np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], axis=1)
    lines = "".join(f"{c} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for c, (x, y, w, h) in zip(made.products, rows))
    # The label first: a picture that is there is complete.
    write_atomically(recipe.out / "labels" / recipe.split / f"{number:06d}.txt", lines.encode())
    write_atomically(image, cv2.imencode(".jpg", made.image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
