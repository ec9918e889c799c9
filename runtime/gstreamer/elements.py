"""Which GStreamer elements this machine has, and the packages of those that it has not."""

import os
import re
import subprocess
import sys
from typing import FrozenSet, Iterable, Optional

from runtime.errors import MissingPackageError, SourceError
from runtime.handles import is_short

PROBE_TIMEOUT_S = 60.0
"""The first call after an installation scans every plugin: half a minute on a Nano's SD card."""

_BASE, _GOOD, _BAD, _UGLY, _LIBAV, _JETPACK = (
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
    "nvidia-l4t-gstreamer",
)
_PACKAGES = {
    "gstreamer1.0-tools": ("gst-inspect-1.0",),
    "libgstreamer1.0-0": ("capsfilter", "fdsink", "fdsrc", "filesink", "filesrc", "queue"),
    _BASE: (
        "appsink appsrc decodebin parsebin playbin theoradec uridecodebin videoconvert videorate videoscale "
        "videotestsrc"
    ).split(),
    _GOOD: (
        "avidemux flvdemux jpegdec jpegenc matroskademux matroskamux mp4mux multifilesrc qtdemux qtmux rtph264depay "
        "rtph264pay rtph265depay rtpjpegdepay rtspsrc souphttpsrc splitmuxsink udpsrc v4l2src vp8dec vp9dec ximagesrc"
    ).split(),
    _BAD: "gdpdepay gdppay h264parse h265parse jpegparse mpegtsdemux mpegvideoparse srtsrc tsdemux".split(),
    _UGLY: ("x264enc",),
    _LIBAV: ("avdec_h264", "avdec_h265", "avdec_mjpeg", "avdec_mpeg4", "avdec_vp9"),
    _JETPACK: (
        "nvarguscamerasrc nvjpegdec nvjpegenc nvv4l2camerasrc nvv4l2decoder nvv4l2h264enc nvv4l2h265enc nvvidconv"
    ).split(),
}
PACKAGES = {element: package for package, elements in _PACKAGES.items() for element in elements}
"""Element -> the Debian or JetPack package that brings it."""


def elements_in(listing: str) -> FrozenSet[str]:
    """The names in what `gst-inspect-1.0` prints without arguments, `plugin:  element: What it is` a line."""
    return frozenset(re.findall(r"^\S+:  ([\w-]+): ", listing, re.MULTILINE))


def present_elements() -> FrozenSet[str]:
    """All elements of this machine, asked of `gst-inspect-1.0` anew; none where GStreamer is not installed.

    None beyond Linux either: pipelines run in a child process that takes its pipes by number and loads the library by
    its name there. SourceError where the machine is too short of anything to say.
    """
    if not _is_linux():
        return frozenset()
    try:
        done = subprocess.run(
            ["gst-inspect-1.0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for us: killed by it, it would have told of no element
            timeout=PROBE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return frozenset()
    except OSError as error:
        if is_short(error):  # else somebody would be told to install what is there
            raise SourceError("cannot ask GStreamer for its elements: {}".format(error.strerror)) from error
        return frozenset()
    return elements_in(done.stdout.decode("utf-8", "replace"))


def missing_message(names: Iterable[str], purpose: str) -> str:
    """One line that names elements and what to install for them."""
    names = list(names)
    packages = sorted({PACKAGES[name] for name in names if name in PACKAGES})
    unknown = [name for name in names if name not in PACKAGES]
    mend = "apt-get install {}".format(" ".join(packages)) if packages else ""
    if unknown:
        mend += "{}gst-inspect-1.0 lists what there is".format("; " if mend else "")
    return "{} needs the GStreamer element{} {}: {}".format(
        purpose, "" if len(names) == 1 else "s", ", ".join(names), mend
    )


def require(names: Iterable[str], present: FrozenSet[str], purpose: str) -> None:
    """MissingPackageError that names the packages, where an element is not there."""
    missing = [name for name in names if name not in present]
    if missing and not _is_linux():
        raise MissingPackageError("{} goes through GStreamer, which this program uses on Linux only".format(purpose))
    if missing and not present:
        missing = ["gst-inspect-1.0"] + missing
    if missing:
        raise MissingPackageError(missing_message(missing, purpose))


def _is_linux() -> bool:
    return sys.platform.startswith("linux")


def is_jetson(root: str = "/") -> bool:
    """Whether this is a Jetson, told by what its system image and its device tree say."""
    if os.path.exists(os.path.join(root, "etc/nv_tegra_release")):
        return True
    model = _first_bytes(os.path.join(root, "proc/device-tree/model"))
    return model is not None and b"Jetson" in model


def _first_bytes(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read(200)
    except OSError:
        return None
