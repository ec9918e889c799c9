"""A camera by its number, through OpenCV alone: what there is where V4L2 is not, on Windows and macOS."""

from typing import Any, Callable

import cv2

from runtime.sources.camera import CameraSource
from runtime.sources.fitting import Size
from runtime.sources.source import Source
from runtime.sources.watched import WatchedSource

BUSY = "is another program using it, is there a camera of that number, may this program use it (privacy settings)?"


def open_numbered(number: int, res: Size, fps: float, open_capture: Callable[[int], Any] = cv2.VideoCapture) -> Source:
    """Camera `number` at `res` (width, height) and `fps` (0 = its own), as near as its driver goes; fitted into `res`.

    SourceError where it cannot be opened. A picture that equals the last counts here: virtual cameras send such.
    """
    name = "camera {}".format(number)
    camera = CameraSource(name, res, fps, open_capture=lambda _: open_capture(number), target=res, busy=BUSY)
    return WatchedSource(camera)
