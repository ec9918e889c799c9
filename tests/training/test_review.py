"""The review of a bundle: a table, a confusion plot, sheets of right and wrong crops."""

import cv2
import pytest
from labelled_scenes import write_data
from tiny_bundle import BAR, BLUE, GREEN, GREY, RED, SQUARE

pytest.importorskip("torchmetrics", reason="needs torchmetrics, a training extra")

from training.review import main

pytestmark = pytest.mark.filterwarnings("default")  # of matplotlib and torch, not ours


@pytest.fixture
def data(tmp_path):
    """A red and a blue product, a green one that looks red, and a stranger."""
    first = [("red", (36, 36, SQUARE, RED), True), ("blue", (100, 60, BAR, BLUE), True)]
    second = [("green", (76, 100, SQUARE, RED), True), ("stone", (36, 36, SQUARE, GREY), True)]
    return write_data(tmp_path / "data", ["red", "blue", "green", "stone"], first, second)


def test_it_writes_a_table_and_pictures(tiny_folder, data, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["--bundle", str(tiny_folder), "--data", str(data), "--out", str(out)]) == 0
    assert "3 boxes, 0.667 named right" in capsys.readouterr().out
    table = (out / "products.md").read_text()
    assert "| green | 1 | 0.000 | 0.000 | 0.000 | 0.000 | red (1) |" in table
    assert "| red | 1 | 1.000 | 0.500 | 1.000 | 0.667 |  |" in table
    for name in ("confusion.png", "right.png", "wrong.png"):
        assert cv2.imread(str(out / name)).std() > 1


def test_nothing_wrong_is_no_sheet(tiny_folder, tmp_path):
    data = write_data(tmp_path / "data", ["green"], [("green", (76, 100, SQUARE, GREEN), True)])
    assert main(["--bundle", str(tiny_folder), "--data", str(data), "--out", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out/wrong.png").exists()


def test_names_that_do_not_match_are_one_plain_line(tiny_folder, tmp_path, capsys):
    data = write_data(tmp_path / "data", ["dog"], [("dog", (36, 36, SQUARE, RED), True)])
    assert main(["--bundle", str(tiny_folder), "--data", str(data), "--out", str(tmp_path / "out")]) == 1
    assert "the names do not match" in capsys.readouterr().err
