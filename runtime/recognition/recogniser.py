"""The middle of the pipeline: one frame in, everything known about it out."""

import time
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.gallery import Known
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector, Prepared
from runtime.recognition.doubles import without_doubles
from runtime.recognition.naming import Naming, NamingPolicy, Question, answered
from runtime.recognition.tracker import Tracker
from runtime.sides import Res


class _Prepared(NamedTuple):
    """A picture as stage 1 wants it, and the detector that it was made for."""

    detector: Detector
    image: Prepared


class _Taught:
    """What the recognisers of one loop name by, set as a whole from any thread."""

    def __init__(self) -> None:
        self.known: Optional[Known] = None


class Recogniser:
    """detect -> track -> classify. Belongs to one thread, which owns the engines' context; `prepare` to any other."""

    def __init__(
        self,
        detector: Detector,
        tracker: Tracker,
        naming: Optional[Naming] = None,
        products: Optional[Sequence[str]] = None,
        reshaped: Optional[Callable[[Res], Detector]] = None,
    ) -> None:
        """`products`: what stage 2's answers are called. `reshaped`: stage 1 for pictures of another shape."""
        self.detector = detector
        self._words = Words(detector.classes, products)
        self._naming = naming
        self._tracker = tracker
        self._reshaped = reshaped
        self._shape: Sequence[int] = ()
        self._taught = _Taught()
        self._in_use: Optional[Known] = None

    @property
    def products(self) -> Optional[Sequence[str]]:
        """What stage 2 can say now, those that were taught here too; None where there is no stage 2."""
        return self._words.products if self._taught.known is None else self._taught.known.products

    def take_up(self, known: Known) -> None:
        """Name by `known` from the next frame on. From any thread: what the loop reads is this one attribute."""
        self._taught.known = known

    def beside(self, policy: NamingPolicy, tracker: Tracker) -> "Recogniser":
        """One for another camera, which the same thread runs: the same networks and names, tracks of its own."""
        naming = None if self._naming is None else self._naming.beside(policy)
        other = Recogniser(self.detector, tracker, naming, self._words.products, self._reshaped)
        other._taught = self._taught
        return other

    @property
    def classifier(self) -> Optional[Classifier]:
        """Stage 2, where there is one."""
        return None if self._naming is None else self._naming.classifier

    def prepare(self, frame: Frame) -> Frame:
        """`frame` with what stage 1 wants to see of it, made on the thread that calls this instead of in `observe`."""
        if frame.id is None:
            return frame
        started_s = time.perf_counter()
        detector = self.detector_for(frame.image)
        prepared = _Prepared(detector, detector.prepare(frame.image))
        prepare_ms = (time.perf_counter() - started_s) * 1e3
        return frame._replace(prepared=prepared, prepare_ms=prepare_ms)

    def detector_for(self, image: np.ndarray) -> Detector:
        """Stage 1 in the shape of `image` (H, W, 3), which the pictures have from now on."""
        shape = image.shape
        if shape != self._shape:
            self._shape = shape
            if self._reshaped is not None:
                self.detector = self._reshaped((shape[1], shape[0]))
        return self.detector

    def observe(self, frame: Frame, watch: Stopwatch) -> Observation:
        """Run both stages on `frame`, each stage's time to `watch`. A substituted frame is not looked at."""
        return observe_together([Look(self, frame, watch)])[0]

    def _take_up_known(self) -> None:
        known = self._taught.known
        if known is not self._in_use and known is not None and self._naming is not None:
            self._in_use = known
            self._words = Words(self.detector.classes, known.products)
            self._naming.use(known.gallery)

    def _not_looked_at(self, frame: Frame) -> Observation:
        return Observation(frame, Detections.none(), np.empty(0, np.int64), None, self._words)


class Look(NamedTuple):
    """One camera's frame, on its way through both stages."""

    recogniser: Recogniser
    frame: Frame
    watch: Stopwatch
    """What is spent on another camera's frame meanwhile is its stage `others`."""


def observe_together(looks: Sequence[Look], in_batches: bool = False) -> List[Observation]:
    """Run both stages on frames of different cameras, whose recognisers are beside each other, on their thread.

    The crops of all go through stage 2 in one batch; `in_batches`: the frames through stage 1 as well, those that have
    one detector. A substituted frame is not looked at.
    """
    for look in looks:
        look.recogniser._take_up_known()
    looks = [_prepared(look, looks) if look.frame.id is not None else look for look in looks]
    seen = [look for look in looks if look.frame.id is not None]
    found = _detected(seen, in_batches)
    questions: List[Question] = []
    tracked = []
    for look, (detections, detect_ms) in zip(seen, found):
        track_ids = look.recogniser._tracker.update(detections)
        frame = look.frame._replace(prepared=None)  # its time is in the stages
        tracked.append((frame, detections, track_ids))
        _lap(look, seen, "track")
        naming = look.recogniser._naming
        if naming is not None:
            questions.append(naming.ask(frame.image, detections, track_ids, detect_ms))
    named: List[Optional[Names]] = [None] * len(seen)
    if questions:
        answers = answered(questions)
        named = [one.naming.take(one, answer) for one, answer in zip(questions, answers)]
        _lap_all(seen, "classify", [1 + len(one.asked_px) for one in questions])
    of_seen = iter(zip(tracked, named))
    observations = []
    for look in looks:
        if look.frame.id is None:
            observations.append(look.recogniser._not_looked_at(look.frame))
            continue
        (frame, detections, track_ids), names = next(of_seen)
        words = look.recogniser._words
        observations.append(without_doubles(Observation(frame, detections, track_ids, names, words)))
    return observations


def _prepared(look: Look, looks: Sequence[Look]) -> Look:
    if look.frame.prepared is not None:
        look.watch.add("preprocess", look.frame.prepare_ms)
        return look
    look = look._replace(frame=look.recogniser.prepare(look.frame))
    _lap(look, looks, "preprocess")
    return look


def _detected(looks: Sequence[Look], in_batches: bool) -> List[Tuple[Detections, float]]:
    """What stage 1 finds, and its time for each in ms."""
    detectors = [look.frame.prepared.detector for look in looks]
    images = [look.frame.prepared.image for look in looks]
    if in_batches and len(looks) > 1 and all(one is detectors[0] for one in detectors):
        began_s = looks[0].watch.last_s
        found = detectors[0].detect_all(images)
        took_ms = (_lap_all(looks, "detect", [1] * len(looks)) - began_s) * 1e3
        return [(detections, took_ms / len(looks)) for detections in found]
    pairs = []
    for look, detector, image in zip(looks, detectors, images):
        began_s = look.watch.last_s
        detections = detector.detect(image)
        pairs.append((detections, (_lap(look, looks, "detect") - began_s) * 1e3))
    return pairs


def _lap(look: Look, looks: Sequence[Look], stage: str) -> float:
    """The time since the last lap was `look`'s stage, and for the rest others'. Now, in seconds."""
    for other in looks:
        if other.watch is not look.watch:
            other.watch.lap("others")
    return look.watch.lap(stage)


def _lap_all(looks: Sequence[Look], stage: str, parts: Sequence[float]) -> float:
    """The time since the last lap was spent on all, in these parts. Now, in seconds."""
    total = sum(parts)
    for look, part in zip(looks, parts):
        now_s = look.watch.lap_part(stage, part / total, "others")
    return now_s
