"""The evaluation, on the bundle with weights set by hand."""

import json
import math
import shutil

import numpy as np
import pytest
from labelled_scenes import write_data
from tiny_bundle import BAR, BLUE, GREEN, GREY, RED, SQUARE

from runtime.bundle import Bundle
from runtime.engines.onnx import OnnxEngine
from training.data.dataset import open_data_set
from training.evaluate import How, _Detectors, evaluate, main

KEYS = "images boxes size ap50 ap50_by_shape top1 top1_by_product precision recall f1 threshold unmatched_names".split()


@pytest.fixture
def data(tmp_path):
    """The names in another order than the bundle's."""
    first = [("red", (36, 36, SQUARE, RED), True), ("blue", (100, 60, BAR, BLUE), True)]
    second = [("green", (76, 100, SQUARE, GREEN), True)]
    return write_data(tmp_path / "data", ["red", "blue", "green"], first, second)


def scores_of(tiny_folder, folder, **more):
    return evaluate(Bundle.open(str(tiny_folder)), open_data_set(folder), How(**more))


def test_a_bundle_that_is_right_scores_one(tiny_folder, data):
    (data / "shapes.txt").write_text("square\nbar\nsquare\n")
    scores = scores_of(tiny_folder, data)
    assert [key for key in KEYS if key not in scores] == []
    assert (scores["images"], scores["boxes"], scores["size"]) == (2, 3, 160)
    assert scores["ap50_by_shape"] == {"square": 1.0, "bar": 1.0}
    assert (scores["ap50"], scores["top1"], scores["precision"], scores["recall"], scores["f1"]) == (1, 1, 1, 1, 1)
    assert scores["top1_by_product"] == {"blue": 1, "green": 1, "red": 1}
    assert scores["unmatched_names"] == []
    assert scores["unknown_rejected"] is None


def test_each_picture_is_seen_in_its_own_shape_unless_square(tiny_folder):
    bundle = Bundle.open(str(tiny_folder))
    with OnnxEngine(bundle.detector, 1) as engine:
        for square, expected in ((False, ["160x96", "128x160", "160x96"]), (True, ["160x160"] * 3)):
            detectors = _Detectors(bundle, engine, How(square=square))
            shapes = [(90, 160, 3), (640, 480, 3), (1080, 1920, 3)]
            assert [str(detectors.of(np.zeros(shape, np.uint8)).sides) for shape in shapes] == expected


def test_without_shapes_there_is_no_figure_by_shape(tiny_folder, data):
    scores = scores_of(tiny_folder, data)
    assert scores["ap50_by_shape"] == {}
    assert scores["ap50"] == 1


def test_without_shapes_the_bundle_may_tell_them(tiny_folder, data, tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(str(tiny_folder), str(folder))
    description = json.loads((folder / "bundle.json").read_text())
    description["product_shapes"] = {"red": "square", "green": "square", "blue": "bar"}
    (folder / "bundle.json").write_text(json.dumps(description))
    assert scores_of(folder, data)["ap50_by_shape"] == {"square": 1.0, "bar": 1.0}


def test_a_wrong_name_and_a_missed_box_count(tiny_folder, tmp_path):
    blocks = [
        ("red", (36, 36, SQUARE, RED), True),
        ("red", (100, 36, SQUARE, BLUE), True),
        ("red", (36, 100, SQUARE, RED), False),
    ]
    scores = scores_of(tiny_folder, write_data(tmp_path / "d", ["red"], blocks))
    assert scores["precision"] == pytest.approx(1 / 2)
    assert scores["recall"] == pytest.approx(1 / 3, abs=1e-4)
    assert scores["f1"] == pytest.approx(2 / 5)


def test_strangers_are_reported_and_right_when_called_unknown(tiny_folder, tmp_path):
    blocks = [("red", (36, 36, SQUARE, RED), True), ("stone", (100, 100, SQUARE, GREY), True)]
    scores = scores_of(tiny_folder, write_data(tmp_path / "d", ["stone", "red"], blocks))
    assert scores["unmatched_names"] == ["stone"]
    assert scores["unknown_rejected"] == 1
    assert scores["known_lost"] == 0
    assert scores["precision"] == scores["recall"] == 1


def test_a_stranger_with_a_name_is_a_mistake(tiny_folder, tmp_path):
    blocks = [("red", (36, 36, SQUARE, RED), True), ("cherry", (100, 100, SQUARE, RED), True)]
    scores = scores_of(tiny_folder, write_data(tmp_path / "d", ["cherry", "red"], blocks))
    assert scores["unknown_rejected"] == 0
    assert scores["precision"] == pytest.approx(1 / 2)


def test_a_folder_of_which_nothing_matches_is_scored_all_the_same(tiny_folder, tmp_path, capsys):
    blocks = [("dog", (36, 36, SQUARE, RED), True)]
    folder = write_data(tmp_path / "d", ["cat", "dog"], blocks)
    scores = scores_of(tiny_folder, folder)
    assert scores["ap50"] == 1
    assert scores["top1"] is None
    assert scores["f1"] is None
    assert main(["--bundle", str(tiny_folder), "--data", str(folder)]) == 0
    assert "not among the bundle's products: dog" in capsys.readouterr().out


def test_the_command_writes_json_for_a_split_and_a_size(tiny_folder, tmp_path, capsys):
    blocks = [("red", (36, 36, SQUARE, RED), True)]
    folder = write_data(tmp_path / "d", ["red"], blocks, group="val")
    flags = ["--bundle", str(tiny_folder), "--data", str(folder), "--split", "val", "--size", "320"]
    assert main(flags + ["--json", str(tmp_path / "out.json")]) == 0
    scores = json.loads((tmp_path / "out.json").read_text())
    assert scores["size"] == 320
    assert not any(isinstance(value, float) and math.isnan(value) for value in scores.values())
    capsys.readouterr()
    assert main(flags + ["--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == scores


@pytest.mark.parametrize(
    "flags, status, told",
    [
        (["--size", "100"], 2, "multiple of 32"),
        (["--split", "test"], 1, "no folder"),
        (["--bundle", "/nowhere"], 1, "no bundle"),
        (["--json", "/nowhere/x.json"], 1, "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tiny_folder, data, capsys, flags, status, told):
    assert main(["--bundle", str(tiny_folder), "--data", str(data)] + flags) == status
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shelfsight")]
    assert len(lines) == 1
    assert told in lines[0]


def test_an_unreadable_picture_is_refused_by_name(tiny_folder, data, capsys):
    (data / "images" / "1.png").write_bytes(b"not a picture")
    assert main(["--bundle", str(tiny_folder), "--data", str(data)]) == 1
    assert "1.png is no picture" in capsys.readouterr().err
