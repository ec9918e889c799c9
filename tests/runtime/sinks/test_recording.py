"""Recordings through GStreamer: true times, killed, full disk, segments under a budget. And the RTSP sink."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest
from attack.program import children_of
from real_gstreamer import need_gstreamer, need_rtsp_server

from benchmarks.stand_ins.rtsp_server import BALL
from runtime.errors import MissingPackageError, SinkError, SourceError, UsageError
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Observation
from runtime.gstreamer import gdp
from runtime.gstreamer.elements import present_elements
from runtime.gstreamer.pipelines import Machine
from runtime.settings import Segment, Settings
from runtime.sinks.mp4 import Mp4Sink
from runtime.sinks.opening import open_sink
from runtime.sinks.recorder import Recorder
from runtime.sinks.recording import RecordingSink
from runtime.sinks.rtsp import RtspSink, parse_address
from runtime.sinks.segments import Series, is_over
from runtime.sources.opening import open_source

pytestmark = pytest.mark.timeout(60)

FIGURES = Figures(30.0, 30.0, 29.9, 12.0, 20.0, Stages(detect=10.0), 10, 9, 0, 0, "detect")
NO_GSTREAMER = Machine(frozenset(), jetson=False)


@pytest.fixture(scope="module")
def machine():
    need_gstreamer()
    return Machine(present_elements(), jetson=False)


def shown_at(captured_s, level=0, size=(64, 48)):
    image = np.full((size[1], size[0], 3), level, np.uint8)
    return Observation(Frame(image, 0, captured_s), Detections.none(), np.empty(0, np.int64), None)


def present(sink, observation):
    assert sink.present(observation.frame.image, observation, FIGURES) is True


def played(path):
    """(time in s, mean level) of each picture of a file."""
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while True:
        delivered, image = capture.read()
        if not delivered:
            return pictures
        pictures.append((capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3, float(image.mean())))


def test_each_picture_stands_at_its_own_time(machine, tmp_path):
    path = tmp_path / "out.mp4"
    times = [0.0, 0.03, 0.1, 1.5, 1.6, 60.0, 3599.9, 3600.0]
    with RecordingSink(str(path), machine) as sink:
        for index, seconds in enumerate(times):
            present(sink, shown_at(500.0 + seconds, 20 + 25 * index))
    pictures = played(path)
    assert [seconds for seconds, _ in pictures] == pytest.approx(times, abs=0.002)
    assert [level for _, level in pictures] == pytest.approx([20 + 25 * n for n in range(8)], abs=12)


def test_it_is_put_on_the_disk_every_few_seconds(machine, tmp_path, monkeypatch):
    """Else a power cut takes the half minute that Linux keeps in memory."""
    path = tmp_path / "out.mp4"
    synced = []
    monkeypatch.setattr("os.fdatasync", lambda file: synced.append(file))
    with RecordingSink(str(path), machine) as sink:
        present(sink, shown_at(500.0))
        end_s = time.monotonic() + 20
        while not path.exists() and time.monotonic() < end_s:
            time.sleep(0.02)
        for seconds in (1.0, 4.0, 6.0, 8.0, 11.5):
            present(sink, shown_at(500.0 + seconds))
    assert len(synced) == 2


def test_odd_and_changing_sizes(machine, tmp_path):
    path = tmp_path / "out.mp4"
    with RecordingSink(str(path), machine) as sink:
        for index, size in enumerate([(101, 75)] * 3 + [(64, 48)] * 3):
            present(sink, shown_at(index / 10, 100, size))
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == 100
    assert capture.get(cv2.CAP_PROP_FRAME_HEIGHT) == 74
    assert len(played(path)) == 6


def test_a_picture_repeated_in_a_stall_stands_where_it_is_shown(machine, tmp_path):
    path = tmp_path / "out.mp4"
    start_s = time.monotonic() - 2.0
    with RecordingSink(str(path), machine) as sink:
        for seconds in (0.0, 0.1, 0.1, 2.5):
            present(sink, shown_at(start_s + seconds, 100))
    times = [seconds for seconds, _ in played(path)]
    assert times[:2] == pytest.approx([0.0, 0.1], abs=0.002)
    assert 1.9 < times[2] < times[3]


def test_a_slow_encoder_is_not_waited_for(machine, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("runtime.sinks.recording.WAITING_BYTES", 1)
    monkeypatch.setattr("runtime.sinks.recorder.Recorder.write", lambda *_: time.sleep(0.2))
    with RecordingSink(str(tmp_path / "out.mp4"), machine, nominal_fps=30) as sink:
        started_s = time.monotonic()
        for number in range(30):
            present(sink, shown_at(number / 30))
        assert time.monotonic() - started_s < 2.0
    assert "the encoder was slower" in caplog.text


def test_a_full_disk_is_said_in_a_line_a_try_and_the_loop_goes_on(machine, tmp_path, caplog):
    path = tmp_path / "out.mp4"
    path.symlink_to("/dev/full")
    with RecordingSink(str(path), machine) as sink:
        for number in range(100):
            present(sink, shown_at(number / 30, number))
            time.sleep(0.005)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert 1 <= len(lines) <= 3
    assert "the disk is full" in lines[0]
    assert "100 pictures are not in it" in caplog.text
    assert path.is_symlink()


def seconds_until(condition, within_s=20.0):
    begun_s = time.monotonic()
    while not condition():
        assert time.monotonic() - begun_s < within_s
        time.sleep(0.02)
    return time.monotonic() - begun_s


@contextlib.contextmanager
def recording_live(sink, size=(640, 480)):
    """Pictures at 30 fps from a thread of its own."""
    ended = threading.Event()

    def feed():
        number = 0
        while not ended.wait(1 / 30):
            shown = shown_at(time.monotonic(), number % 200, size)
            shown.frame.image[:, : size[0] // 2] = 240  # an even picture is taken for none
            present(sink, shown)
            number += 1

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_killed_encoder_is_replaced(machine, tmp_path, caplog):
    path = tmp_path / "out.mp4"
    with RecordingSink(str(path), machine, nominal_fps=30) as sink, recording_live(sink):
        seconds_until(lambda: path.exists() and path.stat().st_size > 50000)
        os.kill(recorders_of(os.getpid())[0], signal.SIGKILL)
        seconds_until(lambda: "recording again" in caplog.text)
        time.sleep(0.5)
    assert len(played(path)) > 10
    assert len(played(tmp_path / "out-2.mp4")) > 30
    assert recorders_of(os.getpid()) == []


def test_no_handle_left_at_a_change_of_segment(machine, tmp_path, caplog, monkeypatch):
    from runtime.sinks import takes

    path, opened = tmp_path / "out.mp4", []
    monkeypatch.setattr(takes, "SURE_S", 0.0)

    def recorder(*arguments):
        opened.append(arguments)
        if len(opened) in (2, 3):
            raise OSError(errno.EMFILE, "Too many open files")
        return Recorder(*arguments)

    monkeypatch.setattr(takes, "Recorder", recorder)
    with RecordingSink(str(path), machine, nominal_fps=30, segment=Segment(seconds=0.5)) as sink:
        with recording_live(sink, (64, 48)):
            seconds_until(lambda: "recording again" in caplog.text)
            time.sleep(0.7)
    assert caplog.text.count("Too many open files") == 2
    assert all(len(played(name)) > 1 for name in Series(str(path)).existing()[:2])
    assert "are missing" in caplog.text


def test_tries_that_fail_leave_no_empty_files(machine, tmp_path, monkeypatch):
    from runtime.sinks import takes

    tried = []
    monkeypatch.setattr(takes, "LONGEST_WAIT_S", 0.0)

    def recorder(_machine, path, *_):
        tried.append(path)
        with open(path, "wb"):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(takes, "Recorder", recorder)
    recording = takes.Takes(str(tmp_path / "out.mp4"), machine, 30.0, None, None)
    monkeypatch.setattr(takes.time, "monotonic", iter(range(10**6)).__next__)
    monkeypatch.setattr(recording, "_failed", lambda error, failed=recording._failed: (failed(error), stop()))

    def stop():
        recording._is_over = len(tried) == 5

    recording.record(np.zeros((48, 64, 3), np.uint8), 1.0)
    assert tried == [str(tmp_path / "out.mp4")] * 5
    assert list(tmp_path.iterdir()) == []


def test_a_frozen_encoder_is_noticed_and_replaced(machine, tmp_path, caplog):
    path = tmp_path / "out.mp4"
    with RecordingSink(str(path), machine, nominal_fps=30) as sink, recording_live(sink):
        seconds_until(lambda: path.exists() and path.stat().st_size > 50000)
        (frozen,) = recorders_of(os.getpid())
        os.kill(frozen, signal.SIGSTOP)
        assert seconds_until(lambda: "the encoder is frozen" in caplog.text) < 8  # 3.6 s where the machine is free
        seconds_until(lambda: "recording again" in caplog.text)
        assert frozen not in recorders_of(os.getpid())
    assert recorders_of(os.getpid()) == []


def test_the_end_waits_for_no_frozen_encoder(machine, tmp_path, caplog):
    path = tmp_path / "out.mp4"
    with RecordingSink(str(path), machine, nominal_fps=30) as sink:
        with recording_live(sink):
            seconds_until(lambda: path.exists() and path.stat().st_size > 50000)
            os.kill(recorders_of(os.getpid())[0], signal.SIGSTOP)
            time.sleep(0.2)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 6  # 3 s where the machine is free
    assert recorders_of(os.getpid()) == []
    assert "may be incomplete" in caplog.text or "recording stopped" in caplog.text


COMMAND = [sys.executable, "-m", "runtime.camera", "--sink", "none", "--source"]


@pytest.mark.parametrize("also_the_child", [False, True])
def test_it_plays_after_kill_9(machine, root, tmp_path, also_the_child, tiny_folder):
    path = tmp_path / "out.mp4"
    source = "gst:" + BALL.format(160, 120, 30)
    process = subprocess.Popen(
        COMMAND + [source, "--sink", str(path), "--bundle", str(tiny_folder)],
        cwd=str(root),
        stderr=subprocess.DEVNULL,
    )
    deadline_s = time.monotonic() + 40
    while (not path.exists() or path.stat().st_size < 20000) and time.monotonic() < deadline_s:
        time.sleep(0.1)
    children = recorders_of(process.pid)
    assert len(children) == 1
    process.kill()
    if also_the_child:
        os.kill(children[0], signal.SIGKILL)
    process.wait()
    while os.path.exists("/proc/{}".format(children[0])) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    times = [seconds for seconds, _ in played(path)]
    assert len(times) > 15
    assert times == sorted(times)


def recorders_of(pid):
    """The processes that record for the process `pid`."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit():
                with open("/proc/{}/stat".format(name)) as stat, open("/proc/{}/cmdline".format(name)) as line:
                    if stat.read().rpartition(")")[2].split()[1] == str(pid) and "\0record\0" in line.read():
                        found.append(int(name))
    return found


