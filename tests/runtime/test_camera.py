"""The program as its users start it: in a process of its own, with what can go wrong."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
import tiny_bundle as tiny

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def camera(root, tmp_path):
    """Run the program with these arguments in an empty folder; what came of it."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "runtime.camera"] + [str(a) for a in arguments],
            cwd=str(tmp_path),
            env=dict(os.environ, PYTHONPATH=str(root), DISPLAY="", WAYLAND_DISPLAY="", **environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=60,
        )

    return run


@pytest.fixture
def started(root, tmp_path, tiny_folder):
    """Start the program on the demo scene with these arguments, wait until it presents frames."""
    processes = []

    def start(*arguments):
        log = tmp_path / "log.txt"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "runtime.camera", "--bundle", str(tiny_folder), "--source", "demo://"]
                + ["--log-every", "0.2"]
                + [str(a) for a in arguments],
                cwd=str(root),
                env=dict(os.environ, DISPLAY="", WAYLAND_DISPLAY=""),
                stdout=subprocess.DEVNULL,
                stderr=file,
            )
        processes.append(process)
        deadline_s = time.monotonic() + 30
        while "true " not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        return process, log

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture = tiny.scene((36, 36, tiny.SQUARE, tiny.RED), (100, 100, tiny.BAR, tiny.BLUE))
    for number in range(20):
        cv2.imwrite(str(folder / "{}.png".format(number)), picture)
    return folder


