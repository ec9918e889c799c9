"""Runs a pipeline through PyGObject, in this process, and takes its pictures from an appsink."""

from typing import Any, Optional

import numpy as np

from runtime.errors import MissingPackageError, SourceError
from runtime.frame import EndOfStream
from runtime.gstreamer.capture import Capture, Picture
from runtime.gstreamer.launch import with_reason
from runtime.gstreamer.rows import image_from_rows, row_bytes
from runtime.gstreamer.trouble import error_from

SECOND_NS = 1000000000


def import_gst() -> Any:
    """PyGObject's Gst, initialised; MissingPackageError where this Python has none."""
    try:
        import gi

        gi.require_version("Gst", "1.0")
        gi.require_version("GstApp", "1.0")
        from gi.repository import Gst, GstApp  # noqa: F401 - GstApp gives appsink its methods
    except (ImportError, ValueError) as error:
        raise MissingPackageError(
            "no PyGObject for this Python ({}): apt-get install python3-gi gir1.2-gstreamer-1.0 "
            "gir1.2-gst-plugins-base-1.0; a virtual environment needs --system-site-packages".format(error)
        ) from error
    Gst.init(None)
    return Gst


class AppsinkCapture(Capture):
    """Times are the buffers' own, on the monotonic clock."""

    by = "GStreamer through PyGObject"

    def __init__(self, pipeline: str, name: str, live: bool) -> None:
        """`pipeline` ends in raw BGR. `live`: the newest picture wins; else none is lost."""
        self._gst = gst = import_gst()
        self._name = name
        tail = "appsink name=out sync=false max-buffers=1 drop={}".format("true" if live else "false")
        try:
            self._pipeline = gst.parse_launch("{} ! {}".format(pipeline, tail))
        except RuntimeError as error:  # GLib.Error derives from it
            raise error_from("parse: {}".format(getattr(error, "message", error)), name) from error
        self._pipeline.use_clock(gst.SystemClock.obtain())
        self._pipeline.set_start_time(gst.CLOCK_TIME_NONE)
        self._pipeline.set_base_time(0)  # buffers of a live source are then stamped with the monotonic clock itself
        self._out = self._pipeline.get_by_name("out")
        self._bus = self._pipeline.get_bus()
        self._pipeline.set_state(gst.State.PLAYING)

    def read(self, timeout_s: float) -> Optional[Picture]:
        sample = self._out.try_pull_sample(int(max(0.0, timeout_s) * SECOND_NS))
        self._raise_trouble()
        if sample is not None:
            return self._picture(sample)
        if self._out.is_eos():
            raise EndOfStream
        return None

    def _picture(self, sample: Any) -> Picture:
        size = sample.get_caps().get_structure(0)
        width, height = size.get_value("width"), size.get_value("height")
        is_told, above, below = size.get_fraction("framerate")
        self.fps = above / below if is_told and below else 0.0
        buffer = sample.get_buffer()
        stride = row_bytes(width)
        if buffer.get_size() != stride * height:
            raise SourceError("{}: {} bytes for {}x{}".format(self._name, buffer.get_size(), width, height))
        rows = np.frombuffer(bytearray(buffer.extract_dup(0, stride * height)), np.uint8).reshape(height, stride)
        image = image_from_rows(rows, width)
        is_timed = buffer.pts != self._gst.CLOCK_TIME_NONE
        return Picture(image, buffer.pts / SECOND_NS if is_timed else None)

    def _raise_trouble(self) -> None:
        message = self._bus.pop_filtered(self._gst.MessageType.ERROR)
        if message is not None:
            error, debug = message.parse_error()
            raise error_from(with_reason(error.message, debug or ""), self._name)

    def close(self) -> None:
        self._pipeline.set_state(self._gst.State.NULL)
