"""What GStreamer says went wrong, as one line that says what to do."""

import re
from typing import List, Tuple

from runtime.errors import MissingPackageError, ShelfsightError, SourceError, UsageError
from runtime.gstreamer.elements import missing_message
from runtime.redacted import redacted

_KNOWN: List[Tuple[str, str]] = [
    # what an element says (any case), and what to do about it; the first that fits
    (r"unauthorized|\b401\b", "the user name or password is wrong: rtsp://USER:PASSWORD@HOST/PATH"),
    (r"not found.*\b404\b|\b404\b", "the server has no such stream: look up the path in the camera's manual"),
    (r"could not resolve|name or service|no such host", "no such host: check the name, or use the address"),
    (r"connection refused|failed to connect|could not connect", "nobody answers there: is the server running?"),
    (r"timeout|timed out", "no answer in time: is the server alive, and on this network?"),
    (r"permission denied", "no permission: sudo usermod -aG video $USER, then log in again"),
    (r"device .*busy|resource busy", "another program is using it (fuser -v names it)"),
    (r"nvarguscamera|argus", "the CSI camera does not answer: sudo systemctl restart nvargus-daemon"),
    (r"could not multiplex|no space left", "the disk is full"),
    (r"not-negotiated|could not negotiate", "it does not deliver that size, format or rate (--list-modes shows what)"),
]


def error_from(trouble: str, name: str) -> ShelfsightError:
    """The error to raise for `trouble`, a text of GStreamer's or of launch.py, while running the source `name`."""
    name, trouble = redacted(name), redacted(trouble)
    absent = re.findall(r'no element "([^"]+)"', trouble)
    if absent:
        return MissingPackageError(missing_message(absent, name))
    if trouble.startswith("parse: "):
        return UsageError("{}: GStreamer cannot read the pipeline: {}".format(name, trouble[len("parse: ") :]))
    if trouble.startswith("library: "):
        return MissingPackageError(
            "{} needs GStreamer: apt-get install gstreamer1.0-tools ({})".format(name, trouble[len("library: ") :])
        )
    missing = re.search(r"missing a plug-?in|no decoder available|missing decoder: ([^|]*)", trouble, re.IGNORECASE)
    if missing:
        return MissingPackageError(
            "{}: {}: apt-get install gstreamer1.0-libav gstreamer1.0-plugins-bad".format(name, first_line(trouble))
        )
    for pattern, mend in _KNOWN:
        if re.search(pattern, trouble, re.IGNORECASE):
            return SourceError("{}: {} ({})".format(name, mend, first_line(trouble)))
    return SourceError("{}: {}".format(name, first_line(trouble)))


def first_line(text: str) -> str:
    """`text` with its line breaks and runs of blanks as single blanks."""
    return " ".join(text.split())
