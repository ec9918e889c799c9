"""A camera through OpenCV's own capture, by number or device path."""

import logging
import os
import re
import threading
from typing import Any, Callable, List, Optional

import cv2
import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.frame import Frame, capture_time_s
from runtime.newest import NewestSlot
from runtime.sources.fitting import Size, fitted, res_of
from runtime.sources.source import Source

log = logging.getLogger(__name__)

JOIN_S = 0.5
"""How long close waits for a capture that hangs in the driver before it leaves it behind."""


def camera_paths(devices: str = "/dev") -> List[str]:
    """The paths of all V4L2 devices present, in the order of their numbers."""
    try:
        numbers = [int(name[5:]) for name in os.listdir(devices) if re.match(r"^video\d+$", name)]
    except OSError:
        return []
    return [os.path.join(devices, "video{}".format(number)) for number in sorted(numbers)]


def _open_capture(path: str) -> Any:
    return cv2.VideoCapture(path, cv2.CAP_V4L2)


class CameraSource(Source):
    """A thread grabs what the camera delivers; the reader gets the newest."""

    live = True

    def __init__(
        self,
        path: str,
        res: Size,
        fps: float,
        clock: Optional[MonotonicClock] = None,
        open_capture: Callable[[str], Any] = _open_capture,
        format: str = "MJPG",
        target: Optional[Size] = None,
        busy: str = "",
    ) -> None:
        """Ask the camera for `res` (width, height) and `fps` (0 = its own), and wait for its first frame.

        `format`: V4L2's four letters. `target`: (width, height) that frames are fitted into. `busy`: what to look at
        where it does not open.
        """
        self.name = path
        self._clock = clock or MonotonicClock()
        self._stop = threading.Event()
        self._slot: NewestSlot[Frame] = NewestSlot()
        self._target = target
        self._capture = open_capture(path)
        if not self._capture.isOpened():
            busy = busy or "is another program using it (fuser -v {})? or is it no camera?".format(path)
            raise SourceError("cannot open {}: {}".format(path, busy))
        self._ask_for(format, res, fps)
        # Read here, so that a camera that is busy or sends nothing is told before the loop starts.
        delivered, image = self._capture.read()
        if not delivered:
            self._capture.release()
            raise SourceError("{} opens but delivers no frame: is another program using it?".format(path))
        first = self._frame(image, 0)
        self.res = res_of(first.image)
        self._slot.put(first)
        self._thread = threading.Thread(target=self._grab, name="camera", daemon=True)
        self._thread.start()

    def _ask_for(self, format: str, res: Size, fps: float) -> None:
        # The format first: the driver takes the size for the format that it has.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*format))  # type: ignore[attr-defined]
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, res[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, res[1])
        if fps > 0:
            self._capture.set(cv2.CAP_PROP_FPS, fps)
        granted = [int(self._capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
        message = "%s grants %dx%d at %g fps (asked for %dx%d at %g)"
        log.info(message, self.name, granted[0], granted[1], self._capture.get(cv2.CAP_PROP_FPS), res[0], res[1], fps)

    def _grab(self) -> None:
        number = 1
        try:
            while not self._stop.is_set():
                delivered, image = self._capture.read()
                if not delivered:
                    raise SourceError("{} stopped delivering frames: unplugged?".format(self.name))
                self._slot.put(self._frame(image, number))
                number += 1
        except Exception as error:  # handed to the reader, who raises it
            self._slot.fail(error)

    def _frame(self, image: np.ndarray, number: int) -> Frame:
        # For V4L2, OpenCV gives here when the driver filled the buffer, on the monotonic clock.
        taken_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        now_s = self._clock.now_s()
        return Frame(fitted(image, self._target), number, capture_time_s(taken_s, now_s))

    def read(self, timeout_s: float) -> Optional[Frame]:
        return self._slot.take(timeout_s)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(JOIN_S)
        # Releasing under a read in progress crashes in the driver; a thread that hangs keeps its capture until exit.
        if not self._thread.is_alive():
            self._capture.release()
