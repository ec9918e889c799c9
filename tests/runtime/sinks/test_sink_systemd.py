"""What systemd is told: only progress feeds its watchdog, and the status line has the true rate with its cause."""

import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from runtime.errors import SinkError
from runtime.figures.figures import Figures, Stages
from runtime.frame import Frame, Observation
from runtime.sinks.systemd import Service, SystemdSink, systemd_sinks

FIGURES = Figures(30.0, 28.4, 28.4, 40.0, 50.0, Stages(), 10, 10, 0, 0, "camera: it delivers 28.4 fps")
PICTURE = np.zeros((4, 4, 3), np.uint8)


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def now_s(self):
        return self.seconds


class Told:
    """A sink and all that it has said."""

    def __init__(self):
        self.datagrams = []
        self.clock = Clock()
        self.sink = SystemdSink(Service(self.datagrams.append, [""], self.clock))

    def present(self, frame_id, captured_s=0.0):
        """The lines said about one picture."""
        self.datagrams.clear()
        frame = Frame(PICTURE, frame_id, captured_s)
        assert self.sink.present(PICTURE, Observation(frame, None, None, None), FIGURES)
        return [line for text in self.datagrams for line in text.split("\n")]


@pytest.fixture
def told():
    return Told()


def test_ready_with_the_first_frame_and_fed_by_each_new_one(told):
    assert told.present(0)[:2] == ["READY=1", "WATCHDOG=1"]
    assert told.present(1) == ["WATCHDOG=1"]
    assert told.present(5) == ["WATCHDOG=1"]


def test_a_picture_shown_again_feeds_nothing(told):
    told.present(3)
    assert told.present(3) == []
    assert told.present(2) == []


def test_each_attempt_at_an_absent_source_feeds_once(told):
    assert told.present(None, 1.0)[:2] == ["READY=1", "WATCHDOG=1"]
    assert told.present(None, 1.0) == []  # the same offline picture, shown again
    assert told.present(None, 2.0) == ["WATCHDOG=1"]
    assert told.present(0, 2.5) == ["WATCHDOG=1"]


def test_the_status_line_changes_once_a_second(told):
    assert told.present(0)[-1] == "STATUS=28.4 fps true of 30 nominal, limited by camera: it delivers 28.4 fps"
    told.clock.seconds = 0.9
    assert told.present(1) == ["WATCHDOG=1"]
    told.clock.seconds = 1.0
    assert told.present(None, 9.0)[-1].startswith("STATUS=offline, 28.4 fps true")


def test_of_several_cameras_each_has_to_make_progress():
    datagrams, picture = [], Observation(Frame(PICTURE, 0, 0.0), None, None, None)
    service = Service(datagrams.append, ["door", "shelf"], Clock())
    door, shelf = SystemdSink(service, "door"), SystemdSink(service, "shelf")

    def present(sink, number, captured_s=0.0):
        datagrams.clear()
        sink.present(PICTURE, picture._replace(frame=Frame(PICTURE, number, captured_s)), FIGURES)
        return "WATCHDOG=1" in "".join(datagrams)

    assert not present(door, 0)
    assert not present(door, 1)
    assert present(shelf, None, 1.0)  # an attempt at opening it is progress too
    assert all(words in datagrams[0] for words in ("READY=1", "door: 28.4 fps", "shelf: offline"))
    assert not any(present(door, number) for number in range(2, 50))
    assert not present(shelf, None, 1.0)  # the same attempt, shown again
    assert present(shelf, None, 2.0)


def test_nobody_waits_for_a_camera_whose_source_has_ended():
    datagrams, picture = [], Observation(Frame(PICTURE, 0, 0.0), None, None, None)
    service = Service(datagrams.append, ["file", "door"], Clock())
    file, door = SystemdSink(service, "file"), SystemdSink(service, "door")

    def said(act):
        datagrams.clear()
        act()
        return "\n".join(datagrams)

    def present(sink, number):
        return said(lambda: sink.present(PICTURE, picture._replace(frame=Frame(PICTURE, number, 0.0)), FIGURES))

    assert "WATCHDOG=1" not in present(door, 0)
    said_at_end = said(file.end)
    assert said_at_end.startswith("READY=1\nWATCHDOG=1\nSTATUS=")
    assert "file: ended" in said_at_end
    assert "door: 28.4 fps" in said_at_end
    assert all("WATCHDOG=1" in present(door, number) for number in range(1, 5))
    assert "WATCHDOG=1" not in present(door, 4), "shown again"


def test_stopping_is_said_once(told):
    told.sink.close()
    told.sink.close()
    assert told.datagrams == ["STOPPING=1"]


def test_no_sink_without_systemd(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert systemd_sinks() == []


@pytest.mark.parametrize("is_abstract", [False, True])
def test_datagrams_reach_the_socket(monkeypatch, tmp_path, is_abstract):
    address = "@shelfsight-test-{}".format(os.getpid()) if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("\0" + address[1:] if is_abstract else address)
        server.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        (sink,) = systemd_sinks()
        sink.close()
        assert server.recv(100) == b"STOPPING=1"


def test_a_socket_that_is_gone_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    (sink,) = systemd_sinks()
    with pytest.raises(SinkError, match="NOTIFY_SOCKET"):
        sink.close()


@pytest.mark.timeout(100)
def test_the_program_is_ready_and_ends_on_sigterm(root, tmp_path):
    """The whole program under a socket of ours, with an absent camera: what a service at boot does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "notify"))
        server.settimeout(60)
        command = [sys.executable, "-m", "runtime.camera", "--source", "/dev/video97", "--wait", "--sink", "none"]
        process = subprocess.Popen(
            command,
            cwd=str(root),
            env=dict(os.environ, NOTIFY_SOCKET=str(tmp_path / "notify")),
            stderr=subprocess.PIPE,
        )
        try:
            first = server.recv(1000).decode()
            process.send_signal(signal.SIGTERM)
            said = ""
            while "STOPPING=1" not in said:
                said = server.recv(1000).decode()
            _, log = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
    assert first.startswith("READY=1\nWATCHDOG=1\nSTATUS=offline, 0.0 fps true")
    assert process.returncode == 0
    assert b"offline, trying again" in log