class TestSegments:
    def test_by_time_each_plays_from_its_own_start(self, machine, tmp_path):
        path = tmp_path / "out.mp4"
        with RecordingSink(str(path), machine, segment=Segment(seconds=1.0)) as sink:
            for number in range(35):
                present(sink, shown_at(number / 10, 100))
        segments = Series(str(path)).existing()
        assert [os.path.basename(name) for name in segments] == ["out-00000{}.mp4".format(n) for n in (1, 2, 3, 4)]
        for name in segments:
            times = [seconds for seconds, _ in played(name)]
            assert times == pytest.approx([index / 10 for index in range(len(times))], abs=0.002)
        assert [len(played(name)) for name in segments] == [10, 10, 10, 5]

    def test_a_second_run_goes_on_after_the_first(self, machine, tmp_path):
        path = str(tmp_path / "out.mp4")
        for _ in range(2):
            with RecordingSink(path, machine, segment=Segment(seconds=60.0)) as sink:
                present(sink, shown_at(0.0))
        assert len(Series(path).existing()) == 2

    def test_old_ones_go_under_a_budget(self, tmp_path):
        series = Series(str(tmp_path / "out.mp4"))
        for number in (2, 10, 9, 11):
            (tmp_path / "out-{:06d}.mp4".format(number)).write_bytes(b"x" * 100)
        (tmp_path / "out-3.mp4").write_bytes(b"x" * 100)  # a second recording beside out.mp4, no segment
        (tmp_path / "other-1.mp4").write_bytes(b"x" * 100)
        assert os.path.basename(series.next_path()) == "out-000012.mp4"
        deleted = series.delete_beyond(250, keep=None)
        assert [os.path.basename(path) for path in deleted] == ["out-000002.mp4", "out-000009.mp4"]
        kept = series.existing()[0]
        assert series.delete_beyond(0, keep=kept) == series.existing()[1:] + [str(tmp_path / "out-000011.mp4")]
        assert (tmp_path / "other-1.mp4").exists()

    def test_a_full_disk_is_made_room_on(self, tmp_path, monkeypatch):
        from runtime.sinks import segments

        series = Series(str(tmp_path / "out.mp4"))
        for number in range(1, 6):
            (tmp_path / "out-{:06d}.mp4".format(number)).write_bytes(b"x" * 100)

        def disk(_folder):
            used = 100 * len(series.existing())
            return shutil._ntuple_diskusage(1000, used + 600, 400 - used)

        monkeypatch.setattr(segments.shutil, "disk_usage", disk)
        monkeypatch.setattr(segments, "ROOM_SHARE", 5)
        deleted = series.make_room(keep=None)
        assert [os.path.basename(path) for path in deleted] == ["out-00000{}.mp4".format(n) for n in (1, 2, 3)]
        assert series.make_room(keep=None) == []

    def test_the_sink_keeps_to_its_budget(self, machine, tmp_path, monkeypatch):
        monkeypatch.setattr("runtime.sinks.takes.BUDGET_EVERY_S", 0.0)
        path = str(tmp_path / "out.mp4")
        with RecordingSink(path, machine, segment=Segment(seconds=0.5), keep_bytes=1) as sink:
            for number in range(30):
                present(sink, shown_at(number / 10))
                time.sleep(0.02)
        assert 1 <= len(Series(path).existing()) <= 3

    def test_when_a_segment_is_over(self, tmp_path):
        path = tmp_path / "a.mp4"
        path.write_bytes(b"x" * 100)
        assert is_over(Segment(seconds=2.0), 2.0, str(path))
        assert not is_over(Segment(seconds=2.0), 1.9, str(path))
        assert is_over(Segment(bytes=100), 0.0, str(path))
        assert not is_over(Segment(bytes=101), 9.0, str(tmp_path / "none.mp4"))


