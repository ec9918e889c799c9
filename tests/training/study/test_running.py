"""Processes of their own: results come back, what raises or dies is a line."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from training.study.running import Job, run_all


def double(number):
    print("doubling")
    return 2 * number


def fail():
    raise ValueError("no such product\nat all")


def die():
    os._exit(9)


def test_results_errors_and_deaths(tmp_path):
    jobs = [Job(double, (4,), tmp_path / "a.log"), Job(fail, (), tmp_path / "b.log"), Job(die, (), tmp_path / "c.log")]
    found = {outcome.job.log.stem: outcome for outcome in run_all(jobs, at_once=3)}
    assert (found["a"].result, found["a"].error) == (8, "")
    assert "doubling" in (tmp_path / "a.log").read_text()
    assert found["b"].error == "ValueError: no such product"
    assert "ended with 9" in found["c"].error


def test_none_begins_when_the_time_is_over(tmp_path):
    assert list(run_all([Job(double, (1,), tmp_path / "a.log")], 1, until_s=time.monotonic() - 1)) == []


KILLED = """
import os, sys, time
from pathlib import Path
from training.study.running import Job, run_all

def wait(path):
    Path(path).write_text(f"{os.getpid()} ")
    time.sleep(50)

if __name__ == "__main__":
    list(run_all([Job(wait, (sys.argv[1],), Path(sys.argv[1] + ".log"))], 1))
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.skipif(sys.version_info < (3, 7), reason="studies run on a workstation's Python")
def test_a_run_dies_with_the_study_that_is_killed(root, tmp_path):
    script, pid_at = tmp_path / "study.py", tmp_path / "pid"
    script.write_text(KILLED)
    with subprocess.Popen(
        [sys.executable, str(script), str(pid_at)], env=dict(os.environ, PYTHONPATH=str(root))
    ) as one:
        until(lambda: pid_at.exists() and pid_at.read_text().endswith(" "))
        one.kill()
    until(lambda: is_gone(int(pid_at.read_text())))


def until(is_so):
    end_s = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True
