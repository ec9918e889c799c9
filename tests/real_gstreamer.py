"""What tests of real pipelines share: is GStreamer here, and an RTSP server to start, hang, kill and start again."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

SYSTEM_PYTHON = "/usr/bin/python3"
BALL = "videotestsrc is-live=true pattern=ball ! video/x-raw,width={},height={},framerate={}/1"


def need_gstreamer():
    """Skip where there is no GStreamer with x264."""
    if shutil.which("gst-inspect-1.0") is None:
        pytest.skip("needs gstreamer1.0-tools")
    for element in ("x264enc", "avdec_h264", "gdppay", "rtspsrc"):
        if subprocess.call(["gst-inspect-1.0", "--exists", element]) != 0:
            pytest.skip("needs GStreamer's {}".format(element))


def need_rtsp_server():
    """Skip where the system's Python has no GstRtspServer."""
    need_gstreamer()
    probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
    if not os.path.exists(SYSTEM_PYTHON) or subprocess.call([SYSTEM_PYTHON, "-c", probe], stderr=subprocess.DEVNULL):
        pytest.skip("needs python3-gi and gir1.2-gst-rtsp-server-1.0")


class RtspServer:
    """A server process on loopback; once started it keeps its port through restarts."""

    def __init__(self, size=(160, 120), fps=30, credentials=()):
        self.port = 0
        self._credentials = list(credentials)
        self._process = None
        self.start(size, fps)

    def start(self, size=(160, 120), fps=30):
        encoder = "videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
        launch = "( {} ! {} ! rtph264pay name=pay0 pt=96 )".format(BALL.format(size[0], size[1], fps), encoder)
        command = [SYSTEM_PYTHON, str(Path(__file__).with_name("rtsp_server.py")), str(self.port), launch]
        self._process = subprocess.Popen(command + self._credentials, stdout=subprocess.PIPE)
        self.port = int(self._process.stdout.readline())

    @property
    def uri(self):
        return "rtsp://127.0.0.1:{}/test".format(self.port)

    def hang(self):
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
