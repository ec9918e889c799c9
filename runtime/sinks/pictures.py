"""A folder of annotated pictures: what a folder of pictures, or a video, becomes."""

import contextlib
import logging
import os

import cv2
import numpy as np

from runtime.errors import SinkError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.outputs import claimed
from runtime.sinks.sink import Sink

log = logging.getLogger(__name__)

JPEG_QUALITY = 95


class PicturesSink(Sink):
    """Each picture under the name that it had in its folder; those of a video and a camera are numbered."""

    def __init__(self, path: str) -> None:
        """Makes the folder. SinkError where it holds anything: no picture of anybody's is written over."""
        self.name = path
        self._claim = contextlib.ExitStack()
        try:
            os.makedirs(path, exist_ok=True)
            self._claim.enter_context(claimed(path))
            if os.listdir(path):
                self._claim.close()
                raise SinkError("--sink {}: the folder is not empty, name a new one".format(path))
        except OSError as error:
            if isinstance(error, SinkError):
                raise
            raise SinkError("--sink {}: {}".format(path, error.strerror)) from error
        self._written = 0

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        frame = observation.frame
        if frame.id is None:
            return True
        name = frame.file or "{:06d}.jpg".format(frame.id)
        ending = os.path.splitext(name)[1].lower()
        is_done, data = cv2.imencode(ending, picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not is_done:
            raise SinkError("cannot encode a picture of shape {} as {}".format(picture.shape, ending))
        path = os.path.join(self.name, name)
        try:
            with open(path, "wb") as file:
                file.write(data.tobytes())
        except OSError as error:
            raise SinkError("cannot write {}: {}".format(path, error.strerror)) from error
        self._written += 1
        return True

    def close(self) -> None:
        self._claim.close()
        if self._written:
            log.info("wrote %d pictures to %s", self._written, self.name)
            self._written = 0
