"""Which of the ways to run a pipeline this machine has, in the order in which they are taken."""

import logging

from runtime.errors import MissingPackageError
from runtime.gstreamer.appsink import AppsinkCapture, import_gst
from runtime.gstreamer.capture import Capture
from runtime.gstreamer.child import ChildCapture
from runtime.gstreamer.opencv import OpenCvCapture, has_gstreamer

log = logging.getLogger(__name__)


def open_pipeline(pipeline: str, name: str, live: bool, apart: bool = False) -> Capture:
    """Run `pipeline` (ends in raw BGR) by OpenCV, else PyGObject, else a child process with libgstreamer.

    `apart`: rather a child than PyGObject, so that closing it truly lets go of the device.
    MissingPackageError where there is no GStreamer, SourceError where the pipeline does not start.
    """
    if has_gstreamer():
        return OpenCvCapture(pipeline, name, live)
    if apart:
        return ChildCapture(pipeline, name)
    try:
        import_gst()
    except MissingPackageError as error:
        log.debug("%s", error)
        return ChildCapture(pipeline, name)
    return AppsinkCapture(pipeline, name, live)
