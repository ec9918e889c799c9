"""One recording in one file, by a child process that finishes the file even when we are killed."""

import logging
import os
import subprocess
from typing import Any, Tuple

import cv2
import numpy as np

from runtime.errors import SinkError
from runtime.gstreamer import gdp
from runtime.gstreamer.child import PipelineProcess
from runtime.gstreamer.encoding import recording
from runtime.gstreamer.feeding import Feeding
from runtime.gstreamer.pipelines import Machine
from runtime.gstreamer.rows import rows_from_image
from runtime.gstreamer.trouble import error_from

log = logging.getLogger(__name__)

FINISH_S = 2.5
"""How long the encoder may take over what it still holds and the end of the file."""
SYNC_S = 5.0
"""Of recording, between two times that it is put on the disk: Linux keeps the last half minute in memory, and a power
cut took 28 s of a recording (virtual machine)."""


class Recorder:
    """Takes pictures with their times; SinkError from any call after something went wrong, and no child is left."""

    def __init__(self, machine: Machine, path: str, fps: float, shape: Tuple[int, ...]) -> None:
        """`shape`: of the pictures, (H, W, 3); the file has its even part. MissingPackageError without an encoder."""
        self.path = path
        self._size = (shape[1] & ~1, shape[0] & ~1)
        pipeline = recording(machine, path, fps, self._size[0], self._size[1])
        self._process = PipelineProcess(pipeline, "record", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self._feeding = Feeding(self._process.popen.stdin)
        self._synced_s = 0.0
        self._write(gdp.stream_start(self._size))

    def write(self, picture: np.ndarray, seconds: float) -> None:
        """`picture` (H, W, 3) uint8 BGR is shown from `seconds` on; waits for the encoder, for STALL_S at most."""
        if picture.shape[1::-1] != self._size:
            picture = cv2.resize(picture, self._size)
        rows = rows_from_image(picture)
        self._write(gdp.picture_header(rows.size, seconds))
        self._write(rows.data)
        if seconds - self._synced_s >= SYNC_S:
            self._synced_s = seconds
            self._sync()

    def _sync(self) -> None:
        """Have what the child has written reach the disk; what it meets there it tells of itself."""
        try:
            with open(self.path, "rb") as file:
                os.fdatasync(file.fileno())
        except OSError as error:  # it has not begun the file yet, or the path is no file
            log.debug("%s not put on the disk: %s", self.path, error)

    def _write(self, data: Any) -> None:
        try:
            self._feeding.write(data)
        except TimeoutError as error:
            self._process.kill()
            self._process.close()
            raise SinkError("{}: the encoder is frozen, {}".format(self.path, error)) from error
        except OSError as error:  # it has ended, and its own words say more
            self.close()
            raise SinkError("{}: {}".format(self.path, error)) from error

    def kill(self) -> None:
        """From any thread: end the child at once, the file as it is."""
        self._process.kill()

    def close(self) -> None:
        """Finish the file. SinkError where that failed or took longer than FINISH_S."""
        self._process.end_input()
        trouble = self._process.trouble(FINISH_S)
        is_late = self._process.popen.poll() is None
        self._process.close(0.0)
        if is_late:
            raise SinkError(
                "{}: the encoder did not finish within {:g} s, the end is missing".format(self.path, FINISH_S)
            )
        if trouble:
            raise SinkError(str(error_from(trouble, self.path)))
