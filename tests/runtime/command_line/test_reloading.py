"""SIGHUP reads the flags again where there is a file of them and no terminal; else it ends the program."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.reloading import Reloading
from runtime.errors import SinkError

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
    pytest.mark.timeout(90),
]
WITHIN_S = 30.0


@pytest.fixture
def started(tmp_path, root):
    """A program with its flags in a file, in a session of its own; and its log."""
    flags, log = tmp_path / "camera.flags", tmp_path / "log.txt"
    flags.write_text("--sink none --sink {}\n".format(tmp_path / "h.sqlite"))
    command = [sys.executable, "-m", "runtime.camera", "--source", "demo://?products=3", "--fps", "5", "--report"]
    with log.open("wb") as file:
        program = subprocess.Popen(
            command + [str(tmp_path / "report.json"), "--bundle", "demo", "@" + str(flags)],
            env=dict(os.environ, PYTHONPATH=str(root), DISPLAY=""),
            stderr=file,
            start_new_session=True,
        )
    yield program, flags, log
    program.kill()
    program.wait()


def wait_for(pattern, program, log):
    deadline_s = time.monotonic() + WITHIN_S
    while not re.search(pattern, log.read_text()):
        assert program.poll() is None, log.read_text()
        assert time.monotonic() < deadline_s, log.read_text()
        time.sleep(0.05)


def test_flags_are_read_again_while_it_runs(started, tmp_path):
    program, flags, log = started
    wait_for(r"true \d", program, log)
    before = flags.read_text()
    flags.write_text(before + "--conf 0.99 --keep-history 2d --res 320x240\n")
    program.send_signal(signal.SIGHUP)
    wait_for(r"flags read again: --conf, --keep-history changed", program, log)
    wait_for(r"res changed as well: that wants a restart", program, log)
    flags.write_text(before + "--conf nonsense\n")
    program.send_signal(signal.SIGHUP)
    wait_for(r"the flags stay as they were: .*--conf", program, log)
    flags.write_text(before + "--conf 0.99 --keep-history 2d\n")
    program.send_signal(signal.SIGHUP)
    wait_for(r"flags read again: as before", program, log)
    program.send_signal(signal.SIGTERM)
    assert program.wait(WITHIN_S) == 0
    assert json.loads((tmp_path / "report.json").read_text())["frames"]["presented"] > 0


@pytest.fixture
def flags(tmp_path):
    """A file with a first and a second state of the flags."""
    path = tmp_path / "camera.flags"
    path.write_text("--conf 0.4\n")
    return path


def reloading_of(flags, take_up, slow_s=5.0):
    arguments = ["--source", "demo://", "@" + str(flags)]
    return Reloading(arguments, settings_from_arguments(arguments), take_up, slow_s)


@pytest.mark.parametrize("error", [SinkError("the broker's password is away"), KeyError("a fault of ours")])
def test_what_raises_is_taken_back_and_said_in_one_line(flags, caplog, error):
    in_use = []

    def take_up(settings):
        in_use.append(settings.min_score)
        if settings.min_score == 0.9:
            raise error

    reloading = reloading_of(flags, take_up)
    flags.write_text("--conf 0.9\n")
    reloading.reload()
    assert in_use == [0.9, 0.4]
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]
    assert "the flags stay as they were" in caplog.text
    flags.write_text("--conf 0.5\n")
    reloading.reload()
    assert in_use[-1] == 0.5


@pytest.mark.parametrize("wrong", ["--conf 7", "--no-such-flag", "--conf 'open", "--help", "--version", "--source"])
def test_wrong_flags_change_nothing(flags, caplog, wrong):
    in_use = []
    reloading = reloading_of(flags, in_use.append)
    flags.write_text(wrong + "\n")
    reloading.reload()
    assert in_use == []
    assert len(caplog.records) == 1
    assert "the flags stay as they were" in caplog.text


def test_flags_that_cannot_be_read_change_nothing(flags, caplog):
    in_use = []
    reloading = reloading_of(flags, in_use.append)
    flags.unlink()
    reloading.reload()
    assert in_use == []
    assert "the flags stay as they were" in caplog.text


def test_one_that_takes_long_holds_up_nobody_and_says_so(flags, caplog):
    """It is asked for twice more meanwhile: once more is enough."""
    go_on, calls = threading.Event(), []

    def take_up(settings):
        calls.append(settings.min_score)
        assert go_on.wait(WITHIN_S)

    caplog.set_level(logging.INFO)
    reloading = reloading_of(flags, take_up, slow_s=0.05)
    flags.write_text("--conf 0.9\n")
    reloading()
    until(lambda: "goes on with the old ones meanwhile" in caplog.text)
    reloading()
    reloading()
    assert calls == [0.9]
    go_on.set()
    until(lambda: "--conf changed" in caplog.text and "as before" in caplog.text)
    assert calls == [0.9, 0.9]


def until(is_so):
    deadline_s = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
