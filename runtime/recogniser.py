"""The middle of the pipeline: one frame in, everything known about it out."""

from typing import Optional

import numpy as np

from runtime.classifier import Classifier
from runtime.detector import Detector
from runtime.frame import Detections, Frame, Observation
from runtime.stopwatch import Stopwatch
from runtime.tracker import Tracker


class Recogniser:
    """detect -> track -> classify. Belongs to one thread, which owns the engines' context."""

    def __init__(self, detector: Detector, tracker: Tracker, classifier: Optional[Classifier] = None) -> None:
        self.detector = detector
        self.classifier = classifier
        self._tracker = tracker

    def observe(self, frame: Frame, watch: Stopwatch) -> Observation:
        """Run both stages on `frame`, each stage's time to `watch`. A substituted frame is not looked at."""
        if frame.id is None:
            return Observation(frame, Detections.none(), np.empty(0, np.int64), None)
        self.detector.prepare(frame.image)
        watch.lap("preprocess")
        detections = self.detector.detect()
        watch.lap("detect")
        track_ids = self._tracker.update(detections)
        watch.lap("track")
        names = None
        if self.classifier is not None:
            names = self.classifier.name(frame.image, detections.boxes_px)
            watch.lap("classify")
        return Observation(frame, detections, track_ids, names)
