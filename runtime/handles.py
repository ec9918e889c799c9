"""What the system may be short of: file handles, memory, threads; and what that looks like."""

import errno
from typing import Optional

NONE_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
"""What passes by itself: no handle, no memory or no process to be had just now."""


def raise_limit() -> None:
    """Take all that the hard limit allows; systems without such limits have nothing to raise."""
    try:
        import resource  # POSIX only
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # macOS: the hard limit is unlimited, which a soft one may not be
        return


def limit() -> Optional[int]:
    """How many may be open at once; None where nobody says."""
    try:
        import resource
    except ImportError:
        return None
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else int(soft)


def is_short(error: OSError) -> bool:
    """Whether `error` says that the system is short of something, rather than that a thing is not there."""
    return error.errno in NONE_LEFT


OUT_OF_MEMORY = (
    "no more memory or threads to be had ({}): end other programs, or raise the limit (ulimit -v, ulimit -u)"
)
_WORDS = ("can't start new thread", "bad_alloc", "failed to map segment", "cannot allocate memory", "out of memory")
"""What Python, C++, the dynamic linker, the C library and OpenCV say."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` is what a library makes of a lack of memory, address space or threads."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in _WORDS)
