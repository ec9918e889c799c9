"""How a shelf looked when it was taught: a small grey picture, kept with its layout, that later runs compare with."""

import struct

import cv2
import numpy as np

WIDTH_PX = 320
"""Pictures are looked at in this width."""
MOST_HEIGHT_PX = 20 * WIDTH_PX
_PNG, _SIZE = b"\x89PNG\r\n\x1a\n", slice(16, 24)
"""How the file begins, and where its width and height stand."""


def small_of(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 BGR in WIDTH_PX."""
    height = max(1, round(WIDTH_PX * image.shape[0] / image.shape[1]))
    return np.asarray(cv2.resize(image, (WIDTH_PX, height), interpolation=cv2.INTER_AREA))


def grey_of(small: np.ndarray) -> np.ndarray:
    """(h, w) uint8 of (h, w, 3) BGR."""
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))


def picture_of(grey: np.ndarray) -> bytes:
    """What is kept, of `grey_of(small_of(image))`: a PNG of some 50 kB."""
    return cv2.imencode(".png", grey)[1].tobytes()


def grey_from_picture(picture: bytes) -> np.ndarray:
    """(h, WIDTH_PX) uint8 of what `picture_of` made; ValueError for anything else."""
    if not picture.startswith(_PNG) or len(picture) < _SIZE.stop:
        raise ValueError("no PNG")
    width, height = struct.unpack(">II", picture[_SIZE])  # measured before it is decoded
    if width != WIDTH_PX or height > MOST_HEIGHT_PX:
        raise ValueError("a picture of {}x{}, expected a width of {}".format(width, height, WIDTH_PX))
    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None or grey.shape != (height, width):
        raise ValueError("a picture that is broken")
    return np.asarray(grey)
