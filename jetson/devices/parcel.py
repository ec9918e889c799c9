"""A bundle that is handed out: what a device is told of it, and its pieces."""

import os
from typing import Dict, Optional

from runtime.bundle import Bundle
from runtime.errors import BundleError
from runtime.taking.protocol import MOST_BYTES, NAMES, PIECE_BYTES, TAKE, Order, piece_of, read_want


class Parcel:
    """Files are read when their pieces are asked for; devices check them against the hashes."""

    def __init__(self, folder: str) -> None:
        """BundleError: it is none, or is too large."""
        self._bundle = Bundle.open(folder)
        self.name, self.sha256 = self._bundle.name, self._bundle.sha256
        self.sizes: Dict[str, int] = {name: os.path.getsize(self._path(name)) for name in NAMES}
        if sum(self.sizes.values()) > MOST_BYTES:
            message = "{} has {} MB: devices take {} at most"
            raise BundleError(message.format(folder, sum(self.sizes.values()) >> 20, MOST_BYTES >> 20))

    @property
    def order(self) -> Order:
        """To take it."""
        return Order(TAKE, self.sha256, self.sizes)

    def piece(self, want: bytes) -> Optional[bytes]:
        """The message that answers `want`; None where it asks for something else. OSError: it cannot be read."""
        asked = read_want(want)
        if asked is None or asked[0] != self.sha256:
            return None
        _, name, offset = asked
        with open(self._path(name), "rb") as file:
            file.seek(offset)
            data = file.read(PIECE_BYTES)
        return piece_of(name, offset, data) if data else None

    def _path(self, name: str) -> str:
        return os.path.join(self._bundle.folder, name)
