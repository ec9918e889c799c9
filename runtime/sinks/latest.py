"""The newest picture and figures, handed from the loop to the page's server without either waiting for the other."""

import threading
from typing import Any, Dict, List, NamedTuple, Optional

import cv2
import numpy as np

from runtime.api.asking import Newest
from runtime.clock import MonotonicClock
from runtime.counting.desk import ZonesDesk
from runtime.errors import SinkError
from runtime.events.changes import Changes
from runtime.events.event_log import EventLog
from runtime.figures.figures import Figures
from runtime.figures.report import figures_as_json
from runtime.frame import Observation
from runtime.seen import Seen, seen_in
from runtime.shelf.desk import ShelfDesk
from runtime.sinks.latency_histogram import LatencyHistogram

JPEG_QUALITY = 80
"""Of 100. Text stays sharp; 640x480 gives some 60 kB, half of what 95 takes."""


class Jpeg(NamedTuple):
    """One encoded picture."""

    data: bytes
    frame_id: Optional[int]
    camera: str = ""


class Told(NamedTuple):
    """What the last call of `post` said, replaced as a whole so that no reader sees halves of two."""

    figures: Figures
    observation: Observation
    """Without its picture."""

    @property
    def frame_id(self) -> Optional[int]:
        """None: the source is away."""
        return self.observation.frame.id

    def seen(self) -> List[Seen]:
        """What is in view, in words."""
        return seen_in(self.observation.detections, self.observation.names, self.observation.words)


_NO_PICTURE = np.empty((0, 0, 3), np.uint8)


class Latest:
    """Newest wins: a picture that nobody took before the next one came is overwritten.

    Two picture buffers change places: the loop copies into one while the other is being encoded, so the lock is held
    for one memcpy or one swap, never for an encoding.
    """

    def __init__(self, clock: Optional[MonotonicClock] = None) -> None:
        self.watched = False
        """Set by the server while somebody looks at the picture; without it no picture is copied."""
        self.latency = LatencyHistogram()
        """Of each live frame, when it came here; of a file time passes as the loop takes it."""
        self.shelf: Optional[ShelfDesk] = None
        """Where a shelf is watched; set once, by the thread that starts the loop."""
        self.zones: Optional[ZonesDesk] = None
        """Where something is counted; likewise."""
        self.events = EventLog()
        self._clock = clock or MonotonicClock()
        self._changes = Changes(self._clock)
        self._lock = threading.Lock()
        self._posted = np.empty((0, 0, 3), np.uint8)
        self._encoding = np.empty((0, 0, 3), np.uint8)
        self._posted_id: Optional[int] = None
        self._is_fresh = False
        self._told: Optional[Told] = None
        self._moved_s = self._clock.now_s()

    def post(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        """Keep the figures and, while watched, a copy of `picture` ((H, W, 3) uint8 BGR); true if it was copied."""
        if self._told is None or self._told.figures.presented != figures.presented:
            self._moved_s = self._clock.now_s()
        frame = observation.frame
        if frame.id is not None and frame.source_s is None and (self._told is None or self._told.frame_id != frame.id):
            self.latency.add(self._clock.now_s() - frame.captured_s)
        self.events.add(self._changes.note(observation, figures))
        self._told = Told(figures, observation._replace(frame=frame._replace(image=_NO_PICTURE, prepared=None)))
        if not self.watched:
            return False
        with self._lock:
            if self._posted.shape != picture.shape:
                self._posted = np.empty_like(picture, order="C")
            np.copyto(self._posted, picture)
            self._posted_id = observation.frame.id
            self._is_fresh = True
        return True

    def encode(self) -> Optional[Jpeg]:
        """The newest picture as JPEG, None if it was taken before. Raises SinkError when OpenCV cannot encode it."""
        with self._lock:
            if not self._is_fresh:
                return None
            self._is_fresh = False
            self._posted, self._encoding = self._encoding, self._posted
            frame_id = self._posted_id
        try:
            is_done, data = cv2.imencode(".jpg", self._encoding, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        except cv2.error:  # OpenCV 4.6 raises where 4.13 says false
            is_done = False
        if not is_done:
            raise SinkError("cannot encode a picture of shape {} as JPEG".format(self._encoding.shape))
        return Jpeg(data.tobytes(), frame_id)

    def as_json(self) -> Optional[Dict[str, Any]]:
        """The report's figures, `frame_id`, `detections`, `seen`, `offline`, `still_s`; None before the first picture.

        `offline`: the source is away. `still_s` is how long no new frame was presented, in seconds: a loop that stands
        still tells nobody.
        """
        told = self._told
        if told is None:
            return None
        content = figures_as_json(told.figures)
        content["frame_id"] = told.frame_id
        content["offline"] = told.frame_id is None
        content["detections"] = len(told.observation.detections.scores)
        content["seen"] = [{"name": one.name, "named": one.is_named, "objects": one.objects} for one in told.seen()]
        content["still_s"] = round(self.still_s, 1)
        return content

    @property
    def told(self) -> Optional[Told]:
        """The figures and names of the newest picture; None before the first."""
        return self._told

    def newest(self) -> Optional[Newest]:
        """As the API wants it; None before the first picture."""
        told = self._told
        if told is None:
            return None
        age_s = self._clock.now_s() - told.observation.frame.captured_s
        return Newest(told.observation, told.figures, age_s, self.still_s)

    @property
    def still_s(self) -> float:
        """How long no new frame was presented."""
        return self._clock.now_s() - self._moved_s
