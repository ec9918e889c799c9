"""The README's commands are run, as far as a test may: its set-up itself is proven by benchmarks/bare_root.sh."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import cv2
import pytest
import tiny_bundle as tiny

from runtime.command_line.arguments import settings_from_arguments

ENDLESS = ("0", "door=0", "demo://shelf")


def commands(root):
    """Every `sh run.sh ...` of the README's shell blocks, without `sh run.sh`."""
    text = (root / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("sh run.sh"):
                yield shlex.split(line, comments=True)[2:]


def test_the_korean_one_names_commands_of_the_english_one_only(root):
    blocks = {}
    for name in ("README.md", "README.ko.md"):
        text = (root / name).read_text(encoding="utf-8")
        blocks[name] = {
            line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
        }
    only = {line for line in blocks["README.ko.md"] - blocks["README.md"] if "jetson/setup.sh" not in line}
    assert only == set()
    assert "sh run.sh" in blocks["README.ko.md"]


@pytest.fixture
def folder(tmp_path, tiny_folder):
    """What the README's examples name: a video, photos, a detector."""
    picture = tiny.scene((36, 36, tiny.SQUARE, tiny.RED))
    writer = cv2.VideoWriter(str(tmp_path / "video.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 25, (160, 160))
    (tmp_path / "photos").mkdir()
    for number in range(5):
        writer.write(picture)
        cv2.imwrite(str(tmp_path / "photos" / "{}.png".format(number)), picture)
    writer.release()
    shutil.copy(str(tiny_folder / "detector.onnx"), str(tmp_path / "yolov8n.onnx"))
    return tmp_path


def test_there_are_commands_and_each_is_right(root):
    found = list(commands(root))
    assert [] in found, "the one that sets up and runs"
    assert len(found) > 3
    for arguments in found:
        settings_from_arguments(arguments)


@pytest.mark.timeout(120)
def test_those_on_files_do_what_they_say(root, folder, tiny_folder):
    ran = 0
    for arguments in commands(root):
        if "--source" not in arguments or arguments[arguments.index("--source") + 1] in ENDLESS:
            continue
        bundle = [] if "--detector" in arguments else ["--bundle", str(tiny_folder)]
        done = subprocess.run(
            [sys.executable, "-m", "runtime.camera"] + arguments + bundle,
            cwd=str(folder),
            env=dict(os.environ, PYTHONPATH=str(root)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=50,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        for flag, value in zip(arguments, arguments[1:]):
            if flag in ("--report", "--sink") and "." in value:
                assert (folder / value).stat().st_size > 0, arguments
        ran += 1
    assert ran >= 2


def test_the_python_runs_as_it_stands(root, tmp_path):
    text = (root / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(example.splitlines()) <= 10
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=str(tmp_path),
        env=dict(os.environ, PYTHONPATH=str(root)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 90 + 1
    assert re.match(r"\d+\.\d fps: \w+", lines[-2])


def test_run_sh_runs_what_the_readme_says(root):
    script = (root / "run.sh").read_text(encoding="utf-8")
    assert "set -- --res 640x480 --size 160" in script
    assert "-m runtime.camera" in script
