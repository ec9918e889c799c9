"""Look a data set over before training: python -m training.check_data SET --out DIR

SET is a YOLO set (images/, labels/, names) or folders of pictures, a folder a product. One line for each thing that is
wrong, with file and line, then a table. DIR/classes-1.png shows some of each class with their boxes, DIR/alike.png
the near-duplicates, DIR/findings.txt everything. Exit status 1 where something must be mended, 0 for warnings alone.
"""

import argparse
import json
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np
from tqdm import tqdm

from runtime.command_line.command import exit_status_of
from runtime.errors import UsageError
from runtime.sources.folder import read_image
from training.data.contact_sheet import Tile, class_sheets, pair_sheet
from training.data.dataset import write_atomically
from training.data.label_check import Finding, Labels, check_label
from training.data.perceptual_hash import Look, Pair, groups_of, look_of, near_pairs
from training.data.survey import Picture, Survey, survey
from training.processes import Workers

SHOWN = 10
"""So many lines of one kind are printed; DIR/findings.txt has all."""
PER_CLASS = 8
"""Pictures of each class on a contact sheet."""
NONE = Labels(np.zeros((0, 4)), np.zeros(0, np.int64), [])


class Seen(NamedTuple):
    """One picture, looked at."""

    look: Optional[Look]
    """None: no picture."""
    labels: Labels
    findings: List[Finding]


class Checked(NamedTuple):
    """A data set, looked over."""

    survey: Survey
    seen: List[Seen]
    pairs: List[Pair]
    """Positions in `survey.pictures`."""
    findings: List[Finding]

    @property
    def must_mend(self) -> bool:
        """Whether something stands in the way of a training that can be trusted."""
        return any(finding.must_mend for finding in self.findings)


def check(folder: Path, workers: int = 1, quiet: bool = False) -> Checked:
    """Look over everything; SourceError where there is no data set."""
    found = survey(folder)
    with Workers(workers) as run:
        looked = run(partial(look_at, len(found.names)), found.pictures)
        seen = list(tqdm(looked, "looking", len(found.pictures), unit="picture", disable=True if quiet else None))
    pairs = pairs_of(seen)
    findings = [finding for each in seen for finding in each.findings]
    findings += [
        Finding("label without image", True, str(path), "no picture of that name in images/")
        for path in found.stray_labels
    ]
    findings += _class_findings(found, seen) + _pair_findings(found, pairs)
    return Checked(found, seen, pairs, findings)


def look_at(classes: int, picture: Picture) -> Seen:
    """One picture and its label."""
    image = read_image(str(picture.path))
    if image is None:
        return Seen(None, NONE, [Finding("unreadable image", True, str(picture.path), "no picture that OpenCV reads")])
    labels = NONE
    findings: List[Finding] = []
    if picture.label is not None and picture.label.is_file():
        labels, findings = check_label(picture.label, classes, (image.shape[1], image.shape[0]))
    elif picture.label is not None:
        what = f"no {picture.label}: it is trained on as a picture without products"
        findings = [Finding("image without label", False, str(picture.path), what)]
    return Seen(look_of(image), labels, findings)


def pairs_of(seen: Sequence[Seen]) -> List[Pair]:
    """Near-duplicates, by position."""
    positions = [position for position, each in enumerate(seen) if each.look is not None]
    looks = [each.look for each in seen if each.look is not None]
    return [Pair(positions[pair.first], positions[pair.second], pair.distance) for pair in near_pairs(looks)]


def products_in(picture: Picture, seen: Seen) -> List[int]:
    """The classes that a picture shows, each once."""
    if picture.label is None:
        return [picture.product] if seen.look is not None else []
    return sorted(set(seen.labels.classes.tolist()))


def _class_findings(found: Survey, seen: List[Seen]) -> List[Finding]:
    count: Counter = Counter()
    for picture, each in zip(found.pictures, seen):
        count.update(products_in(picture, each))
    findings = []
    for number, name in enumerate(found.names):
        if not count[number]:
            what = "no picture shows it: add some, or leave the name out"
            findings.append(Finding("empty class", True, name, what))
        elif count[number] == 1:
            what = "a single picture: it cannot be both learnt and tested"
            findings.append(Finding("single picture", False, name, what))
    return findings


def _pair_findings(found: Survey, pairs: List[Pair]) -> List[Finding]:
    findings = []
    for pair in pairs:
        first, second = found.pictures[pair.first], found.pictures[pair.second]
        what = f"looks like {second.path} ({pair.distance} of 64 bits differ)"
        if first.split != second.split:
            what += f": {first.split or 'no split'} and {second.split or 'no split'}"
            findings.append(Finding("alike across splits", True, str(first.path), what))
        elif first.product != second.product:
            what += f": {found.names[first.product]} and {found.names[second.product]}"
            findings.append(Finding("alike, two classes", False, str(first.path), what))
        else:
            findings.append(Finding("alike within a split", False, str(first.path), what))
    return findings


def write_sheets(checked: Checked, out: Path) -> List[Path]:
    """The contact sheets and the list of everything; which files."""
    out.mkdir(parents=True, exist_ok=True)
    lines = "".join(line(finding) + "\n" for finding in checked.findings)
    write_atomically(out / "findings.txt", lines.encode())
    sheets = {
        f"classes-{number}.png": sheet for number, sheet in enumerate(class_sheets(_class_rows(checked), PER_CLASS), 1)
    }
    if checked.pairs:
        sheets["alike.png"] = pair_sheet(_pair_titles(checked))
    for name, sheet in sheets.items():
        write_atomically(out / name, cv2.imencode(".png", sheet)[1].tobytes())
    return [out / name for name in ("findings.txt", *sheets)]


