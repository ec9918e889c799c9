"""How well objects in pictures are counted: python -m benchmarks.counting --data DIR --detector FILE.onnx

RMSE of the counts a picture against the labels, of each class and of all. The threshold is what counts best on the
other half of the pictures (even and odd ones), so that no picture chooses its own; all pictures together choose the one
that is told. `--counts FILE` is the truth where a set has no boxes of what the detector finds, faces for one
(benchmarks/faces_in_coco128.json).
"""

import argparse
import math
import os
import sys
from itertools import compress
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from benchmarks.ap50 import Seen, look
from benchmarks.machine import machine
from benchmarks.scoring.counts_file import read_counted_folder
from benchmarks.scoring.yolo_labels import read_labelled_folder
from runtime.command_line.command import exit_status_of
from runtime.errors import UsageError
from runtime.figures.report import write_report
from runtime.settings import Settings

LEAST_SCORE = 0.05
THRESHOLDS = tuple(round(float(value), 2) for value in np.arange(LEAST_SCORE, 0.91, 0.01))
ALL = "all"


class Row(NamedTuple):
    """Of one class, or of all together."""

    name: str
    true: int
    """Objects in all pictures."""
    counted: int
    threshold: float
    """That counts all pictures best."""
    rmse: float
    """A picture, each with the threshold of the other half."""
    rmse_none: float
    """Of one who counts nothing."""
    rmse_mean: float
    """Of one who says the mean count for each."""
    exact: float
    """Share of the pictures that are counted right."""


def rmse(counts: np.ndarray, true: np.ndarray) -> float:
    """Of (n,) counts."""
    return math.sqrt(float(np.mean((counts - true) ** 2)))


def counts_of(seen: Seen, number: Optional[int]) -> np.ndarray:
    """(thresholds, pictures) int: how many of class `number`, None = any, are found in each."""
    counts = np.zeros((len(THRESHOLDS), len(seen.found)), int)
    for index, found in enumerate(seen.found):
        scores = found.scores if number is None else found.scores[found.classes == number]
        counts[:, index] = (scores[None, :] >= np.array(THRESHOLDS, np.float32)[:, None]).sum(axis=1)
    return counts


def row_of(name: str, counts: np.ndarray, true: np.ndarray) -> Row:
    """`counts` (thresholds, pictures), `true` (pictures,)."""
    halves = [np.arange(len(true)) % 2 == half for half in (0, 1)]
    crossed = np.zeros(len(true), int)
    for own, other in (halves, halves[::-1]):
        crossed[own] = counts[best(counts[:, other], true[other])][own]
    chosen = best(counts, true)
    return Row(
        name,
        int(true.sum()),
        int(crossed.sum()),
        THRESHOLDS[chosen],
        rmse(crossed, true),
        rmse(np.zeros(len(true)), true),
        float(true.std()),
        float(np.mean(crossed == true)),
    )


def best(counts: np.ndarray, true: np.ndarray) -> int:
    """The index of the threshold with the least RMSE, the middle one of equals."""
    errors = ((counts - true) ** 2).sum(axis=1)
    equal = np.flatnonzero(errors == errors.min())
    return int(equal[len(equal) // 2])


def rows_of(seen: Seen, classes: Sequence[str], wanted: Sequence[str]) -> List[Row]:
    """All together, then each wanted class."""
    rows = [row_of(ALL, counts_of(seen, None), np.array([len(each.classes) for each in seen.truth]))]
    for name in wanted:
        if name not in classes:
            raise UsageError("--of {}: the set has no such class".format(name))
        number = classes.index(name)
        true = np.array([int((each.classes == number).sum()) for each in seen.truth])
        rows.append(row_of(name, counts_of(seen, number), true))
    return rows


def _count(own: argparse.Namespace) -> None:
    if own.counts:
        folder, is_counted = read_counted_folder(own.data, own.counts)
    else:
        folder = read_labelled_folder(own.data)
        is_counted = [True] * len(folder.pictures)
    settings = Settings(
        source=folder.images,
        detector=own.detector,
        classes=own.classes,
        min_score=LEAST_SCORE,
        iou=own.iou,
        size=own.size,
        stretch=own.stretch,
        fps=0.0,
    )
    seen = look(folder, settings)
    # truth is in the detector's own numbers
    numbered: Dict[str, int] = {}
    for picture, truth in zip(folder.pictures, seen.truth):
        numbered.update((folder.names[a], int(b)) for a, b in zip(picture.classes, truth.classes))
    classes = [""] * (max(numbered.values(), default=0) + 1)
    for name, number in numbered.items():
        classes[number] = name
    seen = seen._replace(found=list(compress(seen.found, is_counted)), truth=list(compress(seen.truth, is_counted)))
    rows = rows_of(seen, classes, own.of)
    way = "stretched" if own.stretch else "letterboxed"
    print("{} at {}, {}, {} pictures".format(os.path.basename(own.detector), seen.size, way, len(seen.truth)))
    print("| class | true | counted | RMSE | counting none | saying the mean | exact | threshold |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        told = "| {name} | {true} | {counted} | {rmse:.3f} | {rmse_none:.3f} | {rmse_mean:.3f} "
        line = told + "| {exact:.0%} | {threshold:.2f} |"
        print(line.format(**row._asdict()))
    if own.json:
        report: Dict[str, Any] = dict(machine(), way=way, size=seen.size, rows=[row._asdict() for row in rows])
        write_report(own.json, report)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counting", description="RMSE of counts a picture.")
    parser.add_argument("--data", required=True, metavar="DIR", help="images/, labels/ and the names, in YOLO format")
    parser.add_argument("--counts", metavar="FILE.json", help="counts of one class a picture, instead of labels/")
    parser.add_argument("--detector", required=True, metavar="FILE.onnx", help="the model")
    parser.add_argument("--classes", metavar="NAMES", help="class names of the model, as for runtime.camera")
    parser.add_argument(
        "--of", action="append", default=[], metavar="CLASS", help="also of this class; may be repeated"
    )
    parser.add_argument(
        "--size", type=int, metavar="PX", help="longer side of the input, where the model leaves it open"
    )
    parser.add_argument(
        "--iou", type=float, default=0.7, metavar="R", help="overlap above which the weaker box goes (0.7)"
    )
    parser.add_argument("--stretch", action="store_true", help="stretch pictures instead of letterboxing them")
    parser.add_argument("--json", metavar="OUT", help="write the figures as JSON, - = standard output")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _count(own))


if __name__ == "__main__":
    sys.exit(main())
