"""One engine held against another on the same frames: detections of stage 1, embeddings and names of stage 2."""

import os
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from export.comparing import gate
from runtime.bundle import LIMITS_BYTES, Bundle
from runtime.engines.cache import CLASSIFIER, DETECTOR
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.errors import BundleError
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.network_input import input_sides
from runtime.sides import Sides
from runtime.untrusted.arrays import read_arrays

FAILED = 3
"""Exit status of a command: both ran, and they do not agree."""


class Verdict(NamedTuple):
    """What was compared, and what came of it."""

    stage: str
    reference: str
    candidate: str
    frames: int
    figures: Any
    """gate.DetectorFigures or gate.ClassifierFigures; None where an engine could not be judged by them."""
    failures: List[str]
    limits: gate.Limits = gate.USUAL

    @property
    def passes(self) -> bool:
        return not self.failures

    def as_json(self) -> Dict[str, Any]:
        """For the sidecar of an engine."""
        figures = None if self.figures is None else self.figures._asdict()
        content = dict(self._asdict(), figures=figures, passes=self.passes, thresholds=self.limits._asdict())
        del content["limits"]
        return content

    def line(self) -> str:
        """In one line."""
        figures = {} if self.figures is None else self.figures._asdict()
        told = ", ".join("{} {:.5g}".format(name.replace("_", " "), value) for name, value in figures.items())
        said = "agrees" if self.passes else "DOES NOT AGREE: " + "; ".join(self.failures)
        return "{}: {} with {} on {} frames: {} ({})".format(
            self.stage, self.candidate, self.reference, self.frames, said, told or "no figures"
        )


class Watched(Engine):
    """Another engine, with an eye on its outputs."""

    def __init__(self, engine: Engine) -> None:
        """Does not own `engine`."""
        self._engine = engine
        self.name, self.input, self.outputs = engine.name, engine.input, engine.outputs
        self.metadata = engine.metadata
        self.is_finite = True
        self.kept: List[np.ndarray] = []
        """Copies of the first output of each run."""

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        outputs = self._engine.run(tensor)
        self.is_finite = self.is_finite and all(np.isfinite(output).all() for output in outputs)
        self.kept.append(outputs[0].copy())
        return outputs


def parity_frames(bundle: Bundle) -> List[np.ndarray]:
    """The bundle's own sample frames, each (H, W, 3) uint8 BGR."""
    path = os.path.join(bundle.folder, "parity.npz")
    try:
        frames = read_arrays(path, ("frames",), LIMITS_BYTES["parity.npz"])["frames"]
    except (OSError, ValueError) as error:
        raise BundleError(
            "{} does not hold the array 'frames' ({}): copy the bundle again".format(path, error)
        ) from error
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not len(frames):
        raise BundleError(
            "{}: frames are {} {}: expected uint8 (n, H, W, 3), n > 0; put the bundle together again with "
            "python -m export.bundle".format(path, frames.dtype, frames.shape)
        )
    return list(frames)


def compare_detectors(
    reference: Engine,
    candidate: Engine,
    bundle: Bundle,
    frames: Sequence[np.ndarray],
    sides: Optional[Sides] = None,
    limits: gate.Limits = gate.USUAL,
) -> Verdict:
    """Both as stage 1 of `bundle`, letterbox, head and suppression included.

    At `sides`, or those of an engine that fixes them, else the square of the bundle's own size.
    """
    watched = [Watched(reference), Watched(candidate)]
    if sides is None:
        own = input_sides(reference.input, bundle.size, False)
        sides = input_sides(candidate.input, own.size, False, own)
    floor, iou = max(bundle.min_score - limits.score_within, 1e-6), min(bundle.iou + limits.overlap_slack, 1.0)
    detectors = [Detector(engine, sides.size, True, None, bundle.shapes, floor, iou, sides) for engine in watched]
    pairs = []
    for frame in frames:
        both = []
        for detector in detectors:
            found = detector.detect(detector.prepare(frame))
            both.append(gate.seen(found, bundle.min_score, bundle.iou, detector.head.overlapping, limits))
        pairs.append((both[0], both[1]))
    figures = gate.detector_figures(pairs, limits)
    failures = _not_finite(watched) or gate.detector_failures(figures, limits)
    return Verdict(DETECTOR, reference.name, candidate.name, len(frames), figures, failures, limits)


def compare_classifiers(
    reference: Engine,
    candidate: Engine,
    bundle: Bundle,
    frames: Sequence[np.ndarray],
    boxes_px: Sequence[np.ndarray],
    limits: gate.Limits = gate.USUAL,
) -> Verdict:
    """Both as stage 2 of `bundle`, on the crops of `boxes_px`, (k, 4) for each frame, in batches of as many."""
    watched = [Watched(reference), Watched(candidate)]
    embeddings = []
    for engine in watched:
        classifier = Classifier(engine, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        del engine.kept[:]  # of the classifier's own first run, on grey
        for frame, boxes in zip(frames, boxes_px):
            classifier.name(frame, boxes)
        empty = np.empty((0, bundle.gallery.prototypes.shape[1]), np.float32)
        embeddings.append(np.concatenate([empty] + engine.kept))
    failures, figures = _not_finite(watched), None
    if not failures:
        figures = gate.classifier_figures(embeddings[0], embeddings[1], bundle.gallery, limits)
        failures = gate.classifier_failures(figures, limits)
    return Verdict(CLASSIFIER, reference.name, candidate.name, len(frames), figures, failures, limits)


def _not_finite(engines: Sequence[Watched]) -> List[str]:
    names = ("reference", "candidate")
    return [
        "the {}, {}, gives values that are not finite".format(name, engine.name)
        for name, engine in zip(names, engines)
        if not engine.is_finite
    ]


def boxes_on(bundle: Bundle, frames: Sequence[np.ndarray]) -> List[np.ndarray]:
    """The boxes (k, 4) that the bundle's own detector finds on each frame with onnxruntime."""
    with OnnxEngine(bundle.detector) as engine:
        detector = Detector(engine, bundle.size, False, None, bundle.shapes, bundle.min_score, bundle.iou)
        found = []
        for frame in frames:
            found.append(detector.detect(detector.prepare(frame)).boxes_px)
    return found


def compare(
    reference: Engine,
    candidate: Engine,
    bundle: Bundle,
    frames: Sequence[np.ndarray],
    sides: Optional[Sides] = None,
    limits: gate.Limits = gate.USUAL,
) -> Verdict:
    """The verdict on `candidate`; which stage it is tells the reference's output: (n, d) is an embedding."""
    outputs = reference.outputs
    with np.errstate(all="ignore"):  # a candidate may well give infinities: that is for the verdict
        if len(outputs) == 1 and len(outputs[0].shape) == 2:
            return compare_classifiers(reference, candidate, bundle, frames, boxes_on(bundle, frames), limits)
        return compare_detectors(reference, candidate, bundle, frames, sides, limits)
