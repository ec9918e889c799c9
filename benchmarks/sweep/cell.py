"""One cell of a sweep, in a process of its own: its accuracy on labelled frames, then its speed, several times.

Accuracy: AP50 of the detector at this size, on every detection down to a score of 0.001 (as training.evaluate has it),
and F1 of what the loop presents, at the bundle's own thresholds, paced at the cell's nominal rate, names reused from
tracks included, with as much time for new ones as they take; on the same frames for every cell of a resolution. Speed:
see speed.py.
"""

import argparse
import sys
import threading
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

import numpy as np

from benchmarks.scoring.labelled_frames import OUTSIDER, LabelledFrame, LabelledFrames, numbers_in, open_labelled_frames
from benchmarks.scoring.matching import Found, Truth, ap50, ap50_ignoring_class, hits
from benchmarks.sweep.speed import speeds
from runtime.assembly import Assembly, assemble
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError
from runtime.figures.figures import Figures
from runtime.figures.report import write_report
from runtime.frame import Observation
from runtime.recognition.detector import Detector
from runtime.settings import Settings
from runtime.sides import Sides
from runtime.sinks.sink import Sink
from runtime.sources.fake import FakeSource

LOWEST_SCORE = 0.001
"""Average precision needs the doubtful detections too."""


class Effort(NamedTuple):
    """How much is measured."""

    pictures: int
    """Labelled frames, at most."""
    seconds: float
    """Of one run."""
    repeats: int


class CollectingSink(Sink):
    """Keeps what each frame was said to show, by the frame's id; "unknown" and "not yet known" are no claims."""

    name = "collecting"

    def __init__(self) -> None:
        self.claims: Dict[Optional[int], Found] = {}

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        detections, names = observation.detections, observation.names
        said = detections.shapes if names is None else names.products
        sure = said >= 0
        self.claims[observation.frame.id] = Found(detections.boxes_px[sure], detections.scores[sure], said[sure])
        return True


class Vocabulary(NamedTuple):
    """What a cell can name, and how the names of the labelled set lie in it."""

    numbers: np.ndarray
    """(names,) int: the cell's number of each name of the set, or OUTSIDER."""
    has_products: bool
    unmatched: List[str]

    @classmethod
    def of(cls, assembly: Assembly, names: Sequence[str]) -> "Vocabulary":
        """UsageError where the set and the models have no name in common."""
        bundle = assembly.bundle
        if bundle is not None:
            numbers = numbers_in(names, bundle.products, "the products of the bundle {}".format(bundle.name))
        else:
            numbers = numbers_in(names, assembly.recogniser.detector.classes, "the detector's classes")
        unmatched = [name for name, number in zip(names, numbers) if number == OUTSIDER]
        return cls(numbers, bundle is not None, unmatched)

    def truth(self, frame: LabelledFrame) -> Truth:
        """The true boxes with the cell's own numbers."""
        numbers = np.append(self.numbers, OUTSIDER)[frame.names]  # -1 is the last
        return Truth(frame.boxes_px, numbers)


def accuracy(settings: Settings, frames: LabelledFrames) -> Dict[str, Any]:
    """AP50 and F1 of one cell, as JSON."""
    # Names take as long as they take: within a budget they come later on a busy machine, which is its accuracy then.
    settings = settings._replace(seconds=None, classify_budget_ms=0.0)
    if not frames.is_continuous:  # nothing to follow from one picture to the next
        settings = settings._replace(classify_every=1)
    sink = CollectingSink()
    truths: List[LabelledFrame] = []
    source = FakeSource(_noted(frames, truths))
    with assemble(settings, threading.Event(), source, [sink]) as assembly:
        vocabulary = Vocabulary.of(assembly, frames.names)
        assembly.loop.run()
        if len(sink.claims) != len(truths):
            raise SourceError("{} of {} labelled frames were presented".format(len(sink.claims), len(truths)))
        found = list(_detections(assembly, frames))
    scored = [frame_id for frame_id, frame in enumerate(truths) if frame.is_scored]
    truth = [vocabulary.truth(truths[frame_id]) for frame_id in scored]
    claims = [sink.claims[frame_id] for frame_id in scored]
    score = ap50_ignoring_class if vocabulary.has_products else ap50
    return dict(
        f1_of(claims, truth),
        ap50=_rounded(score(found, truth)),
        pictures=len(truth),
        boxes=sum(len(each.classes) for each in truth),
        unmatched_names=vocabulary.unmatched,
    )


