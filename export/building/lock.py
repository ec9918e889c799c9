"""One build at a time in a folder: two would fight for memory and for the same files."""

import os
import time
from typing import Callable, Optional

_POLL_S = 0.2
_LOCK = ".lock"


class BuildLock:
    """Held inside `with`; waits for a process that holds it, and says so. Gone with the process, however it ends.

    Windows has no such lock: two builds at once only take longer there.
    """

    def __init__(self, folder: str, tell: Callable[[str], None]) -> None:
        self._path = os.path.join(folder, _LOCK)
        self._tell = tell
        self.descriptor: Optional[int] = None

    def __enter__(self) -> "BuildLock":
        try:
            import fcntl
        except ImportError:
            return self
        self.descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        told = False
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not told:
                    told = True
                    owner = os.read(self.descriptor, 32).decode("ascii", "replace").strip() or "?"
                    self._tell("another build is under way (process {}): waiting for it".format(owner))
                time.sleep(_POLL_S)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, "{}\n".format(os.getpid()).encode("ascii"), 0)
        return self

    def __exit__(self, *_: object) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
