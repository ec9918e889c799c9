"""The same pictures with shapes for classes: what stage 1 is trained on, in the layout that Ultralytics reads."""

import json
import os
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

from benchmarks.scoring.yolo_labels import LabelledPicture
from training.data.dataset import DataSet, hold_out, write_atomically

ONE_CLASS = "product"
"""The only class of stage 1 where a data set does not say which shape a product has."""


class Stage1Data(NamedTuple):
    """A folder for Ultralytics."""

    yaml: Path
    shapes: List[str]


def shapes_of(names: List[str], shapes: Dict[str, str], order: Tuple[str, ...] = ()) -> List[str]:
    """The classes of stage 1: those in `order` first, then the others by name."""
    if not shapes:
        return [ONE_CLASS]
    found = {shapes[name] for name in names}
    return [shape for shape in order if shape in found] + sorted(found - set(order))


def write_stage1_data(
    data: DataSet, validating: List[LabelledPicture], out: Path, order: Tuple[str, ...] = ()
) -> Stage1Data:
    """Write labels, two lists of pictures and data.yaml to `out`; the pictures are linked, not copied.

    Where there are none `validating`, the last pictures of each folder do: whole scenes, since the frames of a scene
    follow one another.
    """
    shapes = shapes_of(data.names, data.shapes, order)
    number_of = [shapes.index(data.shapes.get(name, ONE_CLASS)) for name in data.names]
    link = out / "images"
    out.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to((data.folder / "images").resolve(), target_is_directory=True)
    training = data.pictures
    if not validating:
        training, validating = hold_out(data.pictures)
    for name, pictures in (("train.txt", training), ("val.txt", validating or training)):
        paths = []
        for picture in pictures:
            relative = Path(picture.path).relative_to(data.folder / "images")
            label = (out / "labels" / relative).with_suffix(".txt")
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text(_lines(picture, number_of), encoding="utf-8")
            # Not resolved: Ultralytics finds labels/ by the name of the folder images/ in the path.
            paths.append(os.path.join(os.path.abspath(link), relative))
        write_atomically(out / name, "".join(path + "\n" for path in paths).encode())
    content = {"path": os.path.abspath(out), "train": "train.txt", "val": "val.txt", "names": shapes}
    write_atomically(out / "data.yaml", json.dumps(content, indent=1).encode())
    return Stage1Data(out / "data.yaml", shapes)


def _lines(picture: LabelledPicture, number_of: List[int]) -> str:
    rows = zip(picture.classes, picture.boxes)
    return "".join(f"{number_of[number]} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for number, (x, y, w, h) in rows)