def _class_rows(checked: Checked) -> List[Tuple[str, List[Tile]]]:
    by_class: Dict[int, List[int]] = {number: [] for number in range(len(checked.survey.names))}
    for position, (picture, seen) in enumerate(zip(checked.survey.pictures, checked.seen)):
        for number in products_in(picture, seen):
            by_class[number].append(position)
    rows = []
    for number, positions in by_class.items():
        # Evenly over all of them; each once where there are few.
        chosen = np.linspace(0, len(positions) - 1, min(PER_CLASS, len(positions))).round().astype(int).tolist()
        tiles = []
        for position in (positions[index] for index in chosen):
            labels = checked.seen[position].labels
            tiles.append(Tile(checked.survey.pictures[position].path, labels.boxes, labels.classes == number))
        boxes = sum(int((seen.labels.classes == number).sum()) for seen in checked.seen)
        told = f"{len(positions)} pictures" + (f", {boxes} boxes" if checked.survey.has_labels else "")
        rows.append((f"{number} {checked.survey.names[number]}: {told}", tiles))
    return rows


def _pair_titles(checked: Checked) -> List[Tuple[str, Path, Path]]:
    """Across splits first."""
    titles = []
    for pair in checked.pairs:
        first, second = (checked.survey.pictures[number] for number in (pair.first, pair.second))
        where = f"{first.split} | {second.split}" if first.split != second.split else first.split
        titles.append((first.split == second.split, f"{pair.distance} bits  {where}", first.path, second.path))
    return [title[1:] for title in sorted(titles, key=lambda title: title[0])]


def line(finding: Finding) -> str:
    """One line: where, how bad, what."""
    return f"{finding.where}: {'mend' if finding.must_mend else 'warning'}: {finding.kind}: {finding.what}"


def figures(checked: Checked) -> Dict[str, Any]:
    """What --json prints."""
    groups = [group for group in groups_of(len(checked.seen), checked.pairs) if len(group) > 1]
    kinds = Counter(finding.kind for finding in checked.findings)
    return {
        "set": str(checked.survey.folder),
        "images": len(checked.seen),
        "splits": dict(Counter(picture.split for picture in checked.survey.pictures)),
        "classes": len(checked.survey.names),
        "boxes": sum(len(seen.labels.classes) for seen in checked.seen),
        "polygons": sum(seen.labels.polygons for seen in checked.seen),
        "scored": sum(seen.labels.scored for seen in checked.seen),
        "alike_pairs": len(checked.pairs),
        "alike_groups": len(groups),
        "alike_images": sum(len(group) for group in groups),
        "kinds": dict(kinds),
        "must_mend": checked.must_mend,
        "findings": [finding._asdict() for finding in checked.findings],
    }


def tell(checked: Checked) -> None:
    """The lines, some of each kind, and the table."""
    kinds = Counter(finding.kind for finding in checked.findings)
    shown: Counter = Counter()
    for finding in checked.findings:
        shown[finding.kind] += 1
        if shown[finding.kind] <= SHOWN:
            print(line(finding))
    told = figures(checked)
    splits = ", ".join(f"{split or 'no split'} {count}" for split, count in sorted(told["splits"].items()))
    boxes = f", {told['boxes']} boxes" if checked.survey.has_labels else ""
    print(f"\n{told['set']}: {told['images']} pictures ({splits}), {told['classes']} classes{boxes}")
    if told["polygons"] or told["scored"]:
        print(
            f"{told['polygons']} polygons, read as their boxes; {told['scored']} boxes with a score, which is left out"
        )
    print(f"{told['alike_pairs']} pairs look alike, {told['alike_images']} pictures in {told['alike_groups']} groups")
    severe = {finding.kind: finding.must_mend for finding in checked.findings}
    for kind, count in sorted(kinds.items(), key=lambda item: (not severe[item[0]], -item[1])):
        more = f"  (the first {SHOWN} are shown; --out DIR lists all)" if count > SHOWN else ""
        print(f"  {'mend' if severe[kind] else 'warning':8s}{count:6d}  {kind}{more}")
    if not kinds:
        print("  nothing to mend")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.check_data", description="Find what is wrong with a data set before it is trained on."
    )
    parser.add_argument("set", type=Path, metavar="SET", help="a YOLO set, or a folder of pictures a product")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write contact sheets and the list of findings there")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of the table")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 1 where something must be mended."""
    values = _parser().parse_args(arguments)
    return exit_status_of(lambda: _check_data(values), target=values.out or values.set)


def _check_data(values: argparse.Namespace) -> int:
    if values.workers < 1:
        raise UsageError("--workers must be at least 1")
    checked = check(values.set, values.workers, values.json)
    written = write_sheets(checked, values.out) if values.out else []
    if values.json:
        print(json.dumps(figures(checked)))
    else:
        tell(checked)
        for path in written:
            print(path)
    return 1 if checked.must_mend else 0


if __name__ == "__main__":
    sys.exit(main())