def test_from_pictures_to_a_recording_and_a_report(camera, pictures, tiny_folder, tmp_path):
    done = camera(
        "--source", pictures, "--bundle", tiny_folder, "--fps", 100, "--sink", "out.mp4", "--report", "r.json"
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["frames"] == {"captured": 20, "presented": 20, "dropped": 0}
    assert report["nominal_fps"] == 100
    assert report["true_fps"] > 0
    assert report["classify"] == {"asked": 40, "reused": 0}  # loose pictures: nobody is followed
    on_threads = [stage for stages in report["threads"].values() for stage in stages]
    assert sorted(on_threads) == sorted(report["stages_ms"])
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[0]


def test_on_one_thread_the_stages_add_up_to_the_period(camera, pictures, tiny_folder):
    done = camera("--source", pictures, "--bundle", tiny_folder, "--sequential", "--sink", "none", "--report", "-")
    report = json.loads(done.stdout)
    assert sum(report["stages_ms"].values()) == pytest.approx(1000 / report["true_fps"], rel=0.05)


def test_the_report_alone_goes_to_standard_output(camera, pictures, tiny_folder):
    done = camera("--source", pictures, "--bundle", tiny_folder, "--fps", 0, "--sink", "none", "--report", "-")
    assert json.loads(done.stdout)["frames"]["presented"] == 20


def test_a_resolution_asked_for_is_that_of_the_picture(camera, pictures, tiny_folder):
    arguments = ["--source", pictures, "--bundle", tiny_folder, "--sink", "none", "--report", "-", "--res", "320x240"]
    assert json.loads(camera(*arguments, "--fps", "0").stdout)["res"] == "240x240"


def occupied_port():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    return listener


def text_file(path, content="just text\n"):
    path.write_text(content)
    return path


def test_every_kind_of_bad_input_is_one_plain_line(camera, pictures, tiny_folder, tmp_path):
    text = text_file(tmp_path / "text.onnx")
    cut = tmp_path / "cut.onnx"
    cut.write_bytes((tiny_folder / "detector.onnx").read_bytes()[:1500])
    small = ["--bundle", tiny_folder, "--sink", "none"]
    taken = occupied_port()
    cases = [
        # arguments, exit status, what the line must say
        ((["--source", "none.mp4"] + small), 1, "no such file: none.mp4"),
        ((["--source", text_file(tmp_path / "text.mp4")] + small), 1, "not a video"),
        (["--source", pictures, "--sink", "none", "--detector", text], 1, "not an ONNX file"),
        (["--source", pictures, "--sink", "none", "--detector", cut], 1, "cut short"),
        (["--source", pictures, "--sink", "none", "--detector", "none.onnx"], 1, "no model at none.onnx"),
        (["--source", pictures, "--sink", "none", "--bundle", pictures], 1, "is no bundle"),
        ((["--source", "/dev/video97"] + small), 1, "no camera at /dev/video97"),
        ((["--source", "97"] + small), 1, "no camera at /dev/video97"),
        (
            ["--source", pictures, "--bundle", tiny_folder, "--sink", "web", "--port", taken.getsockname()[1]],
            1,
            "--port",
        ),
        (["--source", pictures, "--bundle", tiny_folder, "--sink", "window"], 1, "cannot open a window"),
        (["--source", pictures, "--bundle", tiny_folder, "--sink", "film.avi"], 2, "film.avi"),
        (["--source", pictures, "--bundle", tiny_folder, "--sink", "web", "--listen", "0.0.0.0"], 2, "token"),
        ((["--source", pictures, "--report", "no/where.json"] + small), 1, "no folder"),
        ((["--source", text_file(tmp_path / "empty.mp4", "")] + small), 1, "not a video"),
        ((["--source", "demo://?products=many"] + small), 2, "many"),
        (["--res", "640"], 2, "640x480"),
        (["--size", "100"], 2, "multiple of 32"),
        (["--fps", "-5"], 2, "from 0"),
        (["--engine", "tensorrt"] + ["--source", pictures] + small, 1, "TensorRT cannot be imported"),
    ]
    before = sorted(os.listdir(str(tmp_path)))
    for arguments, status, words in cases:
        done = camera(*arguments)
        lines = [line for line in done.stderr.splitlines() if " INFO " not in line and " WARNING " not in line]
        assert (done.returncode, len(lines)) == (status, 1), (arguments, done.stderr)
        assert lines[0].startswith("shelfsight: "), arguments
        assert words in lines[0], (arguments, lines[0])
    taken.close()
    assert sorted(os.listdir(str(tmp_path))) == before, "nothing half-written"


def test_the_traceback_only_with_v(camera):
    assert "Traceback" not in camera("--source", "none.mp4").stderr
    assert "Traceback" in camera("--source", "none.mp4", "-v").stderr


def test_an_opencv_that_cannot_load_is_one_line_that_names_the_package(camera, tmp_path):
    text_file(tmp_path / "cv2.py", "raise ImportError('libGL.so.1: cannot open shared object file')\n")
    done = camera("--source", "demo://")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt-get install libgl1" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_a_second_with_its_report(started, tmp_path, number):
    process, log = started("--sink", "none", "--sink", str(tmp_path / "out.mp4"), "--report", str(tmp_path / "r.json"))
    sent_s = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0, log.read_text()
    assert time.monotonic() - sent_s < 1.0
    assert json.loads((tmp_path / "r.json").read_text())["frames"]["presented"] > 0
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[0], "the recording is whole"


def test_a_waiting_camera_is_offline_and_ends_on_a_signal(root, tmp_path, tiny_folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime.camera", "--bundle", str(tiny_folder), "--source", "/dev/video98", "--wait"]
        + ["--sink", "none"],
        cwd=str(root),
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    try:
        while "offline" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        sent_s = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - sent_s < 1.0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_log_has_the_figures_in_one_line(started):
    _, log = started("--sink", "none")
    line = [line for line in log.read_text().splitlines() if "true " in line][-1]
    for word in ("nominal", "camera", "latency", "presented", "dropped", "limited by", "detect"):
        assert word in line


def test_a_truncated_video_says_so_and_is_done(camera, tmp_path, tiny_folder):
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (160, 160))
    for _ in range(60):
        writer.write(np.random.RandomState(3).randint(0, 255, (160, 160, 3), np.uint8))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    done = camera("--source", path, "--bundle", tiny_folder, "--sink", "none", "--fps", 0, "--report", "-")
    assert done.returncode == 0
    assert "cut short" in done.stderr
    assert 10 < json.loads(done.stdout)["frames"]["presented"] < 50


def test_a_mistake_of_ours_is_one_line_too(camera, tmp_path):
    text_file(tmp_path / "cv2.py", "raise RuntimeError('a bug')\n")
    done = camera("--source", "demo://")
    assert done.returncode == 1
    assert (
        done.stderr == "shelfsight: unexpected RuntimeError: a bug (run it again with -v and tell us what it prints)\n"
    )


LEFT_BEHIND = """
import sys, threading, time
import cv2, numpy
from runtime import camera

def work():
    while True:
        cv2.GaussianBlur(picture, (31, 31), 8)

picture = numpy.zeros((400, 400, 3), numpy.uint8)
for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
print("the report", end="")
camera.main = lambda stop: 3
camera.program()
"""


def test_a_thread_left_behind_in_opencv_does_not_abort_the_process(root):
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", LEFT_BEHIND],
            cwd=str(root),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=50,
        )
        assert (done.returncode, done.stdout, done.stderr) == (3, "the report", "")
