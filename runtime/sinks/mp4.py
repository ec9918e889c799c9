"""A recording that plays back in true time."""

import logging
from typing import Optional

import cv2
import numpy as np

from runtime.errors import SinkError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.sinks.recordable import check_recordable
from runtime.sinks.sink import Sink

log = logging.getLogger(__name__)

RATE_HZ = 30.0
"""Pictures per second in the file where no nominal rate is set."""
CODEC = "mp4v"
"""MPEG-4 part 2: the one that every build of OpenCV can write into an .mp4."""


class Mp4Sink(Sink):
    """An .mp4 in which each picture stands for as long as it stood in the loop.

    OpenCV writes one fixed rate only. So a picture is written as often as its time on that grid asks for: a stall
    repeats it, a burst leaves pictures out. An hour recorded plays for an hour, each picture at its time to within
    half a period of the rate.
    """

    def __init__(self, path: str, nominal_fps: float = 0.0) -> None:
        """Nothing is written before the first picture. `nominal_fps`: the rate of the file, 0 = 30."""
        check_recordable(path)
        self.name = path
        self._rate_hz = nominal_fps or RATE_HZ
        self._writer: Optional[cv2.VideoWriter] = None
        self._size = (0, 0)
        self._first_s = 0.0
        self._written = 0
        self._last: Optional[np.ndarray] = None

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        captured_s = observation.frame.captured_s
        if self._writer is None:
            self._writer = self._opened(picture)
            self._first_s = captured_s
        due = int(round((captured_s - self._first_s) * self._rate_hz))
        if self._last is not None:
            self._write(self._writer, self._last, until=due)
        if self._last is None or self._last.shape != picture.shape:
            self._last = np.empty_like(picture)
        np.copyto(self._last, picture)
        self._write(self._writer, self._last, until=due + 1)
        return True

    def _opened(self, picture: np.ndarray) -> cv2.VideoWriter:
        # The colour planes have half the sides, so both must be even.
        self._size = (picture.shape[1] & ~1, picture.shape[0] & ~1)
        fourcc = cv2.VideoWriter_fourcc(*CODEC)  # type: ignore[attr-defined]
        writer = cv2.VideoWriter(self.name, fourcc, self._rate_hz, self._size)
        if not writer.isOpened():
            raise SinkError("cannot record to {}: this OpenCV cannot write {} video".format(self.name, CODEC))
        return writer

    def _write(self, writer: cv2.VideoWriter, picture: np.ndarray, until: int) -> None:
        """Write `picture` until the file holds `until` pictures; not at all where it holds as many."""
        if self._written < until and picture.shape[1::-1] != self._size:
            picture = cv2.resize(picture, self._size)
        while self._written < until:
            writer.write(picture)
            self._written += 1

    def close(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            seconds = self._written / self._rate_hz
            log.info("recorded %.1f s (%d pictures) to %s", seconds, self._written, self.name)
