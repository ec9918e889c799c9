"""Whether a file can be recorded to, checked before anything is written."""

import os

from runtime.errors import SinkError


def check_recordable(path: str) -> None:
    """SinkError, one line, where `path` cannot be written."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise SinkError("{} is a folder: name a file in it, as in {}".format(path, os.path.join(path, "out.mp4")))
    if not os.path.isdir(folder):
        raise SinkError("no such folder: {} (mkdir -p it, or record elsewhere)".format(folder))
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise SinkError("no permission to write {}: record elsewhere".format(path))
