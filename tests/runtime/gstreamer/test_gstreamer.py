"""Real pipelines with the system's GStreamer: each way to run them, files of each codec, an RTSP server's faults."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import numpy as np
import pytest
from real_gstreamer import need_gstreamer, need_rtsp_server

from benchmarks.stand_ins.rtsp_server import BALL, RtspServer
from runtime.errors import MissingPackageError, SourceError, UsageError
from runtime.frame import EndOfStream
from runtime.gstreamer import appsink, pipelines, running
from runtime.gstreamer.child import ChildCapture
from runtime.gstreamer.elements import present_elements
from runtime.gstreamer.opencv import OpenCvCapture
from runtime.gstreamer.pipelines import Machine
from runtime.gstreamer.running import open_pipeline
from runtime.settings import Settings
from runtime.sources.opening import open_source
from runtime.sources.stream import FileStream, LiveStream
from runtime.sources.waiting import WaitingSource
from runtime.sources.watched import Expectations, WatchedSource

pytestmark = pytest.mark.timeout(60)

BGR = "videoconvert ! video/x-raw,format=BGR"
SYSTEM_GI = "/usr/lib/python3/dist-packages/gi"
STALL_S = 1.0
"""Of the tests; the program waits longer."""


@pytest.fixture(scope="module")
def machine():
    need_gstreamer()
    return Machine(present_elements(), jetson=False)


@pytest.fixture(autouse=True)
def _no_pygobject(monkeypatch):
    """What is not about PyGObject runs in a child, whether this Python has PyGObject or not."""

    def import_gst():
        raise MissingPackageError("no PyGObject")

    monkeypatch.setattr(running, "import_gst", import_gst)


def test_a_device_is_left_to_a_child_even_where_pygobject_is(monkeypatch):
    """GStreamer 1.22's v4l2src keeps a handle on its device until its process ends (seen in the virtual machine)."""
    monkeypatch.setattr(running, "has_gstreamer", lambda: False)
    monkeypatch.setattr(running, "import_gst", lambda: None)
    monkeypatch.setattr(running, "AppsinkCapture", lambda pipeline, name, live: "here")
    monkeypatch.setattr(running, "ChildCapture", lambda pipeline, name: "in a child")
    assert open_pipeline("v4l2src", "/dev/video0", live=True, apart=True) == "in a child"
    assert open_pipeline("rtspsrc", "rtsp://camera", live=True) == "here"


