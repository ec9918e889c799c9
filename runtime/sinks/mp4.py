"""A recording through OpenCV, where there is no GStreamer: each picture once, at its own time."""

import array
import contextlib
import logging
from typing import Optional

import cv2
import numpy as np

from runtime.errors import SinkError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.outputs import claimed, free_path, is_special
from runtime.sinks.mp4_times import retime
from runtime.sinks.recordable import check_recordable
from runtime.sinks.sink import Sink

log = logging.getLogger(__name__)

RATE_HZ = 30.0
"""Of the file until it is finished, and for good where that fails."""
CODEC = "mp4v"
"""MPEG-4 part 2: the one that every build of OpenCV can write into an .mp4."""


class Mp4Sink(Sink):
    """An .mp4 in which each picture stands until the next one's time: an hour recorded plays for an hour.

    OpenCV writes at one fixed rate; the true times are put in when the file is finished. A process that is killed
    leaves a file that does not play: with GStreamer it does.
    """

    def __init__(self, path: str) -> None:
        """Nothing is written before the first picture. Where `path` is there, out-2.mp4 beside it is written."""
        check_recordable(path)
        if is_special(path):
            raise SinkError("{} is no regular file, which OpenCV needs: name another".format(path))
        self._claim = contextlib.ExitStack()
        self._claim.enter_context(claimed(path))
        self.name = free_path(path)
        self._writer: Optional[cv2.VideoWriter] = None
        self._size = (0, 0)
        self._times_s = array.array("d")

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        shown_s = observation.frame.shown_s
        if self._times_s and shown_s <= self._times_s[-1]:
            return True  # the last picture again, in a stall: it stands there anyway
        if self._writer is None:
            self._writer = self._opened(picture)
        if picture.shape[1::-1] != self._size:
            picture = cv2.resize(picture, self._size)
        self._writer.write(picture)
        self._times_s.append(shown_s)
        return True

    def _opened(self, picture: np.ndarray) -> cv2.VideoWriter:
        # The colour planes have half the sides, so both must be even.
        self._size = (picture.shape[1] & ~1, picture.shape[0] & ~1)
        fourcc = cv2.VideoWriter_fourcc(*CODEC)  # type: ignore[attr-defined]
        writer = cv2.VideoWriter(self.name, fourcc, RATE_HZ, self._size)
        if not writer.isOpened():
            raise SinkError("cannot record to {}: this OpenCV cannot write {} video".format(self.name, CODEC))
        return writer

    def close(self) -> None:
        with self._claim:
            self._finish()

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        try:
            retime(self.name, self._times_s)
        except (ValueError, OSError) as error:
            log.warning("%s plays at %g fps, not in true time: %s", self.name, RATE_HZ, error)
        seconds = self._times_s[-1] - self._times_s[0]
        log.info("recorded %d pictures to %s, %.1f s", len(self._times_s), self.name, seconds)
