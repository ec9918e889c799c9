"""Whether GStreamer, and a server of RTSP, are here to be tested with."""

import os
import shutil
import subprocess

import pytest

from benchmarks.stand_ins.rtsp_server import SYSTEM_PYTHON


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
