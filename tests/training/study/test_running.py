"""Processes of their own: results come back, what raises or dies is a line."""

import os
import time

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