def _noted(frames: LabelledFrames, truths: List[LabelledFrame]) -> Iterator[np.ndarray]:
    """The images, their truth kept aside in the order in which they are asked for."""
    for frame in frames:
        truths.append(frame._replace(image=frame.image[:0]))
        yield frame.image


def _detections(assembly: Assembly, frames: LabelledFrames) -> Iterator[Found]:
    """All that the cell's detector finds, however doubtful."""
    iou: Dict[str, Any] = {} if assembly.bundle is None else {"iou": assembly.bundle.iou}
    made: Dict[Sides, Detector] = {}
    for frame in (frame for frame in frames if frame.is_scored):
        own = assembly.recogniser.detector_for(frame.image)
        if own.sides not in made:
            made[own.sides] = Detector(
                own.engine, own.size, True, own.head.name, own.classes, LOWEST_SCORE, res=own.sides, **iou
            )
        detector = made[own.sides]
        found = detector.detect(detector.prepare(frame.image))
        yield Found(found.boxes_px, found.scores, found.shapes)


def f1_of(claims: Sequence[Found], truth: Sequence[Truth]) -> Dict[str, Optional[float]]:
    """Precision, recall and F1: right is a claim that overlaps a true box by IoU >= 0.5 and names it.

    A true box that the cell has no name for cannot be right, and a claim on it is wrong; as in training.evaluate.
    """
    right = claimed = boxes = 0
    for each, true in zip(claims, truth):
        ours = true.classes != OUTSIDER
        taken = hits(each, Truth(true.boxes_px[ours], true.classes[ours]))
        right += int((taken >= 0).sum())
        claimed += len(taken)
        boxes += int(ours.sum())
    return {
        "precision": _ratio(right, claimed),
        "recall": _ratio(right, boxes),
        "f1": _ratio(2 * right, claimed + boxes) if boxes else None,
    }


def _ratio(part: float, whole: float) -> Optional[float]:
    return round(part / whole, 5) if whole else None


def _rounded(value: float) -> Optional[float]:
    return None if value != value else round(value, 5)


def measure(flags: Sequence[str], effort: Effort) -> Dict[str, Any]:
    """Everything about the cell that these flags of runtime.camera describe."""
    settings = settings_from_arguments(flags)._replace(seconds=effort.seconds, log_every_s=1e9)
    frames = open_labelled_frames(settings.source, settings.res, effort.pictures)
    # Accuracy first: it also draws what the demo will show, which would else take the processor from the first run.
    scores = accuracy(settings, frames)
    return dict(speeds(settings, frames, effort.repeats)._asdict(), accuracy=scores)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sweep.cell",
        description="Measure one cell of a sweep; benchmarks.fps_sweep runs it. Takes the flags of runtime.camera too.",
        allow_abbrev=False,
    )
    parser.add_argument("--pictures", type=int, required=True, metavar="N", help="labelled frames, at most")
    parser.add_argument("--run-seconds", type=float, required=True, metavar="S", help="seconds of one run")
    parser.add_argument("--repeats", type=int, required=True, metavar="N", help="runs")
    parser.add_argument("--out", required=True, metavar="FILE", help="where the figures go, as JSON")
    own, flags = parser.parse_known_args(arguments)
    effort = Effort(own.pictures, own.run_seconds, own.repeats)
    return exit_status_of(lambda: write_report(own.out, measure(flags, effort)), target=own.out)


if __name__ == "__main__":
    sys.exit(main())
