"""SIGHUP reads the flags again where there is a file of them and no terminal; else it ends the program."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

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
