"""Detection quality through our loop, and through the model's own framework on the same pictures.

python -m benchmarks.ap50 --detector yolov8n.onnx --data ../shared/data/coco --against ultralytics
"""

import argparse
import os
import sys
import threading
from typing import Any, Dict, List, NamedTuple, NoReturn, Optional, Sequence

import numpy as np
from tqdm import tqdm

from benchmarks.peer_loops.frameworks import FRAMEWORKS, Request, ultralytics_ap50
from benchmarks.scoring.matching import Found, Truth, ap50, ap50_ignoring_class, area_as_ultralytics
from benchmarks.scoring.yolo_labels import LabelledFolder, read_labelled_folder
from runtime.assembly import assemble
from runtime.command_line.command import exit_status_of
from runtime.errors import ShelfsightError, SourceError, UsageError
from runtime.figures.figures import Figures
from runtime.figures.report import platform_line, write_report
from runtime.frame import Observation
from runtime.settings import Settings
from runtime.sinks.sink import Sink

MAX_DIFFERENCE = 0.005
"""How far AP50 through our loop may lie from the framework's own."""
MAX_SCORER_DIFFERENCE = 0.001


class Seen(NamedTuple):
    """What the loop found in each picture, and what it was asked to find."""

    found: List[Found]
    truth: List[Truth]
    size: int
    engine: str


class Scores(NamedTuple):
    """Of one set of detections."""

    ap50: float
    """Mean over the classes that have a true box."""
    ap50_as_ultralytics: float
    ap50_ignoring_class: float
    detections: int


class CollectingSink(Sink):
    """Keeps what was detected in each frame, by the frame's id, and lets the pictures go."""

    name = "collecting"

    def __init__(self, progress: tqdm) -> None:
        """`progress` moves by one a frame."""
        self.found: Dict[Optional[int], Found] = {}
        self.sizes: Dict[Optional[int], Sequence[int]] = {}
        """(width, height) of each frame."""
        self._progress = progress

    def present(self, picture: Any, observation: Observation, figures: Figures) -> bool:
        frame, detections = observation.frame, observation.detections
        self.found[frame.id] = Found(detections.boxes_px, detections.scores, detections.shapes)
        self.sizes[frame.id] = frame.image.shape[1::-1]
        self._progress.update()
        return True


def look(folder: LabelledFolder, settings: Settings) -> Seen:
    """Run the pictures of `folder` through the loop that `settings` describe."""
    with tqdm(total=len(folder.pictures), desc="through the loop", unit="picture", disable=None) as progress:
        sink = CollectingSink(progress)
        with assemble(settings, threading.Event(), sinks=[sink]) as assembly:
            detector = assembly.recogniser.detector
            numbers = _detector_classes(folder, detector.classes)
            assembly.loop.run()
    if len(sink.found) != len(folder.pictures):
        # The source passes over what it cannot read and counts on: which frame is which picture is then unknown.
        message = "{} of the {} images in {} cannot be read: mend them or take them out"
        unread = len(folder.pictures) - len(sink.found)
        raise SourceError(message.format(unread, len(folder.pictures), folder.images))
    truth = [
        Truth(picture.boxes_px(*sink.sizes[frame_id]), numbers[picture.classes])
        for frame_id, picture in enumerate(folder.pictures)
    ]
    found = [sink.found[frame_id] for frame_id in range(len(truth))]
    return Seen(found, truth, detector.size, detector.engine.name)


def _detector_classes(folder: LabelledFolder, classes: Sequence[str]) -> np.ndarray:
    """The detector's number of each of the folder's classes, by name, (n,) int64; -1 for one without a box."""
    used = {int(number) for picture in folder.pictures for number in picture.classes}
    unknown = [folder.names[number] for number in sorted(used) if folder.names[number] not in classes]
    if unknown:
        raise UsageError(
            "{} of the {} classes labelled in {} are none of the detector's, {!r} for one: give its names, in its "
            "order, with --classes".format(len(unknown), len(used), folder.path, unknown[0])
        )
    return np.array([classes.index(name) if name in classes else -1 for name in folder.names], np.int64)


def score(found: Sequence[Found], truth: Sequence[Truth]) -> Scores:
    """All figures of one set of detections."""
    return Scores(
        ap50(found, truth),
        ap50(found, truth, area_as_ultralytics),
        ap50_ignoring_class(found, truth),
        sum(len(each.scores) for each in found),
    )


def differences(ours: Scores, theirs: Scores) -> Scores:
    """Ours less theirs."""
    return Scores(
        ours.ap50 - theirs.ap50,
        ours.ap50_as_ultralytics - theirs.ap50_as_ultralytics,
        ours.ap50_ignoring_class - theirs.ap50_ignoring_class,
        ours.detections - theirs.detections,
    )


