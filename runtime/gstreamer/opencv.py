"""Runs a pipeline through an OpenCV that was built with GStreamer, as JetPack's is."""

import re
from typing import Any, Optional

import cv2

from runtime.errors import SourceError
from runtime.frame import EndOfStream
from runtime.gstreamer.capture import Capture, Picture
from runtime.redacted import redacted


def has_gstreamer(build: Optional[str] = None) -> bool:
    """Whether this OpenCV was built with it; `build`: what cv2.getBuildInformation() says."""
    text = cv2.getBuildInformation() if build is None else build
    return re.search(r"^\s*GStreamer:\s*YES", text, re.MULTILINE) is not None


def _open_capture(pipeline: str) -> Any:
    return cv2.VideoCapture(pipeline, cv2.CAP_GSTREAMER)


class OpenCvCapture(Capture):
    """Knows no capture times, and waits in `read` for as long as the pipeline does."""

    by = "OpenCV's GStreamer"

    def __init__(self, pipeline: str, name: str, live: bool, open_capture: Any = _open_capture) -> None:
        """`pipeline` ends in raw BGR. `live`: the newest picture wins, and its end is a failure; else none is lost."""
        self._name, self._live = redacted(name), live
        tail = "appsink sync=false max-buffers=1 drop={}".format("true" if live else "false")
        self._capture = open_capture("{} ! {}".format(pipeline, tail))
        self.fps = self._capture.get(cv2.CAP_PROP_FPS)
        if not self._capture.isOpened():
            raise SourceError(
                "{} does not start in GStreamer (OpenCV does not say why: GST_DEBUG=2 shows it): {}".format(
                    self._name, redacted(pipeline)
                )
            )

    def read(self, timeout_s: float) -> Optional[Picture]:
        delivered, image = self._capture.read()
        if delivered:
            # A live pipeline's position is not its pictures' time of capture.
            return Picture(image, None if self._live else self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
        if self._live:
            raise SourceError("{} stopped delivering frames".format(self._name))
        raise EndOfStream

    def close(self) -> None:
        self._capture.release()
