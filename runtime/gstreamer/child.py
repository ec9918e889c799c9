"""Runs a pipeline in a child process, which takes neither us along when it crashes nor the device when it hangs."""

import logging
import os
import select
import subprocess
import sys
from typing import Any, Optional, Tuple, cast

import numpy as np

from runtime.errors import SourceError
from runtime.frame import EndOfStream
from runtime.gstreamer import gdp, launch
from runtime.gstreamer.capture import Capture, Picture
from runtime.gstreamer.rows import image_from_rows, row_bytes
from runtime.gstreamer.trouble import error_from

log = logging.getLogger(__name__)

OUTPUT = "gdppay ! fdsink fd=1 sync=false"
GRACE_S = 1.0
"""How long a child may take to let go of its camera before it is killed."""
PIPE_BYTES = 1 << 20
"""What Linux lets anybody ask for: a 640x480 picture in one write."""
_SET_PIPE_SIZE = 1031


class PipelineProcess:
    """One child that runs one pipeline; its standard input and output are ours."""

    def __init__(self, pipeline: str, role: str, **streams: Any) -> None:
        """`role`: capture or record, see runtime/gstreamer/launch.py. `streams`: as subprocess.Popen takes them."""
        self._is_closed = False
        self._trouble, report = os.pipe()
        is_verbose = log.isEnabledFor(logging.DEBUG)
        try:
            self.popen = subprocess.Popen(
                [sys.executable, "-S", os.path.abspath(launch.__file__), role, str(report)],
                env=dict(os.environ, SHELFSIGHT_PIPELINE=pipeline),
                pass_fds=[report],
                stderr=None if is_verbose else subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C is for us; we end our children in order
                bufsize=0,
                **streams,
            )
        except OSError:
            os.close(self._trouble)
            raise
        finally:
            os.close(report)

    def trouble(self, within_s: float = GRACE_S) -> str:
        """What the child said went wrong, once it has ended; "" for nothing, or where it goes on for `within_s`."""
        status = self._ended(within_s)
        text = os.read(self._trouble, 4096).decode("utf-8", "replace") if status is not None else ""
        if not text and status:
            text = "the process that ran GStreamer ended with status {}".format(status)
        return text

    def _ended(self, timeout_s: float) -> Optional[int]:
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def end_input(self) -> None:
        """What it holds it may still finish."""
        if self.popen.stdin is not None:
            self.popen.stdin.close()

    def kill(self) -> None:
        """At once, frozen or not; from any thread."""
        self.popen.kill()

    def close(self, grace_s: float = GRACE_S) -> None:
        """End its input and wait; kill it after `grace_s`. Again: nothing more happens."""
        if self._is_closed:
            return
        self._is_closed = True
        self.end_input()
        if self.popen.stdout is not None:
            self.popen.stdout.close()
        if self._ended(grace_s) is None:
            self.popen.kill()
            self.popen.wait()
        os.close(self._trouble)


class ChildCapture(Capture):
    """Pictures through a pipe, each with the time that its buffer had."""

    by = "GStreamer in a child process"

    def __init__(self, pipeline: str, name: str) -> None:
        """`pipeline` ends in raw BGR. `name`: of the source, for messages."""
        self._name = name
        self._closed = False
        self._size: Tuple[int, int] = (0, 0)
        text = "{} ! {}".format(pipeline, OUTPUT)
        self._process = PipelineProcess(text, "capture", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._pipe = cast(Any, self._process.popen.stdout)
        widen(self._pipe.fileno())

    def read(self, timeout_s: float) -> Optional[Picture]:
        while True:
            if not select.select([self._pipe], [], [], max(0.0, timeout_s))[0]:
                return None
            header = gdp.read_header(bytes(self._exactly(gdp.HEADER_BYTES)))
            if header.kind == gdp.BUFFER:
                return Picture(self._picture(header.length), header.pts_s)
            payload = self._exactly(header.length)
            if header.kind == gdp.CAPS:
                self._size = gdp.caps_size(bytes(payload))
                self.fps = gdp.caps_fps(bytes(payload))

    def _picture(self, length: int) -> np.ndarray:
        width, height = self._size
        stride = row_bytes(width)
        if length != stride * height:
            raise SourceError("{}: a picture of {} bytes for {}x{}".format(self._name, length, width, height))
        rows = np.empty((height, stride), np.uint8)
        self._fill(memoryview(rows.data).cast("B"))
        return image_from_rows(rows, width)

    def _exactly(self, count: int) -> bytearray:
        data = bytearray(count)
        self._fill(memoryview(data))
        return data

    def _fill(self, view: memoryview) -> None:
        """Read until `view` is full; where the stream ends before, say why it did."""
        while len(view):
            count = self._pipe.readinto(view)
            if not count:
                self._end()
            view = view[count:]

    def _end(self) -> None:
        trouble = self._process.trouble()
        if trouble:
            raise error_from(trouble, self._name)
        raise EndOfStream

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._process.close()


def widen(pipe: int) -> None:
    """A larger pipe saves switches between the processes; where the system refuses, it works as it is."""
    import fcntl  # here, since Windows has none, and imports this file all the same

    try:
        fcntl.fcntl(pipe, _SET_PIPE_SIZE, PIPE_BYTES)
    except OSError:
        log.debug("the pipe from GStreamer stays at its size")
