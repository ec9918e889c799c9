"""File handles: how many this process may have, and what it looks like when there are none left."""

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
