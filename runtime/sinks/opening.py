"""From the word after --sink to an opened sink."""

import logging

from runtime.errors import MissingPackageError, UsageError
from runtime.settings import Settings
from runtime.sinks.mp4 import Mp4Sink
from runtime.sinks.null import NullSink
from runtime.sinks.sink import Sink
from runtime.sinks.web import WebSink
from runtime.sinks.window import WindowSink, why_no_window

log = logging.getLogger(__name__)


def open_sink(kind: str, settings: Settings) -> Sink:
    """`kind`: auto, window, web, none or a path that ends in .mp4. SinkError where it cannot be opened."""
    if kind == "auto":
        return _default(settings)
    if kind == "window":
        return WindowSink()
    if kind == "web":
        return _web(settings)
    if kind == "none":
        return NullSink()
    if kind.lower().endswith(".mp4"):
        return Mp4Sink(kind, settings.fps)
    raise UsageError("--sink {!r}: expected window, web, none or a path that ends in .mp4".format(kind))


def _web(settings: Settings) -> WebSink:
    sink = WebSink(settings.listen, settings.port, settings.token)
    # The log of a service is read by more people than may see the picture: the token stays out of it.
    address, _, secret = sink.url.partition("?")
    log.info("live picture: %s%s", address, "?token=... (as you set it)" if secret else "")
    return sink


def _default(settings: Settings) -> Sink:
    """A window with a display, else the page; where the page's package is not installed, nothing, and says so."""
    reason = why_no_window()
    if reason is None:
        return WindowSink()
    log.info("%s: serving a page instead of a window", reason)
    try:
        return _web(settings)
    except MissingPackageError as error:
        log.warning("nothing is shown: %s", error)
        return NullSink()
