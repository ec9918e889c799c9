"""The program on Windows and macOS, as far as a Linux can play them: see tests/elsewhere.py."""

import json
import os
import subprocess
import sys

import pytest

SYSTEMS = ["windows", "macos"]
PACKAGES = ["shelfsight", "runtime", "jetson"]


@pytest.fixture
def there(root, tmp_path):
    """Runs a module as if on another system; its status, standard output, standard error."""

    def run(system, *arguments):
        done = subprocess.run(
            [sys.executable, str(root / "tests" / "elsewhere.py"), system] + list(arguments),
            cwd=str(tmp_path),
            env=dict(os.environ, PYTHONPATH=str(root), SHELFSIGHT_CACHE=str(tmp_path / "cache")),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=50,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_module_of_the_device_part_imports(there, root, system):
    status, output, said = there(system, "import", *PACKAGES)
    assert status == 0, said
    files = [path for folder in PACKAGES for path in (root / folder).glob("**/*.py")]
    assert len(output.split()) == len(files)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_demo_runs(there, tmp_path, system):
    flags = "--source demo:// --engine onnx --frames 5 --sink none --sink web --port 0 --sink out.mp4 --report -"
    status, output, said = there(system, "runtime.camera", *flags.split())
    assert status == 0, said
    report = json.loads(output)
    assert report["frames"]["presented"] == 5
    assert report["source"] == "demo"
    assert report["sinks"] == ["none", "web", "out.mp4"]
    assert "through OpenCV" in said
    status, output, said = there(system, *"runtime.camera --source out.mp4 --sink none --report -".split())
    assert json.loads(output)["frames"]["presented"] >= 5, said


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "flags, words",
    [
        ("--source /dev/video0", "a number, as in --source 0"),
        ("--source rtsp://127.0.0.1/stream", "on Linux only"),
        ("--source 0 --list-modes", "Linux's own"),
        ("--source 7", "cannot open camera 7"),
        ("--source demo:// --sink rtsp", "on Linux only"),
    ],
)
def test_what_there_is_not_is_said_in_one_line(there, system, flags, words):
    sink = [] if "--sink" in flags else ["--sink", "none"]
    status, output, said = there(system, "runtime.camera", "--frames", "1", *(flags.split() + sink))
    assert (status, output) == (1, ""), said
    assert words in said.splitlines()[-1], said


def test_a_program_that_needs_linux_is_caught(there, tmp_path):
    (tmp_path / "needy.py").write_text("import fcntl")
    assert "fcntl" in there("windows", "needy")[2]
    for line in ("import os; os.geteuid()", "import signal; signal.SIGHUP", "open('/proc/cpuinfo')"):
        (tmp_path / "needy.py").write_text(line)
        assert there("windows", "needy")[0] == 1, line
