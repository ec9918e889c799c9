"""A V4L2 camera in its best mode: through GStreamer where that is there, else plainly."""

import logging
from typing import Callable, NamedTuple, Optional

from runtime.errors import MissingPackageError, SourceError
from runtime.gstreamer import pipelines
from runtime.gstreamer.running import open_pipeline
from runtime.sources.camera import CameraSource, camera_paths
from runtime.sources.fitting import Size, fitted_size
from runtime.sources.source import Source
from runtime.sources.stream import LiveStream
from runtime.sources.watched import Expectations, WatchedSource
from runtime.v4l2.device import check_access, read_camera, read_granted, why_slow
from runtime.v4l2.modes import Choice, chosen

log = logging.getLogger(__name__)

DEFAULT_FORMAT = "MJPG"
"""Asked for where the driver lists no mode: YUYV 720p30 does not fit through USB 2, and the driver halves the rate."""


CSI_DRIVER = "tegra-video"
"""Whose nodes give raw Bayer data, which argus makes pictures of (known from listings on the web, not tried)."""


class Wanted(NamedTuple):
    """What is asked of a camera."""

    path: str
    res: Size
    fps: float


def open_camera(wanted: Wanted, machine: Callable[[], pipelines.Machine]) -> Source:
    """The camera at `wanted.path`; SourceError where it cannot be had. What was chosen, and why, goes to the log."""
    path = wanted.path
    check_access(path, ", ".join(camera_paths()) or "none")
    camera = read_camera(path)
    if camera.identity.driver == CSI_DRIVER:
        raise SourceError("{} is a CSI camera's raw output: --source csi://0 (or 1) goes through argus".format(path))
    choice = chosen(camera.modes, wanted.res, wanted.fps)
    if choice is None:
        choice = Choice(DEFAULT_FORMAT, wanted.res, wanted.fps, "it lists no mode that we know")
    log.info("%s: %s", path, choice)
    target = None if choice.size == wanted.res else even(fitted_size(choice.size, wanted.res))
    source = _through_gstreamer(wanted, choice, target, machine) or _plain(wanted, choice, target)
    granted = read_granted(path)
    fps = choice.fps
    if granted is not None:
        fps = granted.fps or fps
        log.info("%s granted %s %dx%d at %g fps", path, granted.format, granted.size[0], granted.size[1], fps)
    return WatchedSource(source, Expectations(distinct=True, granted_fps=fps, why_slow=lambda: why_slow(path)))


def even(size: Size) -> Size:
    """Both sides rounded to even numbers, which hardware scalers need."""
    return size[0] + 1 & ~1, size[1] + 1 & ~1


def _through_gstreamer(
    wanted: Wanted, choice: Choice, target: Optional[Size], machine: Callable[[], pipelines.Machine]
) -> Optional[Source]:
    """None where GStreamer or an element is missing, or its pipeline does not start; the log says which."""
    path = wanted.path
    asked = pipelines.CameraFormat(choice.format, choice.size, choice.fps)
    try:
        pipeline = pipelines.camera(machine(), path, asked, target)
        # v4l2src of GStreamer 1.22 keeps one of its two handles on the device after it is closed, until its process
        # ends; a camera plugged in again then comes back under another number (seen in the virtual machine).
        source = LiveStream(path, lambda: open_pipeline(pipeline, path, live=True, apart=True))
    except (MissingPackageError, SourceError) as error:
        log.info("%s plainly through V4L2, since not through GStreamer: %s", path, error)
        return None
    return source


def _plain(wanted: Wanted, choice: Choice, target: Optional[Size]) -> Source:
    log.info("%s runs through OpenCV's V4L2", wanted.path)
    return CameraSource(wanted.path, choice.size, choice.fps, format=choice.format, target=target)
