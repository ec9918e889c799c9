"""Files that a run writes: nothing of anybody's is destroyed, and two runs never write to one."""

import contextlib
import logging
import os
import stat
import tempfile
from typing import Iterator, Optional

from runtime.errors import SinkError

log = logging.getLogger(__name__)

MOST_NUMBERS = 1000000


def is_special(path: str) -> bool:
    """Whether `path` is there and is neither file nor folder: a device, a pipe, a socket, or a link to one."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_stream(path: str) -> bool:
    """Whether `path` stands for something open, as /dev/stdout does: written to where it is, whatever it is."""
    for _ in range(40):  # as many links as the kernel follows
        path = os.path.abspath(path)
        if path.startswith(("/dev/", "/proc/")):
            return not path.startswith("/dev/shm/")
        if not os.path.islink(path):
            return False
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return False


def write_whole(path: str, text: str) -> None:
    """`text` as UTF-8 in the place of the regular file at `path`, also behind a link, which stays; OSError.

    Whole or not at all, killed or out of power at any moment.
    """
    target = os.path.realpath(path)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".being-written-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def write_to(path: str, text: str) -> None:
    """Write to a device or a pipe that is there; OSError, as for a pipe that nobody reads."""
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)  # without a reader a pipe would wait for ever
    data = text.encode("utf-8")
    handle = os.open(path, flags)
    try:
        if hasattr(os, "set_blocking"):
            os.set_blocking(handle, True)
        while data:
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)


def free_path(path: str) -> str:
    """`path`, or where that is there already out-2.mp4, out-3.mp4 and so on beside it: the first that is free."""
    if is_special(path) or not os.path.exists(path):
        return path
    stem, ending = os.path.splitext(path)
    for number in range(2, MOST_NUMBERS):
        other = "{}-{}{}".format(stem, number, ending)
        if not os.path.lexists(other):
            log.warning("%s is there and is kept: writing %s", path, other)
            return other
    raise SinkError("{}: every number up to {} is taken".format(path, MOST_NUMBERS))


@contextlib.contextmanager
def claimed(path: Optional[str]) -> Iterator[None]:
    """No other run may write to `path` meanwhile; SinkError where one does. Nothing for what is no file of its own.

    The lock is a hidden file beside it: it ends with the process, and what a killed one left behind locks nothing.
    """
    if path is None or path == "-" or is_special(path) or is_stream(path):
        yield
        return
    try:
        import fcntl
    except ImportError:  # Windows keeps a file that is open from others by itself
        yield
        return
    real = os.path.realpath(path)
    lock = os.path.join(os.path.dirname(real), ".{}.lock".format(os.path.basename(real)))
    handle = _locked(lock, path, fcntl)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(lock)
        os.close(handle)


def _locked(lock: str, path: str, fcntl: object) -> int:
    """The open and locked file `lock`, which is still the one of that name."""
    while True:
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            raise SinkError("cannot write beside {}: {}".format(path, error.strerror)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[attr-defined]
            if os.path.samestat(os.fstat(handle), os.stat(lock)):
                return handle
        except FileNotFoundError:  # its owner took it away just now
            pass
        except OSError as error:
            os.close(handle)
            raise SinkError("{} is being written by another run: name another file".format(path)) from error
        os.close(handle)
