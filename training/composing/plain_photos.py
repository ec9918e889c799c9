"""A folder of plain photos: which products it shows, which photo goes to which split, and their cut-outs on disk."""

import os
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np

from runtime.errors import SourceError
from runtime.sources.folder import EXTENSIONS, natural_order, no_images
from training.composing.cutout import Cutout, cutout_of
from training.data.dataset import read_picture, write_atomically

SPLITS = ("train", "val")


class Photo(NamedTuple):
    """One plain photo."""

    path: Path
    product: int
    """Index into the names."""
    cutout: Path
    """Where its cut-out is kept, a PNG with alpha."""


class PlainPhotos(NamedTuple):
    """The photos of all products."""

    names: List[str]
    photos: List[Photo]
    ignored: List[Path]
    """Pictures that are neither in a product's folder nor named after a product."""

    def of(self, product: int) -> List[Photo]:
        """The photos of one product."""
        return [photo for photo in self.photos if photo.product == product]


def find_photos(folder: Path, cutouts: Path) -> PlainPhotos:
    """A folder a product, or a file a product, whose name is then the product's; SourceError where there is neither."""
    if not folder.is_dir():
        raise SourceError(f"no folder {folder}: expected plain photos, one folder a product or one file a product")
    loose = _pictures(folder)
    by_product: Dict[str, List[Path]] = {}
    for child in sorted(folder.iterdir(), key=lambda path: natural_order(path.name)):
        if child.is_dir() and not child.name.startswith("."):
            found = sorted((path for path in child.rglob("*") if _is_picture(path)), key=lambda path: str(path))
            if found:
                by_product[child.name] = found
    ignored = loose if by_product else []
    if not by_product:
        for path in loose:
            by_product.setdefault(path.stem, []).append(path)
    if not by_product:
        raise SourceError(no_images("photos", str(folder), [path.name for path in folder.rglob("*")]))
    names = list(by_product)
    photos = [
        Photo(path, product, cutouts / name / f"{number:03d}-{path.stem}.png")
        for product, name in enumerate(names)
        for number, path in enumerate(by_product[name])
    ]
    return PlainPhotos(names, photos, ignored)


def _pictures(folder: Path) -> List[Path]:
    return sorted((path for path in folder.iterdir() if _is_picture(path)), key=lambda path: natural_order(path.name))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in EXTENSIONS and path.is_file() and not path.name.startswith(".")


def split_photos(plain: PlainPhotos, share: float, seed: int) -> Dict[str, List[Photo]]:
    """The photos of each split. A product with several has some for val alone; a single photo must serve both."""
    by_split: Dict[str, List[Photo]] = {split: [] for split in SPLITS}
    for product in range(len(plain.names)):
        photos = plain.of(product)
        order = np.random.RandomState([seed, product]).permutation(len(photos))
        kept = min(max(1, round(share * len(photos))), len(photos) - 1)
        for position, index in enumerate(order):
            for split in SPLITS if len(photos) == 1 else SPLITS[position < kept :][:1]:
                by_split[split].append(photos[index])
    return by_split


def cut_out(photo: Photo) -> Tuple[Photo, Optional[str]]:
    """Write the cut-out of one photo unless it is there; why it is the whole photo, if so. SourceError: no picture."""
    note = photo.cutout.with_suffix(".txt")
    if photo.cutout.is_file():
        return photo, note.read_text(encoding="utf-8").strip() if note.is_file() else None
    image = read_picture(str(photo.path))
    made: Cutout = cutout_of(image, _own_alpha(photo.path, image.shape))
    os.makedirs(str(photo.cutout.parent), exist_ok=True)
    if made.reason:
        write_atomically(note, (made.reason + "\n").encode())
    write_atomically(photo.cutout, cv2.imencode(".png", made.picture)[1].tobytes())
    return photo, made.reason


def _own_alpha(path: Path, shape: Tuple[int, ...]) -> Optional[np.ndarray]:
    """A PNG's or WebP's own transparency."""
    if path.suffix.lower() not in (".png", ".webp", ".tif", ".tiff"):
        return None
    whole = cv2.imdecode(np.fromfile(str(path), np.uint8), cv2.IMREAD_UNCHANGED)
    if whole is None or whole.ndim != 3 or whole.shape[2] != 4 or whole.shape[:2] != shape[:2]:
        return None
    return whole[..., 3].astype(np.uint8) if whole.dtype == np.uint8 else None


def read_cutout(path: Path) -> np.ndarray:
    """(H, W, 4) uint8 BGR and alpha; SourceError where the file was spoilt."""
    data = np.fromfile(str(path), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        raise SourceError(f"{path} is no cut-out (a PNG with alpha): remove it, and it is made again")
    return picture
