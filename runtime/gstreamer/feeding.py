"""Bytes into a child's standard input, which may have ended or be frozen."""

import os
import select
from typing import Any

from runtime.gstreamer.child import PIPE_BYTES, widen

STALL_S = 3.5
"""A child that takes nothing for so long is frozen."""
START_S = 20.0
"""The same until it has taken more than the pipe holds: the first GStreamer on a board looks at all its plugins."""


class Feeding:
    """Waits while the child is busy, but not for ever."""

    def __init__(self, stream: Any) -> None:
        """`stream`: of subprocess.Popen, which closes it."""
        self._pipe = stream.fileno()
        self._taken_bytes = 0
        os.set_blocking(self._pipe, False)
        self._room = select.poll()
        self._room.register(self._pipe, select.POLLOUT)
        widen(self._pipe)

    def write(self, data: Any) -> None:
        """All of `data`; TimeoutError from a frozen child, another OSError from one that has ended."""
        view = memoryview(data).cast("B")
        while len(view):
            patience_s = STALL_S if self._taken_bytes > PIPE_BYTES else START_S
            if not self._room.poll(patience_s * 1000):
                raise TimeoutError("it took nothing for {:g} s".format(patience_s))
            written = os.write(self._pipe, view)
            self._taken_bytes += written
            view = view[written:]
