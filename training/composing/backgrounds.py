"""What products are pasted over: given pictures, or the demo's surfaces, shelves and clutter."""

from functools import lru_cache
from pathlib import Path
from typing import List, Tuple

import cv2
import numpy as np

from runtime.errors import SourceError
from runtime.scene.backdrop import draw_backdrop, margin_px
from runtime.scene.clutter import CLUTTER
from runtime.scene.materials import MATERIALS, smooth_noise
from runtime.scene.motion import layout_of
from runtime.scene.settings import SPLITS, SceneSettings
from runtime.sources.folder import EXTENSIONS
from training.data.dataset import read_picture

Size = Tuple[int, int]
_KEPT_SIDE_PX = 1600


class Background(object):
    """Where pictures of a size come from, one for each random state. Built in where `files` is empty."""

    def __init__(self, files: List[Path]) -> None:
        self.files = files

    def draw(self, rng: np.random.RandomState, size: Size) -> np.ndarray:
        """(H, W, 3) uint8 BGR of `size`, (width, height)."""
        if self.files:
            return _part_of(_read(self.files[rng.randint(len(self.files))]), rng, size)
        return BUILT_IN[rng.randint(len(BUILT_IN))](rng, size)


def find_backgrounds(folder: Path) -> List[Path]:
    """The pictures below `folder`; SourceError where there is none, or one that cannot be read."""
    if not folder.is_dir():
        raise SourceError(f"--backgrounds {folder}: no such folder: expected pictures without products")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS and path.is_file())
    if not files:
        raise SourceError(f"--backgrounds {folder}: no pictures there: expected {', '.join(EXTENSIONS)}")
    return files


@lru_cache(maxsize=32)
def _read(path: Path) -> np.ndarray:
    image = read_picture(str(path))
    scale = _KEPT_SIDE_PX / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image


def _part_of(image: np.ndarray, rng: np.random.RandomState, size: Size) -> np.ndarray:
    """A window of the right shape, at least half of what fits, mirrored half of the time."""
    width, height = size
    largest = min(image.shape[1] / width, image.shape[0] / height) * rng.uniform(0.5, 1.0)
    w, h = max(1, int(width * largest)), max(1, int(height * largest))
    x, y = rng.randint(image.shape[1] - w + 1), rng.randint(image.shape[0] - h + 1)
    part = image[y : y + h, x : x + w]
    if rng.randint(2):
        part = part[:, ::-1]
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA if w > width else cv2.INTER_LINEAR)


def _surface(rng: np.random.RandomState, size: Size) -> np.ndarray:
    """One material from edge to edge, at any scale: a table seen from above, a floor, a wall."""
    names = sorted(MATERIALS)
    picture = MATERIALS[names[rng.randint(len(names))]](rng, size[1], size[0], size[1] / 480 * rng.uniform(0.6, 2.2))
    return _flat(picture * _any_tint(rng))


def _table(rng: np.random.RandomState, size: Size) -> np.ndarray:
    """A surface in front of a wall."""
    wall, table = _surface(rng, size), _surface(rng, size)
    edge = int(size[1] * rng.uniform(0.2, 0.7))
    if rng.randint(2):
        wall = cv2.GaussianBlur(wall, (0, 0), size[1] / 480 * rng.uniform(1, 5))
    wall[edge:] = table[edge:]
    return wall


def _shelves(rng: np.random.RandomState, size: Size) -> np.ndarray:
    """The demo's shelves."""
    settings = SceneSettings(int(rng.randint(2, 20)), int(rng.randint(2**31 - 1)), split=SPLITS[rng.randint(2)])
    margin = margin_px(size[0])
    backdrop = draw_backdrop(rng, settings, layout_of(rng, settings, *size), *size)
    return np.ascontiguousarray(backdrop[margin : margin + size[1], margin : margin + size[0]])


def _blurred(rng: np.random.RandomState, size: Size) -> np.ndarray:
    """Blobs and bars of any colour, out of focus: a room behind the products."""
    width, height = size
    colours = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    share = np.clip(smooth_noise(rng, height, width, width / 3, height / 3) / 2 + 0.5, 0, 1)[..., None]
    picture = colours[0] * share + colours[1] * (1 - share)
    for _ in range(rng.randint(4, 24)):
        corner, extent = rng.uniform(-0.2, 1.0, 2) * size, rng.uniform(0.03, 0.5, 2) * size
        first, last = corner.astype(int), (corner + extent).astype(int)
        colour = rng.uniform(0, 255, 3).tolist()
        if rng.randint(2):
            cv2.rectangle(picture, tuple(first.tolist()), tuple(last.tolist()), colour, -1)
        else:
            cv2.circle(picture, tuple(first.tolist()), int(extent.min()) + 1, colour, -1)
    return cv2.GaussianBlur(_flat(picture), (0, 0), height / 480 * rng.uniform(0.5, 12))


def _cluttered(rng: np.random.RandomState, size: Size) -> np.ndarray:
    """Plants, stones and vases on a surface: things that are no product."""
    picture = (_table if rng.randint(2) else _surface)(rng, size)
    for _ in range(rng.randint(2, 8)):
        drawn = CLUTTER[rng.randint(len(CLUTTER))](rng).finished()
        scale = size[1] / 480 * rng.uniform(0.3, 1.0)
        thing = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[: size[1], : size[0]]
        height, width = thing.shape[:2]
        x, y = rng.randint(size[0] - width + 1), rng.randint(size[1] - height + 1)
        place = picture[y : y + height, x : x + width]
        place[...] = _flat(place * (1 - thing[..., 3:] / 255.0) + thing[..., :3])
    return picture


BUILT_IN = (_surface, _table, _shelves, _blurred, _cluttered)


def _any_tint(rng: np.random.RandomState) -> np.ndarray:
    """The materials are drawn in few colours."""
    return (rng.uniform(0.45, 1.1) * rng.uniform(0.75, 1.2, 3)).astype(np.float32)


def _flat(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)
