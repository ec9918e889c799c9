"""The middle of the pipeline: one frame in, everything known about it out."""

import time
from typing import Callable, NamedTuple, Optional, Sequence

import numpy as np

from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Detections, Frame, Observation, Words
from runtime.gallery import Known
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector, Prepared
from runtime.recognition.doubles import without_doubles
from runtime.recognition.naming import Naming, NamingPolicy
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
        if frame.id is None:
            return Observation(frame, Detections.none(), np.empty(0, np.int64), None, self._words)
        known = self._taught.known
        if known is not self._in_use and known is not None and self._naming is not None:
            self._in_use = known
            self._words = Words(self.detector.classes, known.products)
            self._naming.use(known.gallery)
        if frame.prepared is None:
            frame = self.prepare(frame)
            prepared_s = watch.lap("preprocess")
        else:
            watch.add("preprocess", frame.prepare_ms)
            prepared_s = watch.last_s
        detections = frame.prepared.detector.detect(frame.prepared.image)
        frame = frame._replace(prepared=None)  # its time is in the stages
        detect_ms = (watch.lap("detect") - prepared_s) * 1e3
        track_ids = self._tracker.update(detections)
        watch.lap("track")
        names = None
        if self._naming is not None:
            names = self._naming.name(frame.image, detections, track_ids, detect_ms)
            watch.lap("classify")
        return without_doubles(Observation(frame, detections, track_ids, names, self._words))
