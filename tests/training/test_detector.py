"""Stage 1's training: what it refuses, and one real epoch of a few tiny pictures."""

import cv2
import numpy as np
import pytest

from runtime.errors import SourceError
from training import detector
from training.data.dataset import open_data_set
from training.detector import _start, _with_shapes, keep_whole, main


@pytest.fixture
def data(tmp_path):
    folder, rng = tmp_path / "data", np.random.RandomState(0)
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    (folder / "classes.txt").write_text("tea\ncoffee\n")
    for number in range(6):
        cv2.imwrite(str(folder / "images/{}.png".format(number)), rng.randint(0, 255, (64, 64, 3), dtype=np.uint8))
        (folder / "labels/{}.txt".format(number)).write_text("{} 0.5 0.5 0.5 0.5\n".format(number % 2))
    return folder


def test_a_model_is_a_name_or_a_file(tmp_path):
    assert _start("yolo11n") == "yolo11n.yaml"
    assert _start("own.yaml") == "own.yaml"
    with pytest.raises(SourceError, match="no weights at"):
        _start(str(tmp_path / "x.pt"))


@pytest.mark.parametrize(
    "flags, told", [([], "--data is missing"), (["--data", "x", "--sizes", "100"], "multiples of 32")]
)
def test_wrong_usage(tmp_path, capsys, flags, told):
    assert main(["--out", str(tmp_path)] + flags) == 2
    assert told in capsys.readouterr().err


def test_shapes_come_from_a_table_from_the_set_or_are_one_class(data, tmp_path):
    (data / "shapes.txt").write_text("box\njar\n")
    (tmp_path / "map.csv").write_text("tea,tin\ncoffee,bag\n")
    asked = {"single_class": False, "shapes": None}
    opened = open_data_set(data)
    assert _with_shapes(opened, asked).shapes == {"tea": "box", "coffee": "jar"}
    assert _with_shapes(opened, dict(asked, shapes=tmp_path / "map.csv")).shapes == {"tea": "tin", "coffee": "bag"}
    assert _with_shapes(opened, dict(asked, single_class=True)).shapes == {}


def test_a_wrong_table_of_shapes_is_one_plain_line(data, tmp_path, capsys):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    (tmp_path / "map.csv").write_text("tea,tin\n")
    flags = ["--data", str(data), "--out", str(tmp_path / "run"), "--shapes", str(tmp_path / "map.csv")]
    assert main(flags) == 2
    assert "no shape to coffee" in capsys.readouterr().err.splitlines()[-1]


def test_out_of_memory_says_what_to_try(data, tmp_path, monkeypatch, capsys):
    ultralytics = pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")

    def train(self, **_):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(ultralytics.YOLO, "train", train)
    assert main(["--data", str(data), "--out", str(tmp_path / "run"), "--batch", "32"]) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert "out of memory with --batch 32 at 320 px: try --batch 16" in told


def test_a_data_set_without_labels_is_one_plain_line(data, tmp_path, capsys):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    for label in (data / "labels").iterdir():
        label.unlink()
    assert main(["--data", str(data), "--out", str(tmp_path / "run")]) == 1
    assert "has a label" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("content, told", [(None, "no checkpoint"), (b"PK", "cut short")])
def test_a_wrong_checkpoint_is_one_plain_line(tmp_path, capsys, content, told):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    (tmp_path / "weights").mkdir()
    if content is not None:
        (tmp_path / "weights/last.pt").write_bytes(content)
    assert main(["--out", str(tmp_path), "--resume"]) == 1
    assert told in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of Ultralytics and matplotlib, not ours
def test_one_epoch_gives_weights_and_curves_and_is_not_done_twice(data, tmp_path, capsys):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    (data / "shapes.txt").write_text("box\njar\n")
    out = tmp_path / "run"
    assert main(["--data", str(data), "--out", str(out), "--epochs", "1", "--batch", "2", "--sizes", "64", "96"]) == 0
    assert (out / "weights/last.pt").stat().st_size > 1e6
    assert (out / "results.csv").exists()
    assert (out / "results.png").exists()
    assert main(["--data", str(data), "--out", str(out), "--epochs", "1"]) == 2
    assert main(["--out", str(out), "--resume"]) == 1
    assert "finished training" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_training_killed_while_it_saves_goes_on(data, tmp_path, monkeypatch, capsys):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    out = tmp_path / "run"

    def killed_while_saving(trainer):
        keep_whole(trainer)
        trainer.last.write_bytes(trainer.last.read_bytes()[:1000])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(detector, "keep_whole", killed_while_saving)
        flags = ["--data", str(data), "--out", str(out), "--epochs", "2", "--batch", "2", "--sizes", "64"]
        assert main(flags) == 1
    assert "--resume" in capsys.readouterr().err.splitlines()[-1]
    assert main(["--out", str(out), "--resume"]) == 0
    assert len((out / "results.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_a_model_that_is_none_is_one_plain_line(data, tmp_path, capsys, content):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    model = "no_such_yolo"
    if content is not None:
        model = str(tmp_path / "w.pt")
        (tmp_path / "w.pt").write_bytes(content)
    assert main(["--data", str(data), "--out", str(tmp_path / "run"), "--model", model]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("shelfsight: ")
    assert "Ultralytics" in last