class TestOpening:
    def test_with_an_encoder_and_without(self, machine, tmp_path, monkeypatch, caplog):
        caplog.set_level("INFO")
        path = str(tmp_path / "out.mp4")
        assert isinstance(open_sink(path, Settings()), RecordingSink)
        monkeypatch.setattr("runtime.sinks.opening._machine", lambda: NO_GSTREAMER)
        assert isinstance(open_sink(path, Settings()), Mp4Sink)
        assert "through OpenCV" in caplog.text
        with pytest.raises(MissingPackageError, match="gstreamer1.0"):
            open_sink(path, Settings(segment=Segment(seconds=1.0)))

    def test_where_nothing_can_be_written(self, machine, tmp_path):
        with pytest.raises(SinkError, match="no such folder"):
            RecordingSink(str(tmp_path / "no" / "out.mp4"), machine)


def seen_at(uri, is_whole=lambda image: True, tries=3):
    """A whole picture of a live stream, or the last. About one connection in twenty to GStreamer's server gets none in
    its first 10 s, and where packets were lost a picture is grey in part until the next key frame."""
    image = None
    for _ in range(tries):
        with contextlib.suppress(SourceError), open_source(Settings(source=uri)) as source:
            until_s = time.monotonic() + 10
            while time.monotonic() < until_s:
                frame = source.read(1.0)
                if frame is not None:
                    image = frame.image
                    if is_whole(image):
                        return image
    return image


