"""An RTSP server on loopback to start, hang, kill and start again: a moving ball in H.264.

As a program it is run by a Python that has PyGObject: rtsp_server.py PORT LAUNCH [USER PASSWORD]
"""

import os
import signal
import subprocess
import sys
from typing import Any, Optional, Sequence, Tuple

SYSTEM_PYTHON = "/usr/bin/python3"
BALL = "videotestsrc is-live=true pattern=ball ! video/x-raw,width={},height={},framerate={}/1"
ENCODER = "videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"


class RtspServer:
    """A server process that keeps its port through restarts."""

    def __init__(self, size: Tuple[int, int] = (160, 120), fps: int = 30, credentials: Sequence[str] = ()) -> None:
        """`size`: (width, height). `credentials`: user and password, or neither."""
        self.port = 0
        self._credentials = list(credentials)
        self._process: Optional[subprocess.Popen] = None
        self.start(size, fps)

    def start(self, size: Tuple[int, int] = (160, 120), fps: int = 30) -> None:
        """Returns when it listens."""
        launch = "( {} ! {} ! rtph264pay name=pay0 pt=96 )".format(BALL.format(size[0], size[1], fps), ENCODER)
        command = [SYSTEM_PYTHON, os.path.abspath(__file__), str(self.port), launch] + self._credentials
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        if self._process.stdout is not None:
            self.port = int(self._process.stdout.readline())

    @property
    def uri(self) -> str:
        """Without credentials."""
        return "rtsp://127.0.0.1:{}/test".format(self.port)

    def hang(self) -> None:
        """Keep its connections, and send nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `hang`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Without a farewell to whoever watches."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> "RtspServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def serve(port: str, launch: str, credentials: Sequence[str]) -> None:
    """Print the port, and serve at /test until killed."""
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch)
    factory.set_shared(True)
    if credentials:
        demand(GstRtspServer, server, factory, credentials)
    server.get_mount_points().add_factory("/test", factory)
    if not server.attach(None):
        sys.exit("cannot listen on port {}".format(port))
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def demand(rtsp: Any, server: Any, factory: Any, credentials: Sequence[str]) -> None:
    """Let in only who knows user and password."""
    token = rtsp.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = rtsp.RTSPAuth()
    auth.add_basic(rtsp.RTSPAuth.make_basic(*credentials), token)
    server.set_auth(auth)
    permissions = rtsp.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", permission, True)
    factory.set_permissions(permissions)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.argv[3:])
