"""Which of the ways to run a pipeline this machine has, in the order in which they are taken."""

import contextlib
import logging

from runtime.errors import MissingPackageError, SourceError
from runtime.frame import EndOfStream
from runtime.gstreamer.appsink import AppsinkCapture, import_gst
from runtime.gstreamer.capture import Capture
from runtime.gstreamer.child import ChildCapture
from runtime.gstreamer.opencv import OpenCvCapture, has_gstreamer

log = logging.getLogger(__name__)

REASON_S = 6.0
"""Longer than a server may take to answer."""


def open_pipeline(pipeline: str, name: str, live: bool, apart: bool = False) -> Capture:
    """Run `pipeline` (ends in raw BGR) by OpenCV, else PyGObject, else a child process with libgstreamer.

    `apart`: rather a child than PyGObject, so that closing it truly lets go of the device.
    MissingPackageError where there is no GStreamer, SourceError where the pipeline does not start.
    """
    if has_gstreamer():
        try:
            return OpenCvCapture(pipeline, name, live)
        except SourceError:
            _raise_reason(pipeline, name)
            raise
    if apart:
        return ChildCapture(pipeline, name)
    try:
        import_gst()
    except MissingPackageError as error:
        log.debug("%s", error)
        return ChildCapture(pipeline, name)
    return AppsinkCapture(pipeline, name, live)


def _raise_reason(pipeline: str, name: str) -> None:
    """OpenCV does not say why a pipeline does not start; a child process that tries it does."""
    with contextlib.closing(ChildCapture(pipeline, name)) as capture, contextlib.suppress(EndOfStream):
        capture.read(REASON_S)