class TestRtspSink:
    def test_it_is_seen_with_the_token_only(self, machine):
        need_rtsp_server()
        with RtspSink("rtsp://127.0.0.1:0/live", machine, "hunter2", 30) as sink:
            assert "hunter2" not in sink.name
            uri = sink.name.replace("***", "hunter2")
            picture = shown_at(0.0, 0, (161, 121))
            picture.frame.image[:, 80:] = 240
            stop_s = time.monotonic() + 50

            def feed():
                while time.monotonic() < stop_s:
                    present(sink, picture)
                    time.sleep(1 / 30)

            threading.Thread(target=feed, daemon=True).start()
            with pytest.raises(Exception, match="user name or password"):
                open_source(Settings(source=uri.replace("hunter2", "wrong")))
            image = seen_at(uri, lambda image: image[:, :70].mean() < 30 and image[:, 90:].mean() > 200)
            stop_s = 0.0
        assert image.shape == (120, 160, 3)
        assert image[:, :70].mean() < 30
        assert image[:, 90:].mean() > 200

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
    def test_a_server_that_is_gone_is_started_again(self, machine, caplog, number):
        need_rtsp_server()
        caplog.set_level("INFO")
        with RtspSink("rtsp://127.0.0.1:0/live", machine, None, 30) as sink, recording_live(sink):
            (server,) = children_of(os.getpid())
            time.sleep(0.5)
            os.kill(server, number)
            seconds_until(lambda: "the live stream is served again" in caplog.text, 30.0)
            assert server not in children_of(os.getpid())
            assert seen_at(sink.name) is not None
        assert children_of(os.getpid()) == []

    def test_beyond_localhost_only_with_a_token(self):
        with pytest.raises(UsageError, match="needs a token"):
            RtspSink("rtsp://0.0.0.0:8554/x", NO_GSTREAMER, None)

    def test_a_port_in_use(self, machine):
        need_rtsp_server()
        with RtspSink("rtsp://127.0.0.1:0/live", machine, None) as sink:
            with pytest.raises(SinkError, match="in use"):
                RtspSink(sink.name, machine, None)

    def test_without_gstreamer_the_packages_are_named(self):
        with pytest.raises(MissingPackageError, match="gstreamer1.0"):
            RtspSink("rtsp://127.0.0.1:0/live", NO_GSTREAMER, None)

    @pytest.mark.parametrize("text", ["rtsp://", "rtsp://a:b@host/x", "rtsp://host:port/x", "rtsp://h/x?token=y"])
    def test_what_is_no_address(self, text):
        with pytest.raises(UsageError, match="expected rtsp://"):
            parse_address(text)

    def test_addresses(self):
        assert parse_address("rtsp://127.0.0.1:99/a/b") == ("127.0.0.1", 99, "/a/b")
        assert parse_address("rtsp://localhost") == ("localhost", 8554, "/shelfsight")


class TestProtocol:
    def test_what_we_write_is_what_we_read(self):
        header = gdp.read_header(gdp.picture_header(1000, 2.5))
        assert header == (gdp.BUFFER, 1000, 2.5)
        start = gdp.stream_start((64, 48))
        kinds, rest = [], start
        while rest:
            header = gdp.read_header(rest[: gdp.HEADER_BYTES])
            kinds.append(header.kind)
            payload = rest[gdp.HEADER_BYTES : gdp.HEADER_BYTES + header.length]
            if header.kind == gdp.CAPS:
                assert gdp.caps_size(payload) == (64, 48)
            rest = rest[gdp.HEADER_BYTES + header.length :]
        assert len(kinds) == 3

    def test_what_is_none_of_it_is_refused(self):
        with pytest.raises(ValueError, match="no GDP header"):
            gdp.read_header(b"x" * gdp.HEADER_BYTES)
        with pytest.raises(ValueError, match="not raw BGR"):
            gdp.caps_size(b"video/x-raw, format=(string)BGRx, width=(int)4, height=(int)4")
