"""A video file, every frame of it in order."""

import logging
import os
from typing import NoReturn, Optional

import cv2
import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.frame import EndOfStream, Frame
from runtime.sources.fitting import Size, fitted, fitted_size, res_of
from runtime.sources.source import Source
from runtime.sources.times import RisingTimes, sensible_fps
from runtime.told import TOLD

log = logging.getLogger(__name__)


class VideoSource(Source):
    """Decodes on demand: it waits for its reader and loses nothing."""

    def __init__(self, path: str, res: Optional[Size] = None, clock: Optional[MonotonicClock] = None) -> None:
        """`res`: (width, height) that frames are fitted into; None leaves them as they are."""
        if not os.path.isfile(path):
            raise SourceError("no such file: {}".format(path))
        if not os.access(path, os.R_OK):
            raise SourceError("no permission to read {}: chmod +r it, or run as its owner".format(path))
        self.name = path
        self._res = res
        self._clock = clock or MonotonicClock()
        self._read = 0
        self._ahead_s = 0.0
        self._capture = cv2.VideoCapture(path)
        is_open = self._capture.isOpened()
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)) if is_open else 0
        self.total_frames = count if count > 0 else None
        self.own_fps = sensible_fps(self._capture.get(cv2.CAP_PROP_FPS) if is_open else 0.0)
        self._times = RisingTimes(self.own_fps)
        # The first frame is decoded here, so that a file that is no video is refused before anything is written.
        self._ahead: Optional[np.ndarray] = self._decode()
        if self._ahead is None:
            self.close()
            raise SourceError(
                "cannot read {}: not a video, or damaged from its first frame on (ffprobe tells more)".format(path)
            )
        own = res_of(self._ahead)
        self.res = own if res is None else fitted_size(own, res)

    def _decode(self) -> Optional[np.ndarray]:
        delivered, image = self._capture.read()
        if not delivered:
            return None
        self._ahead_s = self._times.next(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
        return image

    def read(self, timeout_s: float) -> Optional[Frame]:
        image = self._ahead
        self._ahead = None
        if image is None:
            image = self._decode()
        if image is None:
            self._end()
        frame = Frame(fitted(image, self._res), self._read, self._clock.now_s(), source_s=self._ahead_s)
        self._read += 1
        return frame

    def _end(self) -> NoReturn:
        # Containers round: only more than one missing frame is taken for damage.
        if self.total_frames is not None and self._read < self.total_frames - 1:
            message = "%s is damaged or cut short: played %d of %d frames"
            TOLD.warn(log, self.name, message, self.name, self._read, self.total_frames)
        raise EndOfStream

    def close(self) -> None:
        self._capture.release()
