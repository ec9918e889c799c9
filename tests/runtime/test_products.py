"""The command, end to end: learn from photos, list, change, write and read a folder, check."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from runtime.products import main

COLOURS = {"red": (0, 0, 255), "purple": (200, 0, 200), "olive": (0, 160, 160)}


@pytest.fixture
def command(tmp_path, tiny_folder, capsys):
    def run(*arguments, **expected):
        status = main(["--catalogue", str(tmp_path / "c.sqlite"), "--bundle", str(tiny_folder)] + list(arguments))
        told = capsys.readouterr()
        assert status == expected.get("status", 0), told.err
        return told.err if status and told.err else told.out

    return run


@pytest.fixture
def photo(tmp_path):
    def write(colour, name="photo.png"):
        image = np.full((120, 160, 3), 255, np.uint8)
        image[30:90, 50:110] = COLOURS[colour]
        cv2.imwrite(str(tmp_path / name), image)
        return str(tmp_path / name)

    return write


def test_from_photos_to_a_folder_and_back(command, photo, tmp_path):
    assert "1 views learnt" in command("add", "plum", photo("purple"))
    command("add", "olive oil", photo("olive"), photo("olive", "other.png"))
    assert [line.split(None, 1) for line in command("list").splitlines()] == [["2", "olive oil"], ["1", "plum"]]
    command("rename", "plum", "prune")
    assert "3 photos" in command("export", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out" / "olive oil").iterdir()) == ["1.jpg", "2.jpg"]
    command("remove", "prune")
    assert "undone: removed prune" in command("undo")
    command("remove", "prune")
    command("import", str(tmp_path / "out"))
    assert [line.split(None, 1) for line in command("list").splitlines()] == [["4", "olive oil"], ["1", "prune"]]
    assert "olive oil: 4 views" in command("check", status=1)


def test_what_is_wrong_is_told_in_one_line(command, photo, tmp_path):
    (tmp_path / "text.jpg").write_text("no photo")
    command("add", "plum", photo("purple"))
    for arguments, words in [
        (["add", "plum", photo("purple")], "known already"), (["add", "red", photo("red")], "known already"),
        (["add", "x", str(tmp_path / "text.jpg")], "text.jpg: not a photo"), (["add", "x", "/n.jpg"], "No such file"),
        (["add", "a/b", photo("red")], "path"), (["rename", "none", "x"], "no product 'none'"),
        (["import", str(tmp_path / "empty")], "empty"), (["export", str(tmp_path)], "is not empty"),
    ]:  # fmt: skip
        told = command(*arguments, status=1)
        assert words in told
        assert told.count("\n") == 1
    assert command("list").split() == ["1", "plum"]


def test_as_a_program(root, tmp_path):
    command = [sys.executable, "-m", "runtime.products", "--catalogue", str(tmp_path / "new" / "c.sqlite"), "list"]
    done = subprocess.run(command, cwd=str(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"nothing was taught yet" in done.stdout
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_camera_of_the_library_knows_what_was_taught(command, photo, tmp_path, tiny_folder, caplog):
    import shelfsight

    command("add", "plum", photo("purple"))
    with caplog.at_level("INFO"), shelfsight.Camera(
        "demo://", bundle=str(tiny_folder), catalogue=str(tmp_path / "c.sqlite"), frames=1
    ) as camera:
        assert camera.products[-1] == "plum"
        for seen in camera:
            assert seen.figures is not None
    assert "and 1 taught here" in caplog.text
