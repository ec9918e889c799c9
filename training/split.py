"""Split a data set so that nothing that looks alike is on both sides: python -m training.split SET --val 0.2 --out NEW

Near-duplicates stay together, and each class is shared out alike. NEW is a set of the same kind, images/{train,val} and
labels/{train,val} or {train,val}/<product>, of links to SET: nothing is copied unless --copy says so.
"""

import argparse
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError, UsageError
from training.check_data import Checked, check, products_in
from training.data.data_yaml import data_yaml
from training.data.dataset import write_atomically
from training.data.perceptual_hash import groups_of
from training.data.survey import Picture

NOTHING = -1
"""Stands for the class of a picture that shows none."""


class Split(NamedTuple):
    """Positions in the set's pictures."""

    train: List[int]
    val: List[int]
    groups: List[List[int]]
    """Of pictures that look alike, those of two and more."""


def split_of(checked: Checked, share: float, seed: int, only: Sequence[str] = ()) -> Split:
    """`share` of the readable pictures to val, class by class; `only`: of these splits, the others are left out."""
    pictures, seen = checked.survey.pictures, checked.seen
    usable = {
        number
        for number, picture in enumerate(pictures)
        if seen[number].look is not None and (not only or picture.split in only)
    }
    pairs = [pair for pair in checked.pairs if pair.first in usable and pair.second in usable]
    groups = [group for group in groups_of(len(pictures), pairs) if group[0] in usable]
    shown = [Counter(number for each in group for number in _shown(checked, each)) for group in groups]
    to_val = chosen(shown, share, seed)
    train = sorted(number for group, is_val in zip(groups, to_val) if not is_val for number in group)
    val = sorted(number for group, is_val in zip(groups, to_val) if is_val for number in group)
    return Split(train, val, [group for group in groups if len(group) > 1])


def _shown(checked: Checked, position: int) -> List[int]:
    return products_in(checked.survey.pictures[position], checked.seen[position]) or [NOTHING]


def chosen(shown: Sequence[Dict[int, int]], share: float, seed: int) -> List[bool]:
    """Which groups go to val; `shown`: how many pictures of each class each group has.

    In random order, each goes where its classes are behind: val[c] follows share x seen[c]. Then a class of two groups
    or more that val has none of gets its smallest.
    """
    total: Counter = Counter()
    for group in shown:
        total.update(group)
    seen: Counter = Counter()
    val: Counter = Counter()
    to_val = [False] * len(shown)
    for number in np.random.RandomState(seed).permutation(len(shown)).tolist():
        group = shown[number]
        seen.update(group)
        behind = sum((share * seen[c] - val[c] - count / 2) / total[c] for c, count in group.items())
        if behind > 0:
            to_val[number] = True
            val.update(group)
    for c in sorted(total, key=lambda c: (total[c], c)):
        having = [number for number, group in enumerate(shown) if c in group]
        if not val[c] and len(having) > 1:
            smallest = min(having, key=lambda number: (sum(shown[number].values()), number))
            to_val[smallest] = True
            val.update(shown[smallest])
    return to_val


def write_split(checked: Checked, split: Split, out: Path, copy: bool = False) -> None:
    """The new set; UsageError where `out` holds something."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty: give another --out")
    put = shutil.copyfile if copy else _link
    for side in ("train", "val"):
        taken: Counter = Counter()
        for position in getattr(split, side):
            picture = checked.survey.pictures[position]
            folder = _folder_of(out, side, checked, picture)
            folder.mkdir(parents=True, exist_ok=True)
            taken[folder / picture.path.stem] += 1
            number = taken[folder / picture.path.stem]
            stem = picture.path.stem + (f"-{number}" if number > 1 else "")
            put(str(picture.path), str(folder / (stem + picture.path.suffix)))
            if picture.label is not None and picture.label.is_file():
                labels = out / "labels" / side
                labels.mkdir(parents=True, exist_ok=True)
                put(str(picture.label), str(labels / f"{stem}.txt"))
    if checked.survey.has_labels:
        write_atomically(out / "data.yaml", data_yaml(checked.survey.names).encode())
        shapes = checked.survey.folder / "shapes.txt"
        if shapes.is_file():
            shutil.copyfile(str(shapes), str(out / "shapes.txt"))


def _folder_of(out: Path, side: str, checked: Checked, picture: Picture) -> Path:
    if checked.survey.has_labels:
        return out / "images" / side
    return out / side / checked.survey.names[picture.product]


def _link(source: str, target: str) -> None:
    os.symlink(os.path.realpath(source), target)


def tell(checked: Checked, split: Split) -> None:
    """Sizes, groups, and the share of each class."""
    names = checked.survey.names
    sides = {
        side: Counter(number for each in getattr(split, side) for number in _shown(checked, each))
        for side in ("train", "val")
    }
    print(f"{'class':32s} train    val  share of val")
    for number, name in enumerate(names):
        train, val = sides["train"][number], sides["val"][number]
        note = "" if val or not train else "  none to validate: a single picture, or all alike"
        print(f"{name[:32]:32s}{train:6d} {val:6d}  {val / max(1, train + val):.3f}{note}")
    alike = sum(map(len, split.groups))
    largest = max(map(len, split.groups), default=0)
    print(f"{len(split.train)} pictures to train, {len(split.val)} to validate")
    print(f"{len(split.groups)} groups of alike pictures ({alike} pictures, at most {largest} in one) kept together")
    left_out = sum(seen.look is None for seen in checked.seen)
    if left_out:
        print(f"{left_out} unreadable pictures left out: python -m training.check_data names them", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.split", description="Split a data set; what looks alike stays together."
    )
    parser.add_argument("set", type=Path, metavar="SET", help="a YOLO set, or a folder of pictures a product")
    parser.add_argument("--out", required=True, type=Path, metavar="NEW", help="the new set, of links to SET")
    parser.add_argument("--val", type=float, default=0.2, metavar="SHARE", help="share of the pictures (0.2)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="other seed, other split (0)")
    parser.add_argument("--only", nargs="+", default=[], metavar="SPLIT", help="of SET's own splits (all of them)")
    parser.add_argument("--copy", action="store_true", help="copy the pictures instead of linking to them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values: Dict[str, Any] = vars(_parser().parse_args(arguments))
    interrupted = "interrupted: remove what was written and start again"
    return exit_status_of(lambda: _split(values), interrupted, values["out"])


def _split(values: Dict[str, Any]) -> None:
    if not 0 < values["val"] < 1 or values["seed"] < 0 or values["workers"] < 1:
        raise UsageError("--val must lie between 0 and 1, --seed be at least 0, --workers at least 1")
    checked = check(values["set"], values["workers"])
    found = {picture.split for picture in checked.survey.pictures}
    if set(values["only"]) - found:
        raise UsageError(f"--only {' '.join(values['only'])}: {values['set']} has {', '.join(sorted(found)) or 'none'}")
    split = split_of(checked, values["val"], values["seed"], values["only"])
    if not split.train or not split.val:
        raise SourceError(f"{values['set']}: too few pictures to split, or all of them look alike")
    write_split(checked, split, values["out"], values["copy"])
    tell(checked, split)


if __name__ == "__main__":
    sys.exit(main())
