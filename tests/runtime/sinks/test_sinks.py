"""One contract over every sink and its fake; then what each does beside it."""

import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
from played_back import played_back
from real_gstreamer import need_gstreamer, need_rtsp_server

from runtime.errors import SinkError, UsageError
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Observation
from runtime.gstreamer.elements import present_elements
from runtime.gstreamer.pipelines import Machine
from runtime.settings import Settings
from runtime.sinks.fake import FakeSink
from runtime.sinks.mp4 import Mp4Sink
from runtime.sinks.null import NullSink
from runtime.sinks.opening import open_sink
from runtime.sinks.recording import RecordingSink
from runtime.sinks.rtsp import RtspSink
from runtime.sinks.window import why_no_window

pytestmark = pytest.mark.timeout(60)

FIGURES = Figures(30.0, 30.0, 29.9, 12.0, 20.0, Stages(detect=10.0), 10, 9, 0, 0, "detect")


def shown_at(captured_s, number=0):
    image = np.full((48, 64, 3), 10 + 2 * number, np.uint8)
    return Observation(Frame(image, number, captured_s), Detections.none(), np.empty(0, np.int64), None)


@pytest.fixture(params=["none", "fake", "mp4", "recording", "rtsp", "web"])
def sink(request, tmp_path):
    if request.param == "web":
        pytest.importorskip("aiohttp")
        return open_sink("web", Settings(port=0))
    if request.param == "recording":
        need_gstreamer()
        return RecordingSink(str(tmp_path / "out.mp4"), Machine(present_elements(), jetson=False))
    if request.param == "rtsp":
        need_rtsp_server()
        return RtspSink("rtsp://127.0.0.1:0/live", Machine(present_elements(), jetson=False), None)
    return {"none": NullSink, "fake": FakeSink, "mp4": lambda: Mp4Sink(str(tmp_path / "out.mp4"))}[request.param]()


def test_contract(sink):
    with sink:
        assert isinstance(sink.name, str)
        for number in range(10):
            observation = shown_at(number / 30, number)
            before = observation.frame.image.copy()
            sink.see(observation)
            assert sink.present(observation.frame.image, observation, FIGURES) is True
            assert (observation.frame.image == before).all(), "a sink does not draw"
            observation.frame.image[:] = 0
    sink.close()


def test_a_recording_keeps_true_time_through_a_stall_and_a_burst(tmp_path):
    path = tmp_path / "out.mp4"
    wanted_s = [i * 0.1 for i in range(10)] + [3.0] + [3.0 + i * 0.001 for i in range(1, 30)] + [4.0, 5.0]
    with Mp4Sink(str(path)) as sink:
        for number, captured_s in enumerate(wanted_s):
            observation = shown_at(captured_s, number)
            sink.present(observation.frame.image, observation, FIGURES)
            sink.present(observation.frame.image, observation, FIGURES)  # again, as in a stall
    times_s, levels = played_back(path)
    assert times_s == pytest.approx(wanted_s, abs=0.0006)
    assert levels == pytest.approx([10 + 2 * number for number in range(len(wanted_s))], abs=5.0)  # of the codec


def test_a_recording_takes_pictures_of_another_size_and_odd_sizes(tmp_path):
    path = tmp_path / "out.mp4"
    with Mp4Sink(str(path)) as sink:
        for number, size in enumerate([(47, 63), (47, 63), (96, 128)]):
            picture = np.full(size + (3,), 90, np.uint8)
            sink.present(picture, shown_at(number / 30), FIGURES)
    assert len(played_back(path)[0]) == 3


def test_nothing_is_written_without_a_picture(tmp_path):
    Mp4Sink(str(tmp_path / "out.mp4")).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path, words", [("none/out.mp4", "no such folder"), (".", "is a folder")])
def test_a_path_that_cannot_be_recorded_to(tmp_path, path, words):
    with pytest.raises(SinkError, match=words):
        Mp4Sink(str(tmp_path / path))


@pytest.mark.parametrize("kind", ["screen", "out.avi", ""])
def test_an_unknown_kind(kind):
    with pytest.raises(UsageError, match="expected window, web, none"):
        open_sink(kind, Settings())


def test_without_a_display_there_is_no_window_and_no_crash(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "no display" in why_no_window()
    with pytest.raises(SinkError, match="--sink web"):
        open_sink("window", Settings())


def test_a_display_that_is_not_there_is_no_crash_either(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99999")
    assert "cannot be used" in why_no_window()


@pytest.mark.slow
def test_a_real_window_on_a_virtual_screen(tiny_folder, root, tmp_path):
    if shutil.which("xvfb-run") is None:
        pytest.skip("needs xvfb-run (apt-get install xvfb xauth)")
    if "headless" in " ".join(os.listdir(os.path.dirname(os.path.dirname(cv2.__file__)))):
        pytest.skip("needs a cv2 with windows, this is opencv-python-headless")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((120, 160, 3), np.uint8))
    command = ["xvfb-run", "-a", sys.executable, "-m", "runtime.camera", "--bundle", str(tiny_folder)]
    command += ["--source", str(tmp_path), "--sink", "window", "--report", "-"]
    done = subprocess.run(command, cwd=str(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=50)
    assert done.returncode == 0, done.stderr.decode()
    assert b'"window"' in done.stdout
