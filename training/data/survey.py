"""What lies in a data set's folder, read without refusing anything: a YOLO set, or folders of pictures."""

import os
import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from benchmarks.scoring.yolo_names import YAML_FILES, read_lines, read_names
from runtime.errors import SourceError
from runtime.sources.folder import EXTENSIONS, natural_order, no_images

SPLIT_NAMES = ("train", "val", "valid", "validation", "test")
_LIST_LINE = re.compile(r"""^\s*["']?(train|val|test)["']?\s*:\s*["']?([^"',]+\.txt)["']?\s*,?\s*$""")


class Picture(NamedTuple):
    """One picture of a set."""

    path: Path
    split: str
    """"train", "val", ...; empty where the set has no splits."""
    label: Optional[Path]
    """Where its boxes would stand; None in a set of folders."""
    product: int
    """Index into the names in a set of folders; -1 where labels tell."""


class Survey(NamedTuple):
    """A data set as it lies there."""

    folder: Path
    names: List[str]
    pictures: List[Picture]
    stray_labels: List[Path]
    """Labels of no picture."""

    @property
    def has_labels(self) -> bool:
        """Whether this is a YOLO set."""
        return any(picture.label is not None for picture in self.pictures)


def survey(folder: Path) -> Survey:
    """`folder`, a YOLO set (images/, labels/, names) or folders of pictures; SourceError where it is neither."""
    if not folder.is_dir():
        raise SourceError(f"no folder {folder}: expected a YOLO set (images/, labels/, names) or a folder a product")
    found = _yolo(folder) if (folder / "images").is_dir() or _lists(folder) else _folders(folder)
    if not found.pictures:
        raise SourceError(no_images("pictures", str(folder), [path.name for path in folder.rglob("*")]))
    return found


def survey_photos(folder: Path) -> Survey:
    """Plain photos, a folder a product; SourceError for anything else."""
    found = survey(folder)
    if found.has_labels:
        raise SourceError(f"{folder} has boxes: expected plain photos, a folder a product")
    return found


def _yolo(folder: Path) -> Survey:
    names = read_names(str(folder))
    listed = _lists(folder)
    images = folder / "images"
    paths: List[Tuple[Path, str]] = []
    for split, file in sorted(listed.items()):
        paths += [(_resolved(folder, line.strip()), split) for line in read_lines(str(file)) if line.strip()]
    if not listed:
        for path in _pictures_below(images):
            parts = path.relative_to(images).parts
            paths.append((path, _split_of(parts[0]) if len(parts) > 1 else ""))
    pictures = [Picture(path, split, label_of(path), -1) for path, split in paths]
    wanted = {picture.label for picture in pictures}
    labels = sorted((folder / "labels").rglob("*.txt")) if not listed else []
    stray = [path for path in labels if path not in wanted and path.name != "classes.txt"]
    return Survey(folder, names, pictures, stray)


def label_of(image: Path) -> Path:
    """Where the boxes of a picture stand: labels/ instead of the last images/ in its path, as Ultralytics has it."""
    parts = list(image.parts)
    for position in range(len(parts) - 1, -1, -1):
        if parts[position] == "images":
            parts[position] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _lists(folder: Path) -> Dict[str, Path]:
    """Files that list the pictures of a split, from data.yaml."""
    for name in YAML_FILES:
        if (folder / name).is_file():
            matches = (_LIST_LINE.match(line) for line in read_lines(str(folder / name)))
            return {match.group(1): folder / match.group(2) for match in matches if match}
    return {}


def _resolved(folder: Path, line: str) -> Path:
    return Path(os.path.normpath(str(folder / line)))


def _split_of(name: str) -> str:
    """train2017, train-hard and the like are all trained on."""
    return "train" if name.lower().startswith("train") else name


def _folders(folder: Path) -> Survey:
    """A folder a product, perhaps below a folder a split; a split may have one file a product instead."""
    children = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: natural_order(path.name))
    nested = [child for child in children if any(path.is_dir() for path in child.iterdir())]
    has_splits = bool(nested) or bool(children and all(child.name.lower() in SPLIT_NAMES for child in children))
    entries: List[Tuple[Path, str, str]] = []
    for root, split in [(child, _split_of(child.name)) for child in children] if has_splits else [(folder, "")]:
        for path in _pictures_below(root):
            parts = path.relative_to(root).parts
            entries.append((path, split, parts[0] if len(parts) > 1 else path.stem))
    own = {path.name for root in (children if has_splits else [folder]) for path in root.iterdir() if path.is_dir()}
    names = sorted({name for _, _, name in entries} | own, key=natural_order)
    number = {name: index for index, name in enumerate(names)}
    pictures = [Picture(path, split, None, number[name]) for path, split, name in entries]
    return Survey(folder, names, pictures, [])


def _pictures_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*"), key=lambda path: natural_order(str(path))):
        if path.suffix.lower() in EXTENSIONS and not path.name.startswith("."):
            yield path
