"""From the word after --sink to an opened sink."""

import contextlib
import logging
import os
from typing import Dict, Iterator, List, Optional, Sequence

from runtime.bundle import Bundle
from runtime.catalogue.teacher import Teacher
from runtime.errors import MissingPackageError, UsageError
from runtime.gstreamer.elements import is_jetson, present_elements
from runtime.gstreamer.encoding import recording
from runtime.gstreamer.pipelines import Machine
from runtime.mqtt.address import broker_of
from runtime.redacted import redacted
from runtime.settings import DEFAULT_RES, HISTORY_ENDING, Settings
from runtime.sinks.data import ENDINGS as DATA_ENDINGS
from runtime.sinks.data import DataSink
from runtime.sinks.mp4 import Mp4Sink
from runtime.sinks.mqtt import MqttSink
from runtime.sinks.null import NullSink
from runtime.sinks.pictures import PicturesSink
from runtime.sinks.recordable import check_recordable
from runtime.sinks.recording import RecordingSink
from runtime.sinks.remembering import RememberingSink
from runtime.sinks.rtsp import DEFAULT_ADDRESS, RtspSink
from runtime.sinks.sink import Sink
from runtime.sinks.systemd import systemd_sinks
from runtime.sinks.web import WebSink
from runtime.sinks.webhooks import WebhookSink
from runtime.sinks.window import WindowSink, why_no_window
from runtime.webhooks.hook import hooks_of, secret

log = logging.getLogger(__name__)


class SinkOpener:
    """Opens the sinks of each camera; the page is one for all."""

    def __init__(
        self,
        settings: Settings,
        bundle: Optional[Bundle],
        teacher: Optional[Teacher],
        stack: contextlib.ExitStack,
    ) -> None:
        """`stack` closes what is opened, also what is open already when a later one fails. Else as for open_sink."""
        self._cameras = [one.camera for one in settings.each]
        self._sources = ", ".join((one.camera and one.camera + "=") + one.source for one in settings.each)
        self._bundle, self._teacher, self._stack = bundle, teacher, stack
        self._recogniser = None if bundle is None else bundle.recogniser
        self._page: Optional[WebSink] = None
        self._histories: Dict[str, RememberingSink] = {}
        """By their paths."""
        self._service = systemd_sinks(self._cameras)

    def open(self, settings: Settings) -> List[Sink]:
        """Of one camera, in the order in which it is to be handed its pictures."""
        return [self._of_kind(kind, settings) for kind in settings.sinks or ("auto",)]

    def tellers(self, settings: Settings) -> List[Sink]:
        """Those of one camera that flags of their own ask for, and systemd. UsageError where one makes no sense."""
        opened = [self._stack.enter_context(sink) for sink in open_tellers(settings, self._bundle)]
        of_service = [sink for camera, sink in zip(self._cameras, self._service) if camera == settings.camera]
        return opened + [self._stack.enter_context(sink) for sink in of_service]

    def _of_kind(self, kind: str, settings: Settings) -> Sink:
        if self._page is not None and kind in ("auto", "web"):
            return self._page.of(settings.camera)
        if kind in self._histories:
            return self._stack.enter_context(self._histories[kind].beside(settings.camera))
        if kind.lower().endswith(HISTORY_ENDING):
            settings = settings._replace(source=self._sources)
        sink = self._stack.enter_context(open_sink(kind, settings, self._recogniser, self._teacher, self._cameras))
        if isinstance(sink, RememberingSink):
            self._histories[kind] = sink
        if not isinstance(sink, WebSink):
            return sink
        self._page = sink
        return sink.of(settings.camera)


def open_sink(
    kind: str,
    settings: Settings,
    recogniser: Optional[str] = None,
    teacher: Optional[Teacher] = None,
    cameras: Sequence[str] = ("",),
) -> Sink:
    """`kind`: auto, window, web, none, rtsp://ADDRESS, a file by its ending, or a folder. `recogniser`: see Bundle.

    `teacher`: for the page, None where nothing can be taught. `cameras`: on the page. SinkError where it fails.
    """
    if kind == "auto":
        return _default(settings, teacher, cameras)
    if kind == "window":
        return WindowSink(settings.camera)
    if kind == "web":
        return _web(settings, teacher, cameras)
    if kind == "none":
        return NullSink()
    if kind.lower().endswith(".mp4"):
        return _recording(kind, settings)
    if kind.lower().endswith(DATA_ENDINGS):
        return DataSink(kind, settings.segment, settings.keep_bytes)
    if kind.lower().endswith(HISTORY_ENDING):
        return RememberingSink(
            kind, redacted(settings.source), settings.history_keep, recogniser, settings.camera or None
        )
    if kind.endswith(("/", os.sep)) or os.path.isdir(kind):
        return PicturesSink(kind)
    if kind == "rtsp" or kind.startswith("rtsp://"):
        return RtspSink(DEFAULT_ADDRESS if kind == "rtsp" else kind, _machine(), settings.token, settings.live_fps)
    raise UsageError(
        "--sink {!r}: expected window, web, none, rtsp, a path that ends in .mp4, .jsonl, .csv or .sqlite, or a "
        "folder that ends in /".format(kind)
    )


def open_tellers(settings: Settings, bundle: Optional[Bundle] = None) -> Iterator[Sink]:
    """Those that flags of their own ask for. UsageError where one makes no sense."""
    if settings.mqtt is not None:
        broker = broker_of(settings.mqtt, settings.mqtt_password_file)
        yield MqttSink(broker, settings.mqtt_picture_every_s, settings.camera, bundle)
    if settings.hooks:
        yield WebhookSink(hooks_of(settings.hooks), redacted(settings.source), secret(), settings.camera)


def _recording(path: str, settings: Settings) -> Sink:
    """Through GStreamer; where that cannot encode, through OpenCV, and says so."""
    machine = _machine()
    check_recordable(path)
    try:
        recording(machine, path, settings.live_fps, *DEFAULT_RES)
    except MissingPackageError as error:
        if settings.segment is not None:
            raise
        log.info("recording through OpenCV, in a file that plays only once it is finished: %s", error)
        return Mp4Sink(path)
    return RecordingSink(path, machine, settings.live_fps, settings.segment, settings.keep_bytes)


def _machine() -> Machine:
    return Machine(present_elements(), is_jetson())


def _web(settings: Settings, teacher: Optional[Teacher], cameras: Sequence[str]) -> WebSink:
    histories = [kind for kind in settings.sinks if kind.lower().endswith(HISTORY_ENDING)]
    history = histories[0] if histories else None
    sink = WebSink(settings.listen, settings.port, settings.token, history, teacher, cameras)
    # The log of a service is read by more people than may see the picture: the token stays out of it.
    address, _, secret = sink.url.partition("?")
    log.info("live picture: %s%s", address, "?token=... (as you set it)" if secret else "")
    return sink


def _default(settings: Settings, teacher: Optional[Teacher], cameras: Sequence[str]) -> Sink:
    """A window with a display, else the page; where the page's package is not installed, nothing, and says so."""
    reason = why_no_window()
    if reason is None:
        return WindowSink(settings.camera)
    log.info("%s: serving a page instead of a window", reason)
    try:
        return _web(settings, teacher, cameras)
    except MissingPackageError as error:
        log.warning("nothing is shown: %s", error)
        return NullSink()
