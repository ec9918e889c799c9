"""A folder of images, in the natural order of their names."""

import logging
import os
import re
from typing import Iterable, Optional

import cv2
import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.frame import EndOfStream, Frame
from runtime.sources.fitting import Size, fitted
from runtime.sources.source import Source
from runtime.sources.times import FPS
from runtime.told import TOLD
from runtime.untrusted.files import read_bytes

log = logging.getLogger(__name__)

LIMIT_BYTES = 1 << 30
EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff") + (
    (".avif",) if cv2.haveImageWriter(".avif") else ()  # what an OpenCV writes of it, it reads
)


UNREADABLE = (".avif", ".heic", ".heif", ".jxl")
"""Kinds of pictures that not every OpenCV reads, or none."""


def no_images(what: str, path: str, names: Iterable[str]) -> str:
    """Why a folder with these files has no `what` (images, photos, ...) for us, and the way out, in one line."""
    text = "no {} in {}: expected files that end in {}".format(what, path, ", ".join(EXTENSIONS))
    others = [name for name in names if name.lower().endswith(UNREADABLE) and not name.lower().endswith(EXTENSIONS)]
    if others:
        text += "; the {} that end in {} are of a kind that OpenCV here cannot read: convert them, as in {}"
        endings = ", ".join(sorted({os.path.splitext(name)[1].lower() for name in others}))
        text = text.format(len(others), endings, "heif-convert a.heic a.jpg (Debian package: libheif-examples)")
    return text


def natural_order(name: str) -> list:
    """Sort key by which img2 comes before img10."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", name.lower())]


def read_image(path: str) -> Optional[np.ndarray]:
    """(H, W, 3) uint8 BGR, or None where the file is no image. Unlike cv2.imread it says nothing and takes any name."""
    try:
        data = np.frombuffer(read_bytes(path, LIMIT_BYTES), np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except (OSError, ValueError, MemoryError, cv2.error):  # OpenCV's: more pixels than it takes
        return None


class FolderSource(Source):
    """Reads on demand: it waits for its reader and loses nothing. Unreadable images are named and passed over."""

    continuous = False

    def __init__(
        self, path: str, res: Optional[Size] = None, clock: Optional[MonotonicClock] = None, fps: float = 0.0
    ) -> None:
        """`res`: (width, height) that images are fitted into; None leaves them as they are.

        `fps`: how long a picture stands in a recording, 0: 30 to the second.
        """
        try:
            names = sorted(os.listdir(path), key=natural_order)
        except OSError as error:
            raise SourceError("cannot read the folder {}: {}".format(path, error.strerror)) from error
        self.paths = [os.path.join(path, name) for name in names if name.lower().endswith(EXTENSIONS)]
        if not self.paths:
            raise SourceError(no_images("images", path, names))
        self.name = path
        self.total_frames = len(self.paths)
        self._res = res
        self._clock = clock or MonotonicClock()
        self._fps = fps or FPS
        self._next_path = 0
        self._read = 0

    def read(self, timeout_s: float) -> Optional[Frame]:
        while self._next_path < len(self.paths):
            path = self.paths[self._next_path]
            self._next_path += 1
            image = read_image(path)
            if image is None:
                TOLD.warn(log, path, "%s is not a readable image: passed over", path)
                continue
            number, name = self._read, os.path.basename(path)
            frame = Frame(fitted(image, self._res), number, self._clock.now_s(), source_s=number / self._fps, file=name)
            self._read += 1
            return frame
        if not self._read:
            raise SourceError("none of the {} images in {} can be read".format(len(self.paths), self.name))
        raise EndOfStream
