"""Loads OpenCV once, so that a missing system library is one line that names its package."""

import os

from runtime.errors import MissingPackageError
from runtime.handles import OUT_OF_MEMORY, is_out_of_memory


def load_opencv(quiet: bool) -> None:
    """MissingPackageError where it cannot be loaded.

    `quiet`: its decoders say nothing; our own messages say the same in one line.
    """
    if quiet:  # read by OpenCV when it loads
        os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        if is_out_of_memory(error):
            raise MissingPackageError(OUT_OF_MEMORY.format(error)) from error
        raise MissingPackageError(
            "OpenCV cannot be loaded ({}): on Debian and Ubuntu, apt-get install libgl1 libglib2.0-0; on a Jetson use "
            "JetPack's own python3-opencv; otherwise pip install opencv-python".format(error)
        ) from error
