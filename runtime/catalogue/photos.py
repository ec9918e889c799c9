"""Photos from outside: measured before they are decoded, turned as EXIF says, bounded, and encoded again."""

import io
import warnings
from typing import Optional

import cv2
import numpy as np

from runtime.errors import CatalogueError
from runtime.untrusted.files import read_bytes

NO_PHOTO = "not a photo that can be read here: expected JPEG, PNG, WebP or HEIC"
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
LIMIT_BYTES = 24 << 20
LIMIT_PIXELS = 50 * 1000 * 1000
"""Decoded they take 150 MB."""
LEAST_SIDE_PX = 24
MOST_SIDE_PX = 640
"""Of a photo that is kept: some three times what stage 2 looks at."""
QUALITY = 92
STRAY = 24.0
"""How far, of 255, the border of a plain background may stray from its median."""
PLAIN_SHARE = 0.9
"""Of the border's pixels that must be plain."""
LEAST_CUT, MOST_CUT = 0.05, 0.9
"""Share of the picture that what stands out may take to be cut out."""


def read_photo(path: str) -> np.ndarray:
    """(H, W, 3) uint8 BGR of a file; CatalogueError names it and says what is wrong."""
    try:
        return photo_from_bytes(read_bytes(path, LIMIT_BYTES))
    except OSError as error:
        raise CatalogueError("{}: {}".format(path, error.strerror or error)) from error
    except ValueError as error:
        raise CatalogueError("{}: {}".format(path, error)) from error


def photo_from_bytes(data: bytes) -> np.ndarray:
    """(H, W, 3) uint8 BGR, upright, MOST_SIDE_PX at most on its longer side. CatalogueError: not one for us."""
    if len(data) > LIMIT_BYTES:
        raise CatalogueError("the photo has {} bytes: expected {} at most".format(len(data), LIMIT_BYTES))
    is_heic = _is_heic(data)
    if is_heic:
        _read_heic()
    _check_size(data)
    try:
        image = _upright_by_pillow(data) if is_heic else cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError):
        image = None
    if image is None:
        raise CatalogueError(NO_PHOTO)
    return bounded(image)


def _is_heic(data: bytes) -> bool:
    """As phones write it: ISO/IEC 23008-12, by the brand at its head."""
    return data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS


def _read_heic() -> None:
    """Have Pillow read it. CatalogueError: what is missing for that."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        message = "a HEIC photo needs pillow-heif: pip install 'shelfsight[heic]', or save it as .jpg first"
        raise CatalogueError(message) from error
    register_heif_opener()


def _upright_by_pillow(data: bytes) -> Optional[np.ndarray]:
    """(H, W, 3) uint8 BGR, turned as EXIF says; None: it is damaged."""
    from PIL import Image, ImageOps

    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    except Exception:  # whatever Pillow's readers raise on a stranger's bytes
        return None
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _check_size(data: bytes) -> None:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own of large pictures
            width, height = Image.open(io.BytesIO(data)).size  # reads the header alone
    except Exception as error:  # whatever Pillow's readers raise on a stranger's bytes
        raise CatalogueError(NO_PHOTO) from error
    if width * height > LIMIT_PIXELS:
        message = "the photo has {} megapixels: expected {} at most"
        raise CatalogueError(message.format(width * height // 1000000, LIMIT_PIXELS // 1000000))
    if min(width, height) < LEAST_SIDE_PX:
        message = "the photo is {}x{} pixels: expected {} at least on each side"
        raise CatalogueError(message.format(width, height, LEAST_SIDE_PX))


def bounded(image: np.ndarray) -> np.ndarray:
    """`image`, shrunk where its longer side is beyond MOST_SIDE_PX."""
    height, width = image.shape[:2]
    scale = MOST_SIDE_PX / max(width, height)
    if scale >= 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def jpeg_of(image: np.ndarray) -> bytes:
    """`image` (H, W, 3) uint8 BGR as it is kept."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def image_from_jpeg(jpeg: bytes) -> np.ndarray:
    """What `jpeg_of` made, back."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))


def sharpness_of(image: np.ndarray) -> float:
    """Variance of the Laplacian, at one size: comparable between views of one object (Pech-Pacheco et al., 2000)."""
    grey = cv2.cvtColor(cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def cut_out(image: np.ndarray) -> np.ndarray:
    """What stands out from a plain background, with a small margin; `image` itself where that is not plain."""
    height, width = image.shape[:2]
    edge = max(2, min(height, width) // 40)
    border = np.concatenate(
        [part.reshape(-1, 3) for part in (image[:edge], image[-edge:], image[:, :edge], image[:, -edge:])]
    ).astype(np.float32)
    ground = np.median(border, axis=0)
    if (np.abs(border - ground).max(axis=1) < STRAY).mean() < PLAIN_SHARE:
        return image
    apart = np.abs(cv2.GaussianBlur(image, (5, 5), 0).astype(np.float32) - ground).max(axis=2) >= STRAY
    box = _largest(apart.astype(np.uint8))
    if box is None:
        return image
    x, y, w, h = box
    if not LEAST_CUT <= w * h / (width * height) <= MOST_CUT:
        return image
    more = round(0.04 * max(w, h))
    return image[max(0, y - more) : y + h + more, max(0, x - more) : x + w + more]


def _largest(mask: np.ndarray) -> Optional[tuple]:
    """x, y, width, height of its largest connected part; None where it is empty."""
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    best = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return tuple(int(value) for value in stats[best, :4])
