"""run.sh and test.sh set up once and then start at once; a fake Python records what they ask of it."""

import os
import shutil
import subprocess
import sys

import pytest

RELEASES = {
    "4": "# R32 (release), REVISION: 7.2, GCID: 30192233, BOARD: t210ref, EABI: aarch64",
    "5": "# R35 (release), REVISION: 3.1, GCID: 32827747, BOARD: t186ref, EABI: aarch64",
    "6": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64",
}
PYTHONS = {"4": "3.6", "5": "3.8", "6": "3.10"}

FAKE_PYTHON = """#!/bin/sh
# Stands for a Python: answers its version, makes a "venv" that is another copy of itself, logs the rest.
case "$*" in
"-c import sys"*) echo "${FAKE_VERSION:-3.11}"; exit ;;
"-c import cv2"*) exit "${FAKE_CV2_STATUS:-0}" ;;
"-m venv "*)
    for venv; do :; done
    mkdir -p "$venv/bin" && cp "$0" "$venv/bin/python" && : >"$venv/pip"
    case "$*" in *--system-site-packages*) is=true ;; *) is=false ;; esac
    echo "include-system-site-packages = $is" >"$venv/pyvenv.cfg"
    exit
    ;;
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
        (self.folder / "jetson").mkdir()
        for name in ("run.sh", "test.sh", "environment.sh", "setup.py", "constraints.txt", "jetson/jetpack.sh"):
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


class TestJetson:
    """On a JetPack the environment sees the system's cv2, numpy and TensorRT, or says at once what to run."""

    @pytest.fixture(params=["4", "5", "6"])
    def jetpack(self, request):
        return request.param

    @pytest.fixture
    def board(self, tmp_path, jetpack):
        """The root of a machine with this JetPack, as the environment variables that say so."""
        folder = tmp_path / "board"
        (folder / "etc").mkdir(parents=True)
        (folder / "etc" / "nv_tegra_release").write_text(RELEASES[jetpack] + "\n")
        return {"SHELFSIGHT_ROOT": str(folder), "FAKE_VERSION": PYTHONS[jetpack]}

    def venv(self, checkout, jetpack):
        return checkout.folder / (".venv-" + PYTHONS[jetpack])

    def test_its_environment_sees_the_systems_packages(self, checkout, board, jetpack):
        status, output, said, calls = checkout.sh("run.sh", **board)
        assert (status, output) == (0, "")
        assert "= true" in (self.venv(checkout, jetpack) / "pyvenv.cfg").read_text()
        assert "JetPack " + jetpack in said
        assert "sudo sh jetson/setup.sh" in said, "how the networks come onto the GPU"
        assert not [call for call in calls if "opencv" in call]
        assert calls[-1].endswith("|-m|runtime.camera|--res|640x480|--size|160|")
        assert len(checkout.sh("run.sh", **board)[3]) == 1, "installed once"

    def test_without_jetpacks_opencv_it_says_at_once_what_to_run(self, checkout, board, jetpack):
        status, output, said, calls = checkout.sh("run.sh", FAKE_CV2_STATUS="1", **board)
        assert (status, output, calls) == (1, "", [])
        assert said.count("\n") == 1
        assert "JetPack " + jetpack in said
        assert "sudo sh jetson/setup.sh" in said
        assert not self.venv(checkout, jetpack).exists()

    def test_an_isolated_environment_is_made_anew(self, checkout, board, jetpack):
        checkout.sh("run.sh", FAKE_VERSION=PYTHONS[jetpack])
        cfg = self.venv(checkout, jetpack) / "pyvenv.cfg"
        assert "= false" in cfg.read_text()
        calls = checkout.sh("run.sh", **board)[3]
        assert "= true" in cfg.read_text()
        assert len(calls) == 3

    def test_what_setup_sh_has_made_is_taken(self, checkout, board, tmp_path):
        prepared = tmp_path / "board" / "opt" / "shelfsight" / "venv" / "bin" / "python"
        prepared.parent.mkdir(parents=True)
        prepared.write_text("#!/bin/sh\necho prepared $PYTHONPATH $PATH $*\n")
        prepared.chmod(0o755)
        board.pop("FAKE_VERSION")
        status, output, said, calls = checkout.sh("run.sh", PYTHON="", **board)
        assert (status, said, calls) == (0, "", [])
        assert output.startswith("prepared {} ".format(checkout.folder))
        assert "/usr/local/cuda/bin:" in output
        assert output.endswith("-m runtime.camera --res 640x480 --size 160\n")