def system_gi():
    """Make the system's PyGObject importable, as a virtual environment with --system-site-packages does; else skip."""
    tag = "cpython-{}{}-".format(*sys.version_info[:2])
    if not any(tag in name for name in (os.listdir(SYSTEM_GI) if os.path.isdir(SYSTEM_GI) else [])):
        pytest.skip("needs PyGObject built for Python {}.{}".format(*sys.version_info[:2]))
    if "gi" not in sys.modules:
        folder = tempfile.mkdtemp()
        os.symlink(SYSTEM_GI, os.path.join(folder, "gi"))  # gi alone: the system's other packages are not ours
        sys.path.append(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyGObject's own
            appsink.import_gst()


def appsink_capture(pipeline, name, live):
    system_gi()
    return appsink.AppsinkCapture(pipeline, name, live)


CAPTURES = {
    "child": lambda pipeline, name, live: ChildCapture(pipeline, name),
    "appsink": appsink_capture,
}


@pytest.fixture(params=sorted(CAPTURES))
def open_capture(request, machine):
    return CAPTURES[request.param]


class TestCaptures:
    def test_live_pictures_come_with_the_time_of_their_capture(self, open_capture):
        with contextlib.closing(open_capture(BALL.format(162, 120, 60) + " ! " + BGR, "ball", True)) as capture:
            pictures = [capture.read(5.0) for _ in range(20)]
            now_s = time.monotonic()
        assert all(picture.image.shape == (120, 162, 3) for picture in pictures)
        assert all(picture.image.flags.writeable and picture.image.flags.c_contiguous for picture in pictures)
        stamps = [picture.captured_s for picture in pictures]
        assert stamps == sorted(stamps)
        assert 0 <= now_s - stamps[-1] < 2.0
        assert len({picture.image.tobytes() for picture in pictures}) > 15

    def test_every_picture_of_a_file_comes_and_then_the_end(self, open_capture):
        pipeline = "videotestsrc num-buffers=50 ! video/x-raw,width=64,height=48 ! " + BGR
        with contextlib.closing(open_capture(pipeline, "file", False)) as capture:
            count = 0
            with pytest.raises(EndOfStream):
                while True:
                    count += capture.read(5.0) is not None
        assert count == 50

    def test_colours_are_blue_green_red(self, open_capture):
        pipeline = "videotestsrc num-buffers=3 pattern=red ! video/x-raw,width=64,height=48 ! " + BGR
        with contextlib.closing(open_capture(pipeline, "red", False)) as capture:
            blue, green, red = capture.read(5.0).image.reshape(-1, 3).mean(axis=0)
        assert red > 200 > 60 > max(blue, green)

    @pytest.mark.parametrize(
        "pipeline, kind, words",
        [
            ("nosuchsrc ! " + BGR, MissingPackageError, "nosuchsrc"),
            ("videotestsrc ! video/x-raw,format=!! ! " + BGR, UsageError, "cannot read the pipeline"),
            ("v4l2src device=/dev/video77 ! " + BGR, SourceError, "/dev/video77"),
            ("filesrc location=/no/such/file ! decodebin ! " + BGR, SourceError, "No such file|not found"),
        ],
    )
    def test_what_does_not_start_is_one_line(self, open_capture, pipeline, kind, words):
        with pytest.raises(kind, match=words):
            with contextlib.closing(open_capture(pipeline, "gst", True)) as capture:
                for _ in range(50):
                    capture.read(0.2)

    def test_nothing_within_the_time_is_none(self, open_capture):
        pipeline = "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=1/10 ! " + BGR
        with contextlib.closing(open_capture(pipeline, "slow", True)) as capture:
            capture.read(5.0)
            assert capture.read(0.05) is None


def test_a_crashed_or_hung_child_is_an_error_and_not_ours(machine):
    capture = ChildCapture(BALL.format(64, 48, 30) + " ! " + BGR, "ball")
    assert capture.read(5.0) is not None
    child = capture._process.popen
    child.kill()
    with pytest.raises(SourceError, match="ended with status -9"):
        for _ in range(100):
            capture.read(0.2)
    capture.close()
    capture.close()
    hung = ChildCapture(BALL.format(64, 48, 30) + " ! " + BGR, "ball")
    hung.read(5.0)
    hung._process.popen.send_signal(19)
    started_s = time.monotonic()
    hung.close()
    assert time.monotonic() - started_s < 4.0
    assert hung._process.popen.returncode is not None


def test_the_password_is_not_among_the_childs_arguments(machine):
    capture = ChildCapture("videotestsrc is-live=true name=hunter2 ! " + BGR, "ball")
    capture.read(5.0)
    with open("/proc/{}/cmdline".format(capture._process.popen.pid), "rb") as file:
        assert b"hunter2" not in file.read()
    capture.close()


class FakeVideoCapture:
    """Plays a cv2.VideoCapture that was built with GStreamer."""

    def __init__(self, frames):
        self.left, self.released = frames, False

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return True

    def read(self):
        self.left -= 1
        return (True, np.zeros((4, 4, 3), np.uint8)) if self.left >= 0 else (False, None)

    def get(self, _):
        return 25.0

    def release(self):
        self.released = True


def test_opencv_gets_the_pipeline_with_its_appsink():
    asked = []
    capture = OpenCvCapture("a ! b", "x", True, lambda text: asked.append(text) or FakeVideoCapture(1))
    assert asked == ["a ! b ! appsink sync=false max-buffers=1 drop=true"]
    assert capture.read(0.1).captured_s is None
    with pytest.raises(SourceError, match="stopped delivering"):
        capture.read(0.1)
    with pytest.raises(EndOfStream):
        OpenCvCapture("a", "x", False, lambda text: FakeVideoCapture(0)).read(0.1)


def test_the_order_of_the_ways(machine, monkeypatch):
    monkeypatch.setattr("runtime.gstreamer.running.has_gstreamer", lambda: False)
    with contextlib.closing(open_pipeline("videotestsrc num-buffers=1 ! " + BGR, "x", True)) as capture:
        assert isinstance(capture, ChildCapture)
    opened = []
    monkeypatch.setattr("runtime.gstreamer.running.import_gst", lambda: None)
    monkeypatch.setattr("runtime.gstreamer.running.AppsinkCapture", lambda *_: opened.append("appsink"))
    open_pipeline("x", "x", True)
    monkeypatch.setattr("runtime.gstreamer.running.has_gstreamer", lambda: True)
    monkeypatch.setattr("runtime.gstreamer.running.OpenCvCapture", lambda *_: opened.append("opencv"))
    open_pipeline("x", "x", True)
    assert opened == ["appsink", "opencv"]


CODECS = [
    ("h264.mp4", "x264enc speed-preset=ultrafast ! h264parse ! mp4mux"),
    ("h264.mkv", "x264enc speed-preset=ultrafast ! h264parse ! matroskamux"),
    ("mpeg4.avi", "avenc_mpeg4 ! avimux"),
    ("mjpeg.avi", "jpegenc ! avimux"),
    ("vp8.webm", "vp8enc deadline=1 ! webmmux"),
    ("vp9.webm", "vp9enc deadline=1 cpu-used=8 ! webmmux"),
    ("theora.ogv", "theoraenc ! oggmux"),
    ("h264.ts", "x264enc speed-preset=ultrafast ! h264parse ! mpegtsmux"),
    ("h265.mp4", "x265enc speed-preset=ultrafast ! h265parse ! mp4mux"),
]


@pytest.mark.parametrize("name, encoder", CODECS, ids=[name for name, _ in CODECS])
def test_files_of_each_codec_lose_no_frame(machine, tmp_path, name, encoder):
    if encoder.split()[0] not in machine.elements:
        pytest.skip("needs GStreamer's {}".format(encoder.split()[0]))
    path = str(tmp_path / name)
    source = "videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=30/1"
    subprocess.check_call(
        ["gst-launch-1.0", "-q"] + "{} ! {} ! filesink location={}".format(source, encoder, path).split()
    )
    text = pipelines.file(machine, path)
    with FileStream(path, lambda: ChildCapture(text, path), (80, 80)) as stream:
        frames = []
        with pytest.raises(EndOfStream):
            while True:
                frame = stream.read(5.0)
                frames += [frame] if frame else []
    assert [frame.id for frame in frames] == list(range(30))
    assert frames[0].image.shape == (60, 80, 3)


def test_a_file_cut_short_plays_up_to_there_and_says_so(machine, tmp_path, caplog):
    path = tmp_path / "cut.mkv"
    launch = "videotestsrc num-buffers=90 pattern=snow ! video/x-raw,width=160,height=120 ! jpegenc ! matroskamux"
    subprocess.check_call(["gst-launch-1.0", "-q"] + "{} ! filesink location={}".format(launch, path).split())
    os.truncate(str(path), os.path.getsize(str(path)) // 2)
    text = pipelines.file(machine, str(path))
    count = 0
    with FileStream(str(path), lambda: ChildCapture(text, str(path))) as stream:
        with pytest.raises(EndOfStream):
            while True:
                count += stream.read(5.0) is not None
    assert 20 < count < 70


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 99])
def test_what_is_no_video_is_refused(machine, tmp_path, content):
    path = tmp_path / "file.mp4"
    path.write_bytes(content)
    text = pipelines.file(machine, str(path))
    with pytest.raises((SourceError, MissingPackageError)):
        FileStream(str(path), lambda: ChildCapture(text, str(path)))


