"""The comparison with others: planted outputs, equal work, ratios, and our loop and the hand-written one on it."""

import json

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs onnx, a test extra")

from benchmarks import peers
from benchmarks.peer_loops import hand as hand_loop
from benchmarks.peer_loops import writing as peer_writing
from benchmarks.peer_loops.hand import Seen
from benchmarks.peer_loops.networks import CANDIDATES, planted
from runtime.errors import ModelError
from runtime.recognition.heads import EndToEndHead, UltralyticsHead, tell_head
from runtime.recognition.nms import suppress
from runtime.sides import square


@pytest.mark.parametrize("size", [160, 320])
@pytest.mark.parametrize("boxes", [0, 1, 3, 8])
def test_as_many_boxes_are_left_as_are_planted(size, boxes):
    said = planted(size, 4, boxes)
    assert tell_head([said.output.shape], square(size), {}) == "ultralytics"
    found = UltralyticsHead().read(said.output, 0.25)
    assert boxes * (CANDIDATES - 2) <= len(found.scores) <= boxes * CANDIDATES, "suppression has work to do"
    kept = suppress(found.boxes, found.scores, found.classes, 0.6, 300)
    assert len(kept) == boxes
    inside = np.reshape([found.boxes[index] for index in kept], (-1, 4))
    assert ((inside[:, 1::2] > size / 8) & (inside[:, 1::2] < size * 7 / 8)).all(), "not in the bars of the letterbox"
    assert ((inside[:, 0::2] > 0) & (inside[:, 0::2] < size)).all()


@pytest.mark.parametrize("boxes", [0, 3])
def test_a_network_that_suppresses_by_itself_says_the_same(boxes):
    said, raw = planted(160, 4, boxes, end2end=True), planted(160, 4, boxes)
    assert tell_head([said.output.shape], square(160), {}) == "end2end"
    found = EndToEndHead().read(said.output, 0.25)
    assert len(found.boxes) == boxes
    others = UltralyticsHead().read(raw.output, 0.25)
    kept = suppress(others.boxes, others.scores, others.classes, 0.6, 300)
    assert found.classes == [others.classes[index] for index in kept]
    assert np.allclose(found.boxes, [others.boxes[index] for index in kept], atol=1e-3)


class Known:
    """A peer that has seen this."""

    def __init__(self, name, count, shift=0.0):
        self.name = name
        self.seen = Seen(np.arange(4.0 * count).reshape(-1, 4) * 50 + shift, [0] * count)


def test_unequal_work_is_refused():
    said = planted(160, 4, 3)
    peers.check_alike([Known("ours", 3), Known("hand-written", 3, 1.0)], said)
    with pytest.raises(ModelError, match="hand-written found 2 boxes where 3"):
        peers.check_alike([Known("ours", 3), Known("hand-written", 2)], said)
    with pytest.raises(ModelError, match="boxes of hand-written lie 9.0 px from ours"):
        peers.check_alike([Known("ours", 3), Known("hand-written", 3, 9.0)], said)


def test_ratios_are_taken_within_a_round_and_targets_judged():
    turns = {"bare": [10.0, 20.0, 10.0], "ours": [10.5, 21.0, 10.5], "hand-written": [11.0, 23.1, 12.0]}
    rows = [peer_writing.row_of(160, 3, name, turns) for name in turns]
    assert rows[1]["over_bare"] == {"median": 1.05, "min": 1.05, "max": 1.05}
    assert rows[2]["faster"]["ours"]["median"] == 1.1
    assert list(peer_writing.verdicts(rows)) == [
        "met: at 160 with 3 boxes ours is 1.100 x as fast as hand-written (1.048 to 1.143), target 1.05 from 3 boxes on"
    ]
    times, ratios = peer_writing.tables(rows).split("ours is so many times")
    assert "| 160 | 3 | 10.00 (1.00) | 10.50 (1.05) | 12.00 (1.16) |" in times
    assert "| size | boxes | hand-written |" in ratios
    assert "| 160 | 3 | 1.10 (1.05-1.14) |" in ratios


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--boxes", "9"], "expected 0 to 8"),
        (["--boxes", "x"], "expected numbers"),
        (["--peers", "me"], "'me' is none"),
    ],
)
def test_wrong_usage(arguments, complaint, capsys, tmp_path):
    try:
        status = peers.main(["--out", str(tmp_path)] + arguments)
    except SystemExit as error:
        status = error.code
    assert status == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(hand_loop.NMS is None, reason="needs OpenCV's NMSBoxesBatched")
def test_ours_and_a_hand_written_loop_take_turns(tiny_folder, tmp_path, capsys):
    arguments = ["--bundle", str(tiny_folder), "--size", "160", "--boxes", "0,2", "--frames", "2", "--repeats", "2"]
    assert peers.main(arguments + ["--peers", "hand-written", "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "peers.json").read_text())
    assert {row["peer"] for row in report["rows"]} >= {"bare", "ours", "hand-written"}
    assert all(row["ms"]["median"] > 0 for row in report["rows"])
    assert "| 160 | 2 |" in capsys.readouterr().out
    assert (tmp_path / "peers.md").read_text().count("| size | boxes | bare | ours |") == 1
