"""From the text after --source to an opened source."""

import logging
import os
import re
import sys
from typing import Callable, NamedTuple, Optional

from runtime.errors import MissingPackageError, SourceError, UsageError
from runtime.gstreamer import pipelines
from runtime.gstreamer.elements import is_jetson, present_elements
from runtime.gstreamer.running import open_pipeline
from runtime.redacted import redacted
from runtime.settings import AUTO, DEFAULT_RES, Settings
from runtime.sources import fault
from runtime.sources.camera import camera_paths
from runtime.sources.demo import DemoSource
from runtime.sources.fault import Faults, FaultySource, parse_fault_uri
from runtime.sources.fitting import Size
from runtime.sources.folder import FolderSource
from runtime.sources.numbered import open_numbered
from runtime.sources.source import Source
from runtime.sources.stream import FileStream, LiveStream
from runtime.sources.v4l2 import Wanted, open_camera
from runtime.sources.video import VideoSource
from runtime.sources.waiting import WaitingSource
from runtime.sources.watched import Expectations, WatchedSource

log = logging.getLogger(__name__)

DEMO = "demo://"
CUSTOM = "gst:"
_CAMERA = re.compile(r"^(\d+|/dev/.+)$")
_CSI = re.compile(r"^csi://(\d+)$")
_RTSP = re.compile(r"^rtsps?://[^/]+")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


class Opener(NamedTuple):
    """How one source is opened, again and again."""

    name: str
    open: Callable[[], Source]
    """SourceError while it is not there."""
    comes_back: bool
    """A live source of the outside world: when it goes, it is opened again."""
    size: Size = DEFAULT_RES
    """Of the offline picture before the first frame."""


def open_source(settings: Settings) -> Source:
    """The source that `settings` name, opened; SourceError if it is not there, UsageError if it makes no sense."""
    if settings.source == AUTO:
        return _first_camera(settings) or _demo(DEMO, settings)
    opener = _opener(settings.source, settings)
    if not opener.comes_back:
        if settings.wait and not settings.camera:  # of several, those that can be waited for are
            raise UsageError("--wait is for cameras, as in --source /dev/video0 (asked for {})".format(opener.name))
        return opener.open()
    return _returning(opener, settings.wait)


def _returning(opener: Opener, may_be_absent: bool) -> Source:
    """A source that is opened again for ever when it goes; where it `may_be_absent`, it need not be there yet."""
    source = None if may_be_absent else opener.open()
    return WaitingSource(opener.name, opener.size, opener.open, source=source)


def _opener(uri: str, settings: Settings) -> Opener:
    name = redacted(uri)
    res = settings.res
    if "\0" in uri:
        raise UsageError("{!r} is no address: it holds a zero byte".format(name))
    if uri.startswith(fault.PREFIX):
        return _faulty(uri, settings)
    if uri.startswith(DEMO):
        return Opener(name, lambda: _demo(uri, settings), comes_back=False)
    if _CAMERA.match(uri):
        return _camera(uri, settings)
    if uri.startswith("csi://"):
        return _csi(uri, settings)
    if uri.lower().startswith("rtsp"):
        if not _RTSP.match(uri):
            raise UsageError("{} is no address: expected rtsp://[USER:PASSWORD@]HOST[:PORT]/PATH".format(name))
        return _live(name, res, lambda: pipelines.rtsp(_machine(), uri, res))
    if uri.startswith(CUSTOM):
        text = uri[len(CUSTOM) :]
        return _live(name, res, lambda: pipelines.custom(_machine(), text, res), may_end=True)
    scheme = _SCHEME.match(uri)
    if scheme is not None:
        raise UsageError(
            "{}:// is no source that we know (csi, rtsp, rtsps, demo, fault, gst:PIPELINE): for {}, give a pipeline, "
            "as in 'gst:uridecodebin uri=...'".format(scheme.group(1), name)
        )
    if os.path.isdir(uri):
        return Opener(uri, lambda: FolderSource(uri, res, fps=settings.fps or 0.0), comes_back=False)
    return Opener(uri, lambda: _file(uri, settings), comes_back=False)


