"""A bundle on its way: its files, piece by piece, into a folder that is a bundle only when all of it is there."""

import os
import shutil
from typing import BinaryIO, Dict, Optional, Tuple

from runtime.bundle import DESCRIPTION, sha256_of
from runtime.taking.protocol import NAMES, OrderError

SPARE_BYTES = 64 << 20
"""That the disk keeps free."""


class Incoming:
    """Asks for one piece after the other. Close it in any case; `folder` is left for the owner to move or remove."""

    def __init__(self, folder: str, sha256: str, sizes: Dict[str, int]) -> None:
        """`folder` is made anew. OrderError: the disk has no room. OSError: it cannot be written."""
        self.sha256 = sha256
        self._folder, self._sizes = folder, sizes
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder, 0o755)
        free = shutil.disk_usage(folder).free
        if free < sum(sizes.values()) + SPARE_BYTES:
            message = "{} MB free where the bundle goes: expected {} at least"
            raise OrderError(message.format(free >> 20, (sum(sizes.values()) + SPARE_BYTES) >> 20))
        self._left = list(NAMES)
        self._offset = 0
        self._file: Optional[BinaryIO] = None

    @property
    def wanted(self) -> Optional[Tuple[str, int]]:
        """File and offset of the next piece; None: all are there."""
        return (self._left[0], self._offset) if self._left else None

    @property
    def share(self) -> float:
        """Of the bytes, that are there: 0 to 1."""
        left = sum(self._sizes[name] for name in self._left) - self._offset
        return 1.0 - left / sum(self._sizes.values())

    def take(self, name: str, offset: int, data: bytes) -> None:
        """A piece; one that is not wanted changes nothing. OrderError: it is wrong. OSError: a full disk, or such."""
        if (name, offset) != self.wanted:
            return
        if offset + len(data) > self._sizes[name]:
            raise OrderError("{} is longer than the {} bytes of the order".format(name, self._sizes[name]))
        if self._file is None:
            self._file = open(self._path(name), "wb")  # noqa: SIM115 - piece by piece
        self._file.write(data)
        self._offset += len(data)
        if self._offset == self._sizes[name]:
            self._file.flush()
            os.fsync(self._file.fileno())
            self.close()
            self._left.pop(0)
            self._offset = 0
            if name == DESCRIPTION:
                self._check_description()

    def _check_description(self) -> None:
        found = sha256_of(self._path(DESCRIPTION))
        if found != self.sha256:
            message = "{} has sha256 {}..., the order says {}..."
            raise OrderError(message.format(DESCRIPTION, found[:12], self.sha256[:12]))

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def close(self) -> None:
        """May be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
