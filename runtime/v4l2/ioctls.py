"""The few questions of V4L2 that we ask, as the kernel's structures. Layouts: linux/videodev2.h, stable since 2.6."""

import os
import struct
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple

CAPTURE = 1
"""V4L2_BUF_TYPE_VIDEO_CAPTURE"""
DISCRETE = 1
"""V4L2_FRMSIZE_TYPE_DISCRETE and V4L2_FRMIVAL_TYPE_DISCRETE; other types give a range."""
CAN_CAPTURE, HAS_DEVICE_CAPS = 0x00000001, 0x80000000
EXPOSURE_PRIORITY = 0x009A0903
"""V4L2_CID_EXPOSURE_AUTO_PRIORITY: 1 lets a camera lower its rate in dim light."""

_WORD = "={}I"
_FORMAT_BYTES = 4 + 200 if struct.calcsize("P") == 4 else 8 + 200
_FORMAT_PIX = _FORMAT_BYTES - 200
"""Where v4l2_format's union begins: it holds pointers, and is aligned as they are."""


class Identity(NamedTuple):
    """What a device says it is."""

    driver: str
    card: str
    bus: str
    captures: bool
    """False for the second node of a UVC camera, which has its metadata only."""


def _number(number: int, size: int, writes: bool = True) -> int:
    """The ioctl's request number: direction, size of its structure, type V."""
    return (3 if writes else 2) << 30 | size << 16 | ord("V") << 8 | number


def _ask(device: int, number: int, data: bytearray, writes: bool = True) -> bool:
    """Let the kernel fill `data`; false where it refuses, which is how each list ends."""
    import fcntl  # here, since Windows has none, and imports this file all the same

    try:
        fcntl.ioctl(device, _number(number, len(data), writes), data, True)
    except OSError:
        return False
    return True


def _words(data: bytearray, first: int, count: int) -> Tuple[Any, ...]:
    return struct.unpack_from(_WORD.format(count), data, first)


def _text(data: bytearray) -> str:
    return bytes(data).split(b"\0")[0].decode("utf-8", "replace")


def four_letters(code: int) -> str:
    """The name of a pixel format, such as MJPG."""
    return struct.pack("<I", code & 0x7FFFFFFF).decode("latin-1").strip("\0 ")


def code_of(letters: str) -> int:
    """The number of a pixel format's name."""
    return struct.unpack("<I", letters.ljust(4).encode("latin-1"))[0]


def open_device(path: str) -> int:
    """A file descriptor for questions only: it disturbs nobody who streams. OSError where it cannot be opened."""
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


def identity(device: int) -> Optional[Identity]:
    """None where this is no V4L2 device."""
    data = bytearray(104)
    if not _ask(device, 0, data, writes=False):
        return None
    capabilities, own = _words(data, 84, 2)
    if capabilities & HAS_DEVICE_CAPS:
        capabilities = own
    return Identity(_text(data[:16]), _text(data[16:48]), _text(data[48:80]), bool(capabilities & CAN_CAPTURE))


def formats(device: int) -> List[int]:
    """The codes of the pixel formats it captures in, in the driver's order."""
    return [struct.unpack_from("=I", data, 44)[0] for data in _entries(device, 2, 64, [CAPTURE])]


def sizes(device: int, code: int) -> List[Tuple[int, ...]]:
    """Of one format: (width, height) each, or one range (least width, most, step, least height, most, step)."""
    found: List[Tuple[int, ...]] = []
    for data in _entries(device, 74, 44, [code]):
        if struct.unpack_from("=I", data, 8)[0] != DISCRETE:
            return [_words(data, 12, 6)]
        found.append(_words(data, 12, 2))
    return found


def periods(device: int, code: int, width: int, height: int) -> List[Tuple[int, int]]:
    """Of one format and size: seconds a frame as (numerator, denominator); a range is given by its shortest."""
    found: List[Tuple[int, int]] = []
    for data in _entries(device, 75, 52, [code, width, height]):
        numerator, denominator = _words(data, 20, 2)
        found.append((numerator, denominator))
        if struct.unpack_from("=I", data, 16)[0] != DISCRETE:
            break
    return found


def _entries(device: int, number: int, size: int, key: List[int]) -> Iterator[bytearray]:
    """Each structure of a list that starts with its index and `key`, until the driver says there are no more."""
    index = 0
    while True:
        data = bytearray(size)
        struct.pack_into(_WORD.format(1 + len(key)), data, 0, index, *key)
        if not _ask(device, number, data):
            return
        yield data
        index += 1


def granted_format(device: int) -> Optional[Tuple[int, int, int]]:
    """(width, height, code) that the device is set to."""
    data = bytearray(_FORMAT_BYTES)
    struct.pack_into("=I", data, 0, CAPTURE)
    return _words(data, _FORMAT_PIX, 3) if _ask(device, 4, data) else None


def granted_period(device: int) -> Optional[Tuple[int, int]]:
    """Seconds a frame that the device is set to, as (numerator, denominator); None where it does not say."""
    data = bytearray(204)
    struct.pack_into("=I", data, 0, CAPTURE)
    if not _ask(device, 21, data):
        return None
    numerator, denominator = _words(data, 12, 2)
    return (numerator, denominator) if numerator and denominator else None


def control(device: int, number: int) -> Optional[int]:
    """The value of a control; None where the device has no such control."""
    data = bytearray(struct.pack("=Ii", number, 0))
    return struct.unpack("=Ii", data)[1] if _ask(device, 27, data) else None
