"""Regular files of a bounded size, and nothing else: no device, no FIFO that hangs, no endless file."""

import contextlib
import os
import stat
from typing import BinaryIO, Iterator


@contextlib.contextmanager
def opened(path: str, limit_bytes: int) -> Iterator[BinaryIO]:
    """`path`, or what a link there leads to, open for reading; ValueError, without the path, for what it may not be.

    OSError where it cannot be opened.
    """
    # Without waiting: opening a FIFO would wait for whoever writes to it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("a device, pipe or folder: expected a file")
        if status.st_size > limit_bytes:
            raise ValueError("{} bytes: expected {} at most".format(status.st_size, limit_bytes))
        yield file


def read_bytes(path: str, limit_bytes: int) -> bytes:
    """All of it; errors as `opened`."""
    with opened(path, limit_bytes) as file:
        return file.read(limit_bytes + 1)[:limit_bytes]


def read_text(path: str, limit_bytes: int) -> str:
    """All of it as UTF-8, with or without a mark at its beginning; ValueError where it is none."""
    try:
        return read_bytes(path, limit_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        raise ValueError(
            "line {}: byte 0x{:02x} is no UTF-8: save it as UTF-8".format(
                before.count(b"\n") + 1, error.object[error.start]
            )
        ) from error
