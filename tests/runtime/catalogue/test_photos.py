"""Photos from outside are turned, bounded and cut out, and what is none is told in one line."""

import io
import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from runtime.catalogue.photos import MOST_SIDE_PX, cut_out, image_from_jpeg, jpeg_of, photo_from_bytes, sharpness_of
from runtime.errors import CatalogueError

RNG = np.random.RandomState(0)


def encoded(image, kind="PNG", **how):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **how)
    return file.getvalue()


def png_that_claims(width, height):
    """The head of a PNG of that size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + b"\0\0\0\x01IDAT"


def test_a_photo_is_turned_as_exif_says_and_bounded():
    image = np.zeros((900, 1200, 3), np.uint8)
    image[:450] = (255, 0, 0)  # red above, in RGB
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise when shown
    photo = photo_from_bytes(encoded(image, "JPEG", exif=exif.tobytes()))
    assert photo.shape == (MOST_SIDE_PX, MOST_SIDE_PX * 3 // 4, 3)
    assert photo[320, -40, 2] > 200 > 50 > photo[320, 40, 2], "red to the right"


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_phone_s_heic_is_read_and_turned(orientation):
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs pillow-heif")
    if orientation == 6 and sys.version_info < (3, 7):
        pytest.skip("its last release for Python 3.6 reads turned pictures, but writes none")
    pillow_heif.register_heif_opener()
    image = np.zeros((60, 90, 3), np.uint8)
    image[:30] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = photo_from_bytes(encoded(image, "HEIF", exif=exif.tobytes()))
    if orientation == 6:  # red to the right
        photo = np.rot90(photo)
    assert photo.shape == image.shape
    assert photo[10, 45, 2] > 200 > 50 > photo[50, 45, 2]


def test_without_its_reader_a_heic_names_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(CatalogueError, match=r"pip install 'shelfsight\[heic\]'"):
        photo_from_bytes(b"0" * 4 + b"ftypheic" * 9)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "not a photo"), (b"GIF89a but not really", "not a photo"), (b"0" * 4 + b"ftypheic" * 9, "not a photo"),
        (encoded(np.zeros((1, 1, 3), np.uint8)), "1x1 pixels"), (png_that_claims(10000, 10000), "100 megapixels"),
        (encoded(RNG.randint(0, 255, (99, 99, 3)).astype(np.uint8))[:3000], "not a photo"),
    ],
)  # fmt: skip
def test_what_is_no_photo_for_us(data, words):
    with pytest.raises(CatalogueError, match=words):
        photo_from_bytes(data)


def test_what_stands_out_from_a_plain_background_is_cut_out():
    image = np.full((300, 400, 3), 235, np.uint8)
    image[80:220, 150:260] = RNG.randint(0, 120, (140, 110, 3))
    cut = cut_out(image)
    assert abs(cut.shape[0] - 152) < 12
    assert abs(cut.shape[1] - 122) < 12


@pytest.mark.parametrize("kind", ["busy", "empty", "whole"])
def test_what_cannot_be_cut_out_stays_whole(kind):
    image = np.full((300, 400, 3), 235, np.uint8)
    if kind == "busy":
        image = RNG.randint(0, 255, image.shape).astype(np.uint8)
    elif kind == "whole":
        image[2:-2, 2:-2] = 10
    assert cut_out(image) is image


def test_jpeg_and_back_and_sharpness():
    image = cv2.resize(RNG.randint(0, 255, (20, 20, 3)).astype(np.uint8), (200, 200), interpolation=cv2.INTER_NEAREST)
    assert image_from_jpeg(jpeg_of(image)).shape == image.shape
    assert sharpness_of(image) > 2 * sharpness_of(cv2.GaussianBlur(image, (31, 31), 8))
