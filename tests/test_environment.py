"""run.sh and test.sh set up once and then start at once; a fake Python records what they ask of it."""

import os
import shutil
import subprocess

import pytest

FAKE_PYTHON = """#!/bin/sh
# Stands for a Python: answers its version, makes a "venv" that is another copy of itself, logs the rest.
case "$*" in
"-c import sys"*) echo "${FAKE_VERSION:-3.11}"; exit ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && : >"$3/pip"; exit ;;
"-m pip --version") test -e "${0%/bin/python}/pip"; exit ;;
esac
printf '%s|' "$PWD" "$@" >>"$FAKE_LOG"
echo >>"$FAKE_LOG"
case "$*" in *"-m pip install"*) exit "${FAKE_PIP_STATUS:-0}" ;; esac
"""


class Checkout:
    """A copy of the scripts beside a fake Python."""

    def __init__(self, root, folder):
        self.folder = folder / "a checkout"
        self.elsewhere = folder / "elsewhere"
        self.log = folder / "log"
        self.folder.mkdir()
        self.elsewhere.mkdir()
        for name in ("run.sh", "test.sh", "environment.sh", "setup.py", "constraints.txt"):
            shutil.copy(str(root / name), str(self.folder / name))
        self.python = folder / "fakepython"
        self.python.write_text(FAKE_PYTHON, encoding="utf-8")
        self.python.chmod(0o755)

    def sh(self, script, *arguments, **variables):
        """Run a script from another folder; its status, standard output, standard error, and lines logged by Python."""
        self.log.write_text("", encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SHELFSIGHT_")}
        done = subprocess.run(
            ["sh", str(self.folder / script)] + list(arguments),
            cwd=str(self.elsewhere),
            env=dict(kept, **dict({"PYTHON": str(self.python), "FAKE_LOG": str(self.log)}, **variables)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=50,
        )
        return done.returncode, done.stdout, done.stderr, self.log.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def checkout(root, tmp_path):
    return Checkout(root, tmp_path)


def test_run_installs_once_and_then_runs_the_camera_at_once(checkout):
    status, output, said, calls = checkout.sh("run.sh")
    assert (status, output) == (0, "")
    assert [("pip|install" in call) for call in calls] == [True, True, False]
    assert "{}[dashboard]|".format(checkout.folder) in calls[1]
    assert all("--constraint|{}/constraints.txt|".format(checkout.folder) in call for call in calls[:2])
    camera = "{}|-m|runtime.camera|--res|640x480|--size|160|".format(checkout.elsewhere)
    assert calls[2] == camera
    assert "installing" in said
    assert checkout.sh("run.sh") == (0, "", "", [camera])


def test_arguments_reach_the_camera_as_they_are(checkout):
    calls = checkout.sh("run.sh", "--source", "my video.mp4")[3]
    assert calls[-1] == "{}|-m|runtime.camera|--source|my video.mp4|".format(checkout.elsewhere)


def test_a_changed_pin_installs_again(checkout):
    checkout.sh("run.sh")
    with (checkout.folder / "constraints.txt").open("a") as constraints:
        constraints.write("six==1.17.0\n")
    assert "pip|install" in checkout.sh("run.sh")[3][0]


def test_test_sh_adds_its_extra_and_hands_arguments_to_pytest(checkout):
    checkout.sh("run.sh")
    calls = checkout.sh("test.sh", "-k", "meter and not slow")[3]
    assert "[dashboard,test]|" in calls[1]
    assert calls[-1] == "{}|-m|pytest|-k|meter and not slow|".format(checkout.folder)


def test_the_folder_is_named_after_the_python_or_chosen(checkout, tmp_path):
    checkout.sh("run.sh", FAKE_VERSION="3.6")
    assert (checkout.folder / ".venv-3.6" / "bin" / "python").exists()
    checkout.sh("run.sh", SHELFSIGHT_VENV=str(tmp_path / "chosen"))
    assert (tmp_path / "chosen" / "bin" / "python").exists()


def test_python_36_gets_a_newer_pip_first(checkout):
    calls = checkout.sh("run.sh", FAKE_VERSION="3.6")[3]
    assert calls[0].endswith("--upgrade|pip|setuptools|wheel|")


def test_an_environment_left_without_pip_is_mended(checkout):
    checkout.sh("run.sh")
    venv = checkout.folder / ".venv-3.11"
    (venv / "pip").unlink()
    (venv / "shelfsight-dashboard").unlink()
    assert checkout.sh("run.sh")[0] == 0
    assert (venv / "pip").exists()


def test_no_python_is_one_line_that_says_what_to_install(checkout):
    status, output, said, calls = checkout.sh("run.sh", PYTHON="no-such-python")
    assert (status, output, calls) == (1, "", [])
    assert said.count("\n") == 1
    assert "no-such-python" in said
    assert "apt-get install python3-venv" in said


def test_a_failed_install_ends_there_and_is_tried_again(checkout):
    status, _output, said, calls = checkout.sh("run.sh", FAKE_PIP_STATUS="1")
    assert status == 1
    assert "pip could not install" in said
    assert len(calls) == 1
    assert len(checkout.sh("run.sh")[3]) == 3
