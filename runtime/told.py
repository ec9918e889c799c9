"""What is wrong with a file is said once, however often and from wherever the file is read again."""

import logging
import os
from typing import Set


class ToldFiles:
    """The files that something was said of. For any thread: at worst a line comes twice."""

    def __init__(self) -> None:
        self._paths: Set[str] = set()

    def warn(self, log: logging.Logger, path: str, message: str, *arguments: object) -> None:
        """log.warning, unless that was called for this file before."""
        key = os.path.abspath(path)
        if key not in self._paths:
            self._paths.add(key)
            log.warning(message, *arguments)


TOLD = ToldFiles()
"""One for the process."""