def _camera(uri: str, settings: Settings) -> Opener:
    """By its number or its path."""
    res = settings.res or DEFAULT_RES
    if uri.isdigit() and not _has_v4l2():
        return Opener("camera " + uri, lambda: open_numbered(int(uri), res, settings.live_fps), True, res)
    path = "/dev/video" + uri if uri.isdigit() else uri
    wanted = Wanted(path, res, settings.live_fps)
    return Opener(path, lambda: open_camera(wanted, _machine), True, res)


def _has_v4l2() -> bool:
    return sys.platform.startswith("linux")


def _csi(uri: str, settings: Settings) -> Opener:
    match = _CSI.match(uri)
    if match is None:
        raise UsageError("{} is no address: expected csi://N, the number of the connector, as in csi://0".format(uri))
    sensor, res = int(match.group(1)), settings.res or DEFAULT_RES
    return _live(uri, res, lambda: pipelines.csi(_machine(), sensor, res, settings.live_fps), distinct=True)


def _live(
    name: str, res: Optional[Size], pipeline: Callable[[], str], may_end: bool = False, distinct: bool = False
) -> Opener:
    """A live source whose pipeline is built when it is opened."""

    def open_live() -> Source:
        text = pipeline()
        log.debug("%s: %s", name, redacted(text))
        source = LiveStream(name, lambda: open_pipeline(text, name, live=True), may_end=may_end)
        return WatchedSource(source, Expectations(distinct=distinct))

    return Opener(name, open_live, True, res or DEFAULT_RES)


def _faulty(uri: str, settings: Settings) -> Opener:
    listed, inner_uri = parse_fault_uri(uri)
    inner, faults = _opener(inner_uri, settings), Faults(listed)

    def open_faulty() -> Source:
        faults.note_opening()
        source = FaultySource(inner.open(), faults)
        return WatchedSource(source, Expectations(distinct=True)) if source.live else source

    return inner._replace(
        name="faulty " + inner.name, open=open_faulty, comes_back=inner.comes_back or inner_uri.startswith(DEMO)
    )


def _file(path: str, settings: Settings) -> Source:
    """Decoded by NVDEC on a Jetson; elsewhere by OpenCV, or by GStreamer what OpenCV cannot read."""
    if is_jetson():
        try:
            return _file_stream(path, settings)
        except (MissingPackageError, SourceError) as error:
            log.info("%s through OpenCV, since not through GStreamer: %s", path, error)
    try:
        return VideoSource(path, settings.res)
    except SourceError:
        if is_jetson() or not os.path.isfile(path) or not os.path.getsize(path):
            raise
        try:
            return _file_stream(path, settings)
        except (MissingPackageError, SourceError) as error:
            log.debug("nor can GStreamer: %s", error)
        raise


def _file_stream(path: str, settings: Settings) -> Source:
    pipeline = pipelines.file(_machine(), path)
    return FileStream(path, lambda: open_pipeline(pipeline, path, live=False), settings.res)


def _machine() -> pipelines.Machine:
    """This machine, asked anew: a package may have been installed since the source went."""
    return pipelines.Machine(present_elements(), is_jetson())


def _demo(uri: str, settings: Settings) -> Source:
    return DemoSource(uri, settings.res or DEFAULT_RES, settings.live_fps)


def _first_camera(settings: Settings) -> Optional[Source]:
    """The first camera that delivers a frame; many a /dev/video is only a camera's metadata."""
    candidates = [_camera(uri, settings) for uri in (camera_paths() if _has_v4l2() else ["0"])]
    if candidates and is_jetson():
        candidates.append(_csi("csi://0", settings))
    for candidate in candidates:
        try:
            source = _returning(candidate, may_be_absent=False)
        except (SourceError, MissingPackageError) as error:
            log.info("passing over %s: %s", candidate.name, error)
            continue
        log.info("source auto: %s", candidate.name)
        return source
    log.warning("source auto: no camera found, showing %s (name a camera with --source)", DEMO)
    return None
