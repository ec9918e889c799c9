"""A file in, a file out: each picture once, at its own time, whatever the speed of the run, through either library."""

import threading
import time

import cv2
import numpy as np
import pytest
import real_gstreamer
from played_back import played_back

from runtime.assembly import assemble
from runtime.gstreamer import pipelines
from runtime.gstreamer.elements import present_elements
from runtime.gstreamer.pipelines import Machine
from runtime.gstreamer.running import open_pipeline
from runtime.settings import Settings
from runtime.sinks.fake import FakeSink
from runtime.sinks.mp4 import Mp4Sink
from runtime.sinks.pictures import PicturesSink
from runtime.sinks.recording import RecordingSink
from runtime.sources.stream import FileStream
from runtime.sources.times import RisingTimes, sensible_fps
from runtime.sources.video import VideoSource

STEADY_S = [number / 30 for number in range(30)]
VARYING_S = [0.0, 0.05, 0.2, 0.233, 0.9, 0.92, 1.4, 1.5, 2.0]


class SlowSink(FakeSink):
    """Takes its time, as a busy machine does."""

    def present(self, picture, observation, figures):
        time.sleep(0.004)
        return super().present(picture, observation, figures)


def write(path, times_s):
    with Mp4Sink(str(path)) as sink:
        from runtime.frame import Detections, Frame, Observation

        for number, time_s in enumerate(times_s):
            picture = np.full((96, 128, 3), 20 + 7 * number, np.uint8)
            frame = Frame(picture, number, time_s)
            sink.present(picture, Observation(frame, Detections.none(), np.arange(0), None), None)
    return path


def machine():
    real_gstreamer.need_gstreamer()
    return Machine(present_elements(), jetson=False)


def open_reader(kind, path):
    if kind == "opencv":
        return VideoSource(str(path))
    pipeline = pipelines.file(machine(), str(path))
    return FileStream(str(path), lambda: open_pipeline(pipeline, str(path), live=False))


def open_writer(kind, path):
    return Mp4Sink(str(path)) if kind == "opencv" else RecordingSink(str(path), machine(), 30.0)


@pytest.mark.parametrize("fps", [0.0, 200.0])
@pytest.mark.parametrize("writer", ["opencv", "gstreamer"])
@pytest.mark.parametrize("reader", ["opencv", "gstreamer"])
@pytest.mark.parametrize("wanted_s", [STEADY_S, VARYING_S], ids=["steady", "varying"])
def test_each_picture_is_written_once_at_its_own_time(tmp_path, tiny_folder, wanted_s, reader, writer, fps):
    source = open_reader(reader, write(tmp_path / "in.mp4", wanted_s))
    sinks = [open_writer(writer, tmp_path / "out.mp4"), SlowSink()]
    run(Settings(bundle=str(tiny_folder), engine="onnx", fps=fps), source, sinks)
    times_s, levels = played_back(tmp_path / "out.mp4")
    assert times_s == pytest.approx(wanted_s, abs=0.002)
    assert levels == pytest.approx([20 + 7 * number for number in range(len(wanted_s))], abs=9.0)


def run(settings, source, sinks):
    settings = settings._replace(panel="off")
    with assemble(settings, threading.Event(), source, sinks) as assembly:
        assembly.loop.run()
        return assembly.report()


def test_a_file_is_played_at_its_own_rate_unless_another_is_asked_for(tmp_path, tiny_folder):
    path = write(tmp_path / "in.mp4", [number / 25 for number in range(5)])
    for fps, nominal in ((None, 25.0), (0.0, 0.0), (200.0, 200.0)):
        settings = Settings(source=str(path), bundle=str(tiny_folder), engine="onnx", fps=fps)
        report = run(settings, None, [FakeSink()])
        assert report["nominal_fps"] == pytest.approx(nominal, abs=0.01)


def test_a_folder_has_no_rate_of_its_own(tmp_path, tiny_folder):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((96, 128, 3), np.uint8))
    report = run(Settings(source=str(tmp_path), bundle=str(tiny_folder), engine="onnx"), None, [FakeSink()])
    assert report["nominal_fps"] == 0.0


def test_latency_of_a_file_is_that_of_the_work(tmp_path, tiny_folder):
    """A paced file is decoded a period ahead: at 5 fps that period, 200 ms, was in the latency."""
    path = write(tmp_path / "in.mp4", [number / 5 for number in range(5)])
    report = run(Settings(source=str(path), bundle=str(tiny_folder), engine="onnx"), None, [FakeSink()])
    assert report["latency_ms"]["p50"] < 100.0


@pytest.mark.parametrize("kind", ["out/", "out"])
def test_a_folder_of_pictures_becomes_a_folder_of_annotated_pictures(tmp_path, tiny_folder, kind):
    (tmp_path / "in").mkdir()
    names = ["b 1.png", "b 2.jpg", "\u00e9\ubcd1.png"]
    for name in names:
        cv2.imencode(name[-4:], np.full((96, 128, 3), 90, np.uint8))[1].tofile(str(tmp_path / "in" / name))
    if kind == "out":
        (tmp_path / "out").mkdir()
    sink = "{}/{}".format(tmp_path, kind)
    settings = Settings(source=str(tmp_path / "in"), sinks=(sink,), bundle=str(tiny_folder), engine="onnx")
    report = run(settings, None, None)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert report["frames"]["presented"] == 3
    assert read(tmp_path / "out" / "b 1.png").shape == (96, 128, 3)


def read(path):
    return cv2.imdecode(np.fromfile(str(path), np.uint8), cv2.IMREAD_COLOR)


def test_pictures_are_never_written_over(tmp_path):
    (tmp_path / "mine.jpg").write_bytes(b"mine")
    from runtime.errors import SinkError

    with pytest.raises(SinkError, match="not empty"):
        PicturesSink(str(tmp_path))
    with pytest.raises(SinkError, match="mine.jpg"):
        PicturesSink(str(tmp_path / "mine.jpg" / "out"))
    assert (tmp_path / "mine.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "told_s, wanted_s",
    [
        ([0.0, 0.1, 0.2], [0.0, 0.1, 0.2]),
        ([5.0, 5.1, 5.3], [0.0, 0.1, 0.3]),
        ([None, None, None], [0.0, 0.1, 0.2]),
        ([0.0, 0.0, 0.0], [0.0, 0.1, 0.2]),
        ([0.0, 0.5, 0.4], [0.0, 0.5, 0.6]),
        ([0.0, float("nan"), 0.3], [0.0, 0.1, 0.3]),
    ],
)
def test_times_rise_whatever_a_container_says(told_s, wanted_s):
    times = RisingTimes(10.0)
    assert [times.next(one) for one in told_s] == pytest.approx(wanted_s)


def test_rates_that_no_camera_has_are_not_believed():
    assert [sensible_fps(fps) for fps in (29.97, 0.0, 90000.0, float("nan"), -5.0)] == [29.97, 30.0, 30.0, 30.0, 30.0]
