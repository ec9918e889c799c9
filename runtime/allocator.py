"""C's allocator, where it is glibc's: it keeps freed memory for the threads that had it, unless it is told not to."""

import ctypes
import os
import sys
from typing import Any

ARENAS = 2
"""Heaps that all threads share; glibc's own number is eight a core, and each holds on to some 10 MiB."""
VARIABLE = "MALLOC_ARENA_MAX"
_ARENA_MAX = -8
"""M_ARENA_MAX of malloc.h."""


def share_heaps() -> None:
    """Have all threads share ARENAS heaps, unless the environment says how many. Before there are threads."""
    set_option = _function("mallopt")
    if set_option is not None and VARIABLE not in os.environ:
        set_option(_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Freed memory goes back to the system: after work that needs much of it once.

    Takes a millisecond, in which others that allocate may wait.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Any:
    """None where C's library is another."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