@pytest.mark.parametrize("on_a_board", [True, False])
def test_a_boards_install_asks_for_no_opencv(root, tmp_path, on_a_board):
    """pip's would hide JetPack's: whatever the Python, setup.py looks where it is run."""
    shutil.copytree(str(root / "runtime"), str(tmp_path / "runtime"), ignore=shutil.ignore_patterns("bundles"))
    shutil.copy(str(root / "setup.py"), str(tmp_path / "setup.py"))
    (tmp_path / "board" / "etc").mkdir(parents=True)
    if on_a_board:
        (tmp_path / "board" / "etc" / "nv_tegra_release").write_text(RELEASES["6"])
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "egg_info"],
        cwd=str(tmp_path),
        env=dict(os.environ, SHELFSIGHT_ROOT=str(tmp_path / "board")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout
    asked = (tmp_path / "shelfsight.egg-info" / "requires.txt").read_text(encoding="utf-8")
    assert ("opencv-python" in asked) != on_a_board
    assert "onnxruntime" in asked


STUB_CV2 = "version = 'of the system'\n"
SYSTEM_PYTHON = """#!/bin/sh
# A JetPack's Python: its system site has a cv2 that pip knows nothing of, and what it makes with --system-site-packages
# sees the same.
case "$1 $2 $3" in
"-m venv --system-site-packages"*)
    '{python}' "$@" || exit
    for venv; do :; done
    for site in "$venv"/lib/python*/site-packages; do
        printf '%s\n' '{site}' {sites} >"$site/system.pth"
    done
    ;;
*) PYTHONPATH='{site}' exec '{python}' "$@" ;;
esac
"""


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_with_a_real_python_the_program_gets_the_systems_cv2(root, tmp_path):
    """The real scripts and a real pip, on whichever Python runs the tests; only the board and its cv2 are played."""
    site, board, checkout = tmp_path / "site", tmp_path / "board", tmp_path / "checkout"
    (site / "cv2").mkdir(parents=True)
    (site / "cv2" / "__init__.py").write_text(STUB_CV2)
    (board / "etc").mkdir(parents=True)
    (board / "etc" / "nv_tegra_release").write_text(RELEASES["4"])
    left_out = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "tests", "training", "docs", "results")
    shutil.copytree(str(root), str(checkout), ignore=left_out)
    python = tmp_path / "python3"
    sites = " ".join("'{}'".format(path) for path in sys.path if path.endswith("site-packages"))
    python.write_text(SYSTEM_PYTHON.format(python=sys.executable, site=site, sites=sites))
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", str(checkout / "run.sh"), "--version"],
        cwd=str(tmp_path),
        env=dict(os.environ, PYTHON=str(python), SHELFSIGHT_ROOT=str(board), SHELFSIGHT_VENV=str(tmp_path / "venv")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=170,
    )
    assert (done.returncode, done.stdout[:11]) == (0, "shelfsight "), done.stderr
    made = str(tmp_path / "venv" / "bin" / "python")
    asked = "import cv2, numpy, onnxruntime; print(cv2.version)"
    assert subprocess.check_output([made, "-c", asked], universal_newlines=True, timeout=50) == "of the system\n"
    (installed,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    assert not list(installed.glob("*opencv*")), "pip brought none of its own"
