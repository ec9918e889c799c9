"""Small files of /sys and /proc below a root, so that a captured tree stands in for a board."""

import glob
import os
from typing import List, Optional


class Tree:
    """What the kernel tells of itself. Nothing here raises: what is absent, locked or nonsense is None."""

    def __init__(self, root: str = "/") -> None:
        self._root = root

    def path(self, path: str) -> str:
        """Where `path`, as on the board, is found."""
        return os.path.join(self._root, path.lstrip("/"))

    def exists(self, path: str) -> bool:
        return os.path.exists(self.path(path))

    def glob(self, pattern: str) -> List[str]:
        """Paths that match, as on the board, with the 2 of cpu2 before the 10 of cpu10."""
        length = len(self._root.rstrip("/"))
        found = [path[length:] for path in glob.glob(self.path(pattern))]
        return sorted(found, key=lambda path: (len(path), path))

    def text(self, path: str) -> Optional[str]:
        """The file's text without blanks and zero bytes around it."""
        try:
            with open(self.path(path), "rb") as file:
                return file.read().decode("utf-8", "replace").strip("\0 \t\n")
        except OSError:
            return None

    def number(self, path: str) -> Optional[float]:
        """The number that the file holds."""
        text = self.text(path)
        try:
            return float(text) if text else None
        except ValueError:
            return None
