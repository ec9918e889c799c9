"""A YOLO-format folder: pictures, boxes, names, and which shape each product has."""

import os
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np

from benchmarks.scoring.yolo_labels import LabelledPicture, read_labelled_picture
from benchmarks.scoring.yolo_names import read_names
from runtime.errors import SourceError
from runtime.sources.folder import EXTENSIONS


class DataSet(NamedTuple):
    """Labelled pictures and the names of their classes."""

    folder: Path
    names: List[str]
    shapes: Dict[str, str]
    """Product: shape. Empty where the folder does not tell."""
    pictures: List[LabelledPicture]


def write_atomically(path: Path, content: bytes) -> None:
    """The file is whole or not there, whenever the process is killed."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except BaseException:
        if part.exists():
            part.unlink()
        raise


def read_picture(path: str) -> np.ndarray:
    """(H, W, 3) uint8 BGR; SourceError names a file that is no picture."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise SourceError(f"{path} is no picture that OpenCV reads: remove it, or write the data set again")
    return image


def open_data_set(folder: Path, groups: Optional[List[str]] = None) -> DataSet:
    """The pictures of `folder` below images/<group>/, or all of them; SourceError says what is missing.

    A picture without a label file has no boxes; a folder without any label is refused.
    """
    images = folder / "images"
    if not images.is_dir():
        raise SourceError(f"{folder} has no folder images/: expected images/, labels/ and data.yaml or classes.txt")
    names = read_names(str(folder))
    shapes = _shapes(folder, names)
    roots = [images / group for group in groups] if groups else [images]
    for root in roots:
        if not root.is_dir():
            found = sorted(path.name for path in images.iterdir() if path.is_dir())
            raise SourceError(f"no folder {root}: {images} holds {', '.join(found) or 'no folders'}")
    files = sorted(path for root in roots for path in root.rglob("*") if path.suffix.lower() in EXTENSIONS)
    if not files:
        raise SourceError(f"no pictures below {', '.join(map(str, roots))}: expected {', '.join(EXTENSIONS)}")
    pictures = [_labelled(folder, path, len(names)) for path in files]
    if not any(len(picture.classes) for picture in pictures):
        raise SourceError(
            f"none of the {len(files)} pictures of {folder} has a label: expected labels/NAME.txt for images/NAME.jpg"
        )
    return DataSet(folder, names, shapes, pictures)


VALIDATION = "val"
"""The folder below images/ whose pictures draw a training's curves, and are not trained on unless asked for by name."""


VALIDATION_SHARE = 0.04
"""Of each folder, where there is no images/val."""


def open_to_train(folder: Path, groups: Optional[List[str]] = None) -> Tuple[DataSet, List[LabelledPicture]]:
    """What to train on, and the pictures of images/val; none of these where it does not exist or is trained on too."""
    validating = folder / "images" / VALIDATION
    data = open_data_set(folder, groups)
    if not validating.is_dir() or VALIDATION in (groups or []):
        return data, []
    training = [picture for picture in data.pictures if validating not in Path(picture.path).parents]
    if not training:
        return data, []
    return data._replace(pictures=training), open_data_set(folder, [VALIDATION]).pictures


def hold_out(pictures: List[LabelledPicture]) -> Tuple[List[LabelledPicture], List[LabelledPicture]]:
    """All but the last of each folder, and these: whole scenes, since the frames of a scene follow one another."""
    by_folder: Dict[Path, List[LabelledPicture]] = {}
    for picture in pictures:
        by_folder.setdefault(Path(picture.path).parent, []).append(picture)
    kept: List[LabelledPicture] = []
    held: List[LabelledPicture] = []
    for together in by_folder.values():
        count = max(1, int(len(together) * VALIDATION_SHARE)) if len(together) > 1 else 0
        kept += together[: len(together) - count]
        held += together[len(together) - count :]
    return kept, held


def _labelled(folder: Path, image: Path, classes: int) -> LabelledPicture:
    labels = (folder / "labels" / image.relative_to(folder / "images")).parent
    return read_labelled_picture(str(image), str(labels), classes)


def _shapes(folder: Path, names: List[str]) -> Dict[str, str]:
    """From shapes.txt, a line for each name; empty where there is none."""
    path = folder / "shapes.txt"
    if not path.is_file():
        return {}
    shapes = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    if len(shapes) != len(names) or not all(shapes):
        raise SourceError(
            f"{path} has {len(shapes)} lines for {len(names)} classes: expected the shape of each, in their order"
        )
    return dict(zip(names, shapes))