class TestOpening:
    def test_a_pipeline_of_the_user(self, machine, caplog):
        caplog.set_level("INFO")
        uri = "gst:" + BALL.format(320, 240, 30) + " ! queue"
        with open_source(Settings(source=uri, res=(160, 120))) as source:
            frames = [source.read(2.0) for _ in range(10)]
        assert source.live
        assert all(frame.image.shape == (120, 160, 3) for frame in frames)
        assert "runs through" in caplog.text

    def test_a_pipeline_that_ends_ends_the_program(self, machine):
        with open_source(Settings(source="gst:videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48")) as source:
            with pytest.raises(EndOfStream):
                for _ in range(20):
                    source.read(1.0)

    @pytest.mark.parametrize(
        "uri, words",
        [
            ("csi://0", "no Jetson"),
            ("csi://left", "csi://N"),
            ("rtsp://", "rtsp://"),
            ("gst:", "pipeline"),
            ("ftp://me:secret@x/y", "no source"),
        ],
    )
    def test_a_bad_address(self, uri, words):
        with pytest.raises(UsageError, match=words) as caught:
            open_source(Settings(source=uri))
        assert "secret" not in str(caught.value)

    def test_without_gstreamer_the_packages_are_named(self, monkeypatch):
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(MissingPackageError, match="apt-get install gstreamer1.0-plugins-base"):
            open_source(Settings(source="rtsp://127.0.0.1/x"))

    def test_nobody_listens(self, machine):
        with pytest.raises(SourceError, match="is the server running") as caught:
            open_source(Settings(source="rtsp://me:secret@127.0.0.1:9/x"))
        assert "secret" not in str(caught.value)


