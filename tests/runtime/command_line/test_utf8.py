"""Names and paths in any script, in a locale that says ASCII, as a service, cron and LC_ALL=C have."""

import json
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

FOLDER = "상품 é"
NAME = "물병 (삼다수)"
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A modern Python must be told to be as literal as 3.6 is."""


@pytest.fixture
def folder(tmp_path, tiny_folder):
    """Holds a bundle with a Korean name in it, and a picture."""
    path = tmp_path / FOLDER
    path.mkdir()
    shutil.copytree(str(tiny_folder), str(path / "묶음"))
    description = path / "묶음" / "bundle.json"
    content = json.loads(description.read_text(encoding="utf-8"))
    content["products"][0] = NAME
    description.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    (path / "사진").mkdir()
    cv2.imwrite(str(path / "사진" / "병.png"), np.full((96, 128, 3), 128, np.uint8))
    return path


def run(root, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "SHELFSIGHT_UTF8"))}
    return subprocess.run(
        [sys.executable] + [str(argument) for argument in arguments],
        cwd=str(root),
        env=dict(environment, **ASCII),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=50,
    )


def test_a_bundle_pictures_a_report_and_a_recording_in_such_a_folder(root, folder):
    done = run(
        root, "-m", "runtime.camera", "--source", folder / "사진", "--bundle", folder / "묶음", "--sink",
        folder / "영상.mp4", "--report", folder / "보고.json", "--engine", "onnx",
    )  # fmt: skip
    told = done.stderr.decode("utf-8")
    assert done.returncode == 0, told
    assert FOLDER in told
    assert (folder / "영상.mp4").stat().st_size > 0
    report = json.loads((folder / "보고.json").read_text(encoding="utf-8"))
    assert report["source"] == str(folder / "사진")


def test_an_error_names_the_path_as_it_is_written(root, folder):
    done = run(root, "-m", "runtime.camera", "--source", folder / "없음.mp4", "--bundle", folder / "묶음")
    assert done.returncode == 1
    assert done.stderr.decode("utf-8").splitlines()[-1] == "shelfsight: no such file: {}".format(folder / "없음.mp4")


def test_names_of_classes_come_from_the_command_line(root, folder, shared):
    done = run(
        root, "-m", "runtime.camera", "--source", folder / "사진", "--detector",
        shared / "models" / "yolox_nano_coco.onnx", "--classes", ",".join([NAME] + ["é"] * 79), "--sink", "none",
        "--report", "-", "--engine", "onnx",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode("utf-8")
    json.loads(done.stdout.decode("utf-8"))


@pytest.mark.parametrize(
    "script", [["benchmarks/fps_sweep.py"], ["-m", "benchmarks.fps_sweep"], ["-m", "jetson.doctor"]]
)
def test_other_commands_of_the_device_start_again_too(root, script):
    done = run(root, *(script + ["--없음"]))
    assert done.returncode == 2
    assert "--없음" in done.stderr.decode("utf-8")


def test_where_the_locale_is_utf8_nothing_is_started_again(monkeypatch):
    from runtime.command_line.utf8 import in_utf8

    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("started again"))
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "utf-8")
    in_utf8("runtime.camera")


def test_a_system_without_that_locale_is_not_started_for_ever(monkeypatch):
    from runtime.command_line.utf8 import in_utf8

    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("started again"))
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    monkeypatch.setenv("SHELFSIGHT_UTF8", "1")
    in_utf8("runtime.camera")
