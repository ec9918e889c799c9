"""Closed standard streams, and too little memory: the program does its work or says one line; it never hangs."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell"),
    pytest.mark.timeout(120),
]
RUN = "{} -m runtime.camera --source demo:// --sink none --frames 5 --bundle {} --report {} {}"


def shell(root, text, **options):
    return subprocess.run(
        ["sh", "-c", text], cwd=str(root), timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(root, tmp_path, tiny_folder, closed):
    report = tmp_path / "report.json"
    done = shell(root, RUN.format(sys.executable, tiny_folder, report, closed))
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text())["frames"]["presented"] == 5
    assert b"Traceback" not in done.stderr


def test_a_reader_that_goes_away(root, tmp_path, tiny_folder):
    report = tmp_path / "report.json"
    command = RUN.format(sys.executable, tiny_folder, report, "--log-every 0.1").replace("--frames 5", "--seconds 2")
    begun_s = time.monotonic()
    done = shell(root, "{} 2>&1 | head -1".format(command))
    assert b"Traceback" not in done.stdout + done.stderr
    assert json.loads(report.read_text())["frames"]["presented"] > 5
    assert time.monotonic() - begun_s < 40


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is Linux's")
def test_too_little_memory_is_a_line(root, tmp_path):
    command = RUN.format(sys.executable, "demo", tmp_path / "r.json", "")
    done = shell(root, "ulimit -v 400000; exec {}".format(command))
    assert b"Traceback" not in done.stderr
    assert done.returncode in (1, -signal.SIGSEGV, -signal.SIGABRT)  # a library may fall over its own malloc
    if done.returncode == 1:
        assert b"unexpected" not in done.stderr
        assert b"memory" in done.stderr.splitlines()[-1]