def rtsp_source(server, machine):
    def open_live():
        text = pipelines.rtsp(machine, server.uri)
        stream = LiveStream("rtsp", lambda: ChildCapture(text, "rtsp"), first_frame_s=5.0)
        return WatchedSource(stream, Expectations(stall_s=STALL_S))

    return WaitingSource("rtsp", (160, 120), open_live)


def read_until(source, wanted, within_s=20.0):
    """Read until `wanted(frame)`; how long that took in seconds."""
    started_s = time.monotonic()
    while time.monotonic() - started_s < within_s:
        frame = source.read(0.2)
        if frame is not None and wanted(frame):
            return time.monotonic() - started_s
    raise AssertionError("not within {} s".format(within_s))


def is_offline(frame):
    return frame.id is None


def is_online(frame):
    return frame.id is not None


class TestRtsp:
    def test_started_hung_killed_restarted_changed(self, machine):
        need_rtsp_server()
        with RtspServer() as server, rtsp_source(server, machine) as source:
            read_until(source, is_online)
            server.hang()
            assert read_until(source, is_offline) < STALL_S + 4.0, "a stall without an error"
            server.go_on()
            read_until(source, is_online)
            server.kill()
            assert read_until(source, is_offline) < STALL_S + 4.0
            server.start((320, 240))
            read_until(source, lambda frame: frame.id is not None and frame.image.shape == (240, 320, 3))

    def test_with_a_password_and_without(self, machine):
        need_rtsp_server()
        with RtspServer(credentials=("me", "secret")) as server:
            for user, words in (("me:wrong@", "user name or password"), ("", "user name or password")):
                with pytest.raises(SourceError, match=words) as caught:
                    open_source(Settings(source=server.uri.replace("://", "://" + user)))
                assert "wrong" not in str(caught.value).replace("is wrong", "")
            with open_source(Settings(source=server.uri.replace("://", "://me:secret@"))) as source:
                assert source.read(5.0).image.shape == (120, 160, 3)
                assert source.name == server.uri.replace("://", "://me:***@")

    def test_no_such_stream(self, machine):
        need_rtsp_server()
        with RtspServer() as server, pytest.raises(SourceError, match="no such stream"):
            open_source(Settings(source=server.uri + "/nothing"))


def test_resolution_changed_mid_stream(machine):
    """Two sources after one another in one pipeline: caps change while it runs."""
    text = (
        "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! c. "
        "videotestsrc num-buffers=5 ! video/x-raw,width=128,height=96 ! c. "
        "concat name=c ! " + BGR
    )
    shapes = []
    with contextlib.closing(ChildCapture(text, "changing")) as capture:
        with pytest.raises(EndOfStream):
            while True:
                picture = capture.read(5.0)
                shapes += [picture.image.shape[:2]] if picture else []
    assert shapes == [(48, 64)] * 5 + [(96, 128)] * 5


def test_newest_wins_under_a_slow_reader(machine):
    """60 fps, a reader of 10 fps: what it gets is never older than two periods and a scheduling hiccup."""
    period_s, loop_s = 1 / 60, 0.1
    made = BALL.format(64, 48, 60).replace("is-live=true", "is-live=true do-timestamp=true")
    text = made + " ! " + pipelines.LATEST + " ! " + BGR
    ages = []
    with LiveStream("ball", lambda: ChildCapture(text, "ball")) as stream:
        for _ in range(40):
            frame = stream.read(2.0)
            ages.append(time.monotonic() - frame.captured_s)
            threading.Event().wait(loop_s)
    assert np.median(ages[5:]) < 2 * period_s
    assert np.percentile(ages[5:], 80) < 2 * period_s + loop_s, "a busy machine may hold up a few"