def table(rows: Dict[str, Scores]) -> str:
    """One line a row, under a heading."""
    heading = ("", "AP50 (COCO)", "AP50 (Ultralytics)", "any class (COCO)", "detections")
    lines = ["{:24}{:>13}{:>20}{:>18}{:>12}".format(*heading)]
    lines.extend("{:24}{:13.4f}{:20.4f}{:18.4f}{:12d}".format(name, *scores) for name, scores in rows.items())
    return "\n".join(lines)


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("{} (python -m benchmarks.ap50 --help lists the flags)".format(message))


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("{!r}: expected a number from 0 to 1".format(text))
    return value


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = _Parser(prog="python -m benchmarks.ap50", description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--detector", metavar="FILE.onnx", required=True, help="the model")
    parser.add_argument("--data", metavar="DIR", required=True, help="images/, labels/ and the names, in YOLO format")
    parser.add_argument("--classes", metavar="NAMES", help="class names of the model, as for runtime.camera")
    parser.add_argument(
        "--conf", metavar="S", type=_share, default=0.001, help="lowest score that counts (default: %(default)s)"
    )
    parser.add_argument(
        "--iou",
        metavar="R",
        type=_share,
        default=0.7,
        help="overlap above which the weaker box goes (default: %(default)s)",
    )
    parser.add_argument(
        "--against",
        choices=sorted(FRAMEWORKS),
        help="run this framework too; exit status 1 if AP50 differs by more than {}".format(MAX_DIFFERENCE),
    )
    parser.add_argument("--json", metavar="OUT", help="write the figures as JSON, - = standard output")
    return parser


def run(arguments: argparse.Namespace) -> Dict[str, Any]:
    """Score our loop, and the framework where one is asked for; the figures, also printed."""
    folder = read_labelled_folder(arguments.data)
    settings = Settings(
        source=folder.images,
        detector=arguments.detector,
        classes=arguments.classes,
        min_score=arguments.conf,
        iou=arguments.iou,
        fps=0.0,
    )
    seen = look(folder, settings)
    scores = {"through our loop": score(seen.found, seen.truth)}
    report = {
        "detector": os.path.basename(arguments.detector),
        "data": arguments.data,
        "images": len(seen.truth),
        "boxes": sum(len(truth.classes) for truth in seen.truth),
        "classes": len({int(number) for truth in seen.truth for number in truth.classes}),
        "size": seen.size,
        "conf": arguments.conf,
        "iou": arguments.iou,
        "engine": seen.engine,
        "platform": platform_line(),
    }  # type: Dict[str, Any]
    heading = (
        "{detector} at {size} on {data}: {images} pictures, {boxes} boxes of {classes} classes, conf {conf}, iou {iou}"
    )
    lines = [heading.format(**report), "{engine}, {platform}".format(**report)]
    if arguments.against:
        theirs = _framework_found(arguments, seen, folder)
        name = "{} {}".format(arguments.against, sys.modules[arguments.against].__version__)
        scores[name] = score(theirs, seen.truth)
        scores["difference"] = differences(scores["through our loop"], scores[name])
        report.update(framework=name, theirs=scores[name]._asdict(), difference=scores["difference"]._asdict())
    report["ours"] = scores["through our loop"]._asdict()
    lines.append(table(scores))
    if arguments.against == "ultralytics":
        report["scorer_check"] = ultralytics_ap50(seen.found, seen.truth)
        message = "our detections by Ultralytics' own scorer: {:.4f}, by ours: {:.4f}"
        lines.append(message.format(report["scorer_check"], report["ours"]["ap50_as_ultralytics"]))
    print("\n".join(lines), file=sys.stderr if arguments.json == "-" else sys.stdout)
    return report


def _framework_found(arguments: argparse.Namespace, seen: Seen, folder: LabelledFolder) -> List[Found]:
    request = Request(arguments.detector, seen.size, arguments.conf, arguments.iou)
    paths = [picture.path for picture in folder.pictures]
    with tqdm(paths, desc=arguments.against, unit="picture", disable=None) as progress:
        return FRAMEWORKS[arguments.against](request, progress)


def check(report: Dict[str, Any]) -> None:
    """Raise ShelfsightError where the figures lie too far apart."""
    for key in ("ap50", "ap50_as_ultralytics", "ap50_ignoring_class"):
        difference = report.get("difference", {}).get(key, 0.0)
        if not abs(difference) <= MAX_DIFFERENCE:
            message = "{} through our loop differs by {:+.4f} from {}: expected at most {}"
            raise ShelfsightError(message.format(key, difference, report["framework"], MAX_DIFFERENCE))
    if "scorer_check" in report:
        difference = report["ours"]["ap50_as_ultralytics"] - report["scorer_check"]
        if not abs(difference) <= MAX_SCORER_DIFFERENCE:
            message = "our scorer differs by {:+.4f} from Ultralytics': expected at most {}"
            raise ShelfsightError(message.format(difference, MAX_SCORER_DIFFERENCE))


def main(arguments: Optional[List[str]] = None) -> int:
    """Run the command; its exit status: 0 done, 1 it could not run or the figures differ, 2 wrong usage."""
    return exit_status_of(lambda: _ap50(arguments))


def _ap50(arguments: Optional[List[str]]) -> None:
    parsed = make_parser().parse_args(arguments)
    report = run(parsed)
    if parsed.json is not None:
        write_report(parsed.json, report)
    check(report)


if __name__ == "__main__":
    sys.exit(main())
