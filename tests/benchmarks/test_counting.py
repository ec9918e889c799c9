"""Counts against truth: the arithmetic, and a short run through both stages."""

import json
import math
import os
from typing import NamedTuple

import numpy as np
import pytest

from benchmarks import counting
from benchmarks.ap50 import Seen
from benchmarks.counters.recorded import Box, Recorded, read_recorded, write_recorded
from benchmarks.counters.truth import passed_in
from benchmarks.counting import THRESHOLDS, best, row_of, rows_of
from benchmarks.counting_lines import main
from benchmarks.counting_lines import row_of as row_of_lines
from benchmarks.scoring.counts_file import read_counted_folder
from benchmarks.scoring.matching import Found, Truth
from runtime.errors import SourceError


def found(scores, classes):
    k = len(scores)
    return Found(np.zeros((k, 4), np.float32), np.array(scores, np.float32), np.array(classes, np.int32))


def truth(classes):
    return Truth(np.zeros((len(classes), 4), np.float32), np.array(classes, np.int64))


def test_rmse_with_the_threshold_of_the_other_half():
    seen = Seen(
        [found([0.9, 0.3], [0, 0]), found([0.9, 0.3, 0.8], [0, 0, 1]), found([0.7, 0.3], [0, 1]), found([], [])],
        [truth([0]), truth([0, 1]), truth([0]), truth([0, 0])],
        160,
        "onnx",
    )
    everything, first = rows_of(seen, ["a", "b"], ["a"])
    assert (everything.true, everything.counted) == (6, 4)
    assert everything.rmse == pytest.approx(1.0)  # the last picture, two too few
    assert (first.true, first.counted, first.exact) == (5, 3, 0.75)
    assert first.rmse_none == pytest.approx(math.sqrt((1 + 1 + 1 + 4) / 4))


def test_the_middle_of_equal_thresholds():
    counts = np.zeros((len(THRESHOLDS), 2), int)
    counts[10:21] = 1
    assert best(counts, np.array([1, 1])) == 15
    assert row_of("a", counts, np.array([1, 1])).threshold == THRESHOLDS[15]


def test_counts_without_boxes(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("2.jpg", "10.jpg", "1.jpg"):
        (tmp_path / "images" / name).touch()
    counts = tmp_path / "counts.json"
    counts.write_text('{"class": "face", "counts": {"1.jpg": 2, "10.jpg": 0}}')
    counted = read_counted_folder(str(tmp_path), str(counts))
    assert [len(picture.classes) for picture in counted.folder.pictures] == [2, 0, 0]
    assert (counted.folder.names, counted.is_counted) == (["face"], [True, False, True])


@pytest.mark.parametrize(
    "content", ["", "[]", '{"class": "face", "counts": {"1.jpg": -1}}', '{"class": "face", "counts": {"7.jpg": 1}}']
)
def test_counts_that_are_wrong_say_so_in_a_line(tmp_path, content):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.jpg").touch()
    (tmp_path / "counts.json").write_text(content)
    with pytest.raises(SourceError, match=r"counts\.json: "):
        read_counted_folder(str(tmp_path), str(tmp_path / "counts.json"))


def test_the_counts_of_faces_are_whole():
    path = os.path.join(os.path.dirname(counting.__file__), "faces_in_coco128.json")
    with open(path, encoding="utf-8") as file:
        counts = json.load(file)["counts"]
    assert (len(counts), sum(counts.values())) == (127, 87)


def test_tracks_come_back_as_they_were_written(tmp_path):
    box = Box(7, "tea", True, "box", (1.0, 2.0, 3.5, 4.0))
    scene = Recorded(1, 2, 15.0, (640, 480), [((0.0, 1.0), (2.0, 3.0))], [[], [box]], {(0, -1, "tea"): 3})
    write_recorded(str(tmp_path / "tracks.npz"), [scene])
    assert read_recorded(str(tmp_path / "tracks.npz")) == [scene]


class Drawn:
    """A thing of 100 px on its way, one place a second."""

    def __init__(self, *way):
        self._way = way

    def places(self, time_s):
        return [Place(0, 0, self._way[int(time_s)], 100.0)]


class Place(NamedTuple):
    track_id: int
    product: int
    centre_px: tuple
    size_px: float


@pytest.mark.parametrize(
    ("way", "count"),
    [
        (((40, 50), (60, 50), (40, 50)), 0),  # within the band of 10 px it has not passed
        (((30, 50), (70, 50)), 1),
        (((30, 150), (49, 110), (51, 100), (70, 50)), 0),  # beyond the end where it goes over the line
        (((30, 50), (49, 90), (51, 98), (70, 150)), 1),
    ],
)
def test_what_truly_passes_goes_over_the_line_between_its_ends(way, count):
    passed = passed_in(Drawn(*way), [float(step) for step in range(len(way))], [((50.0, 99.0), (50.0, 0.0))])
    assert list(passed.values()) == [count] * bool(count)


def test_how_far_counts_are_from_the_truth():
    scene = Recorded(1, 2, 15.0, (640, 480), [], [], {(0, 1, "tea"): 3, (0, -1, "milk"): 1})
    row = row_of_lines([scene], lambda _: {(0, 1, "tea"): 2, (0, 1, "milk"): 1})
    assert row == {"true": 4, "counted": 3, "total_percent": -25.0, "by_line_percent": 25.0, "by_product_percent": 25.0}


def test_a_short_scene_is_counted(tmp_path, capsys):
    tracks = str(tmp_path / "tracks.npz")
    assert main(["--objects", "3", "--minutes", "0.05", "--tracks", tracks]) == 0
    assert "| Shelfsight |" in capsys.readouterr().out
    assert len(read_recorded(tracks)[0].frames) == 45
    assert main(["--read", str(tmp_path / "none.npz")]) == 1
