"""A program of its own: an RTSP server, fed with pictures on its standard input. It needs PyGObject and GstRtspServer.

The first line it reads is JSON: address, port, path, user, token (both null: no password), launch (the factory's
pipeline, with an appsrc named `in`). Its answer, one line of JSON: {"port": N} or {"error": "..."}. Then come GDP
packets of raw BGR. It encodes only while somebody watches, and ends with its input.
"""

import json
import os
import signal
import sys
import threading
from typing import Any, Dict, Optional, Tuple

from runtime.gstreamer import gdp

MOST_WAITING = 2
"""Pictures in front of a busy encoder; further ones are left out."""


def import_server() -> Tuple[Any, Any, Any]:
    """Gst, GstRtspServer and GLib; ImportError or ValueError where one is missing."""
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstApp, GstRtspServer  # noqa: F401 - GstApp gives appsrc its methods

    Gst.init(None)
    return Gst, GstRtspServer, GLib


class Feed:
    """Hands pictures to whatever encoder runs at the moment."""

    def __init__(self, gst: Any) -> None:
        self._gst = gst
        self._lock = threading.Lock()
        self._appsrc: Any = None
        self._caps: Any = None

    def attach(self, _factory: Any, media: Any) -> None:
        """Called when somebody begins to watch."""
        appsrc = media.get_element().get_by_name("in")
        media.connect("unprepared", self._detach, appsrc)
        with self._lock:
            self._appsrc = appsrc
            if self._caps is not None:
                appsrc.set_property("caps", self._caps)

    def _detach(self, _media: Any, appsrc: Any) -> None:
        with self._lock:
            if self._appsrc is appsrc:
                self._appsrc = None

    def set_caps(self, text: str) -> None:
        """What the pictures that follow are."""
        with self._lock:
            self._caps = self._gst.Caps.from_string(text)
            if self._appsrc is not None:
                self._appsrc.set_property("caps", self._caps)

    def push(self, data: bytes) -> None:
        """One picture; nothing happens while nobody watches or the encoder is behind."""
        with self._lock:
            appsrc = self._appsrc
        if appsrc is not None and appsrc.get_property("current-level-bytes") < MOST_WAITING * len(data):
            appsrc.emit("push-buffer", self._gst.Buffer.new_wrapped(data))


def pump(feed: Feed, stream: Any) -> None:
    """Read packets until the input ends."""
    while True:
        head = stream.read(gdp.HEADER_BYTES)
        if len(head) < gdp.HEADER_BYTES:
            return
        header = gdp.read_header(head)
        payload = stream.read(header.length)
        if header.kind == gdp.BUFFER:
            feed.push(payload)
        elif header.kind == gdp.CAPS:
            feed.set_caps(payload.decode("utf-8").rstrip("\0"))


def serve(wanted: Dict[str, Any], stream: Any, gst: Any, rtsp: Any, glib: Any) -> Optional[str]:
    """Until `stream` ends; at once, with the reason, where it cannot listen."""
    server = rtsp.RTSPServer()
    server.set_address(wanted["address"])
    server.set_service(str(wanted["port"]))
    factory = rtsp.RTSPMediaFactory()
    factory.set_launch(wanted["launch"])
    factory.set_shared(True)
    feed = Feed(gst)
    factory.connect("media-configure", feed.attach)
    if wanted["token"]:
        demand_password(server, factory, wanted, rtsp)
    server.get_mount_points().add_factory(wanted["path"], factory)
    if server.attach(None) == 0:
        return "cannot listen on {} port {}: is it in use?".format(wanted["address"], wanted["port"])
    answer({"port": server.get_bound_port()})
    loop = glib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    pump(feed, stream)
    return None


def demand_password(server: Any, factory: Any, wanted: Dict[str, Any], rtsp: Any) -> None:
    """Let nobody in without the user's name and the token as password."""
    role = "viewer"
    token = rtsp.RTSPToken()
    token.set_string("media.factory.role", role)
    auth = rtsp.RTSPAuth()
    auth.set_supported_methods(rtsp_digest(rtsp))
    auth.add_digest(wanted["user"], wanted["token"], token)
    server.set_auth(auth)
    permissions = rtsp.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(role, permission, True)
    factory.set_permissions(permissions)


def rtsp_digest(_rtsp: Any) -> Any:
    """The digest method: the password itself never crosses the network."""
    import gi

    gi.require_version("GstRtsp", "1.0")
    from gi.repository import GstRtsp

    return GstRtsp.RTSPAuthMethod.DIGEST


def answer(content: Dict[str, Any]) -> None:
    """One line of JSON for whoever started us."""
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = sys.stdin.buffer
    wanted = json.loads(stream.readline().decode("utf-8"))
    try:
        gst, rtsp, glib = import_server()
    except (ImportError, ValueError) as error:
        answer({"missing": str(error)})
        os._exit(1)
    trouble = serve(wanted, stream, gst, rtsp, glib)
    if trouble is not None:
        answer({"error": trouble})
    os._exit(0 if trouble is None else 1)


if __name__ == "__main__":
    main()
