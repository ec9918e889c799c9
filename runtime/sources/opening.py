"""From the text after --source to an opened source."""

import logging
import os
import re
from typing import Optional

from runtime.errors import SourceError, UsageError
from runtime.settings import DEFAULT_RES, Settings
from runtime.sources.camera import CameraSource, camera_paths
from runtime.sources.demo import DemoSource
from runtime.sources.folder import FolderSource
from runtime.sources.source import Source
from runtime.sources.video import VideoSource
from runtime.sources.waiting import WaitingSource

log = logging.getLogger(__name__)

DEMO = "demo://"
_CAMERA = re.compile(r"^(\d+|/dev/.+)$")
_LATER = re.compile(r"^(csi|rtsp|rtsps|http|https)://")


def open_source(settings: Settings) -> Source:
    """The source that `settings` name, opened; SourceError if it is not there, UsageError if it makes no sense."""
    uri = settings.source
    if uri == "auto":
        return _first_camera(settings) or _demo(DEMO, settings)
    if uri.startswith(DEMO):
        return _demo(uri, settings)
    if _CAMERA.match(uri):
        path = "/dev/video" + uri if uri.isdigit() else uri
        if settings.wait:
            return WaitingSource(path, settings.res or DEFAULT_RES, lambda: _camera(path, settings))
        return _camera(path, settings)
    if settings.wait:
        raise UsageError("--wait is for cameras, as in --source /dev/video0 (asked for {})".format(uri))
    if _LATER.match(uri):
        raise UsageError(
            "{} sources need GStreamer, which this version does not use yet: give a camera number, a video file, "
            "a folder of images or demo://".format(uri.split(":")[0])
        )
    if os.path.isdir(uri):
        return FolderSource(uri, settings.res)
    return VideoSource(uri, settings.res)


def _camera(path: str, settings: Settings) -> Source:
    return CameraSource(path, settings.res or DEFAULT_RES, settings.fps)


def _demo(uri: str, settings: Settings) -> Source:
    return DemoSource(uri, settings.res or DEFAULT_RES, settings.fps)


def _first_camera(settings: Settings) -> Optional[Source]:
    """The first camera that delivers a frame; many a /dev/video is only a camera's metadata."""
    for path in camera_paths():
        try:
            source = _camera(path, settings)
        except SourceError as error:
            log.info("passing over %s: %s", path, error)
            continue
        log.info("source auto: %s", path)
        return source
    log.warning("source auto: no camera found, showing %s (name a camera with --source)", DEMO)
    return None
