"""Names as data: one schema, read back by the standard readers; rotation, slow and full disks, names of any kind."""

import csv
import json
import os
import threading
import time
from datetime import datetime

import numpy as np
import pytest

from runtime.assembly import assemble
from runtime.errors import SinkError
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.settings import Segment, Settings
from runtime.sinks import data
from runtime.sinks.data import DataSink
from runtime.sinks.opening import open_sink
from runtime.sinks.rows import COLUMNS

PRODUCTS = ['\ubb3c\ubcd1, "500 ml"', "cr\u00e8me"]
PICTURE = np.zeros((4, 4, 3), np.uint8)


def seen(number, products=(0, UNKNOWN), source_s=None, captured_s=None):
    k = len(products)
    detections = Detections(
        np.tile(np.array([[1.25, 2, 30, 40]], np.float32), (k, 1)),
        np.full(k, 0.875, np.float32),
        np.zeros(k, np.int32),
    )
    names = Names(np.array(products, np.int32), np.full(k, 0.5, np.float32), 0, 0)
    captured_s = time.monotonic() if captured_s is None else captured_s
    frame = Frame(PICTURE, number, captured_s, source_s=source_s)
    return Observation(frame, detections, np.arange(k) + 5, names, Words(["bottle"], PRODUCTS))


def present(sink, observation):
    """As the presenter does: what is shown again, or offline, is not seen."""
    number = observation.frame.id
    if number is not None and number != getattr(sink, "shown", None):
        sink.shown = number
        sink.see(observation)
    return sink.present(PICTURE, observation, None)


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_a_frame(tmp_path):
    path = tmp_path / "out.jsonl"
    began_s = time.time()
    with DataSink(str(path)) as sink:
        for observation in (seen(3), seen(4, ()), seen(4), Observation(Frame(PICTURE, None, 0.0), None, None, None)):
            assert present(sink, observation)
    first, second = lines_of(path)
    assert (first["frame"], first["seconds"], second["frame"], second["objects"]) == (3, 0.0, 4, [])
    taken = datetime.strptime(first["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert abs((taken - datetime.utcfromtimestamp(began_s)).total_seconds()) < 60
    assert first["objects"] == [
        {"track": 5, "name": PRODUCTS[0], "product": PRODUCTS[0], "shape": "bottle", "score": 0.875,
         "similarity": 0.5, "box": [1.2, 2.0, 30.0, 40.0]},
        {"track": 6, "name": "unknown bottle", "product": None, "shape": "bottle", "score": 0.875,
         "similarity": 0.5, "box": [1.2, 2.0, 30.0, 40.0]},
    ]  # fmt: skip
    assert first["count"] == {PRODUCTS[0]: 1, "unknown bottle": 1}
    assert second["count"] == {}


def test_a_row_an_object(tmp_path):
    path = tmp_path / "out.csv"
    with DataSink(str(path)) as sink:
        present(sink, seen(0, (0, 0, 1), source_s=0.0))
        present(sink, seen(1, (), source_s=0.04))
        present(sink, seen(2, (1,), source_s=0.08))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(str(path), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["frame"], row["seconds"], row["name"], row["time"]) for row in rows] == [
        ("0", "0.0", PRODUCTS[0], ""),
        ("0", "0.0", PRODUCTS[0], ""),
        ("0", "0.0", PRODUCTS[1], ""),
        ("2", "0.08", PRODUCTS[1], ""),
    ]
    assert [row["count"] for row in rows] == ["2", "2", "1", "1"]
    assert (rows[0]["x1"], rows[0]["y2"]) == ("1.2", "40.0")


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_it_goes_on_in_the_next_file_and_deletes_the_oldest(tmp_path, ending):
    with DataSink(str(tmp_path / ("out" + ending)), Segment(seconds=1.0)) as sink:
        for number in range(35):
            present(sink, seen(number, source_s=number * 0.1))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["out-00000{}{}".format(n, ending) for n in (1, 2, 3, 4)]
    with DataSink(str(tmp_path / ("out" + ending)), Segment(seconds=1.0), keep_bytes=1) as sink:
        present(sink, seen(0, source_s=0.0))
    assert [path.name for path in tmp_path.iterdir()] == ["out-000005" + ending]


def test_nothing_is_written_over_and_a_folder_that_is_not_there_is_said(tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(SinkError, match="exists: name another file"):
        DataSink(str(tmp_path / "out.csv"))
    with pytest.raises(SinkError, match="no such folder"):
        DataSink(str(tmp_path / "no" / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == "mine"


class Stuck:
    """A disk that takes nothing until it is let go."""

    def __init__(self, monkeypatch):
        self.go = threading.Event()
        write = DataSink._write

        def slow(sink, told):
            assert self.go.wait(30)
            write(sink, told)

        monkeypatch.setattr(DataSink, "_write", slow)
        monkeypatch.setattr(data, "WAITING", 10)


def test_the_loop_never_waits_for_a_slow_disk_and_what_is_lost_is_said(tmp_path, monkeypatch, caplog):
    stuck = Stuck(monkeypatch)
    with DataSink(str(tmp_path / "out.jsonl")) as sink:
        for number in range(100):
            assert present(sink, seen(number))
        stuck.go.set()
    frames = [line["frame"] for line in lines_of(tmp_path / "out.jsonl")]
    assert frames[-10:] == list(range(90, 100))
    lost = 100 - len(frames)
    assert lost >= 70
    assert "{} frames are not in it".format(lost) in caplog.text


def test_of_a_file_nothing_is_lost(tmp_path, monkeypatch):
    stuck = Stuck(monkeypatch)
    threading.Timer(0.2, stuck.go.set).start()
    with DataSink(str(tmp_path / "out.jsonl")) as sink:
        for number in range(100):
            present(sink, seen(number, source_s=number / 30))
    assert [line["frame"] for line in lines_of(tmp_path / "out.jsonl")] == list(range(100))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_ends_the_data_with_a_line_and_not_the_loop(tmp_path, monkeypatch, caplog):
    sink = DataSink(str(tmp_path / "out.jsonl"))
    monkeypatch.setattr(sink, "_begin", lambda seconds: setattr(sink, "_file", open("/dev/full", "w")))  # noqa: SIM115
    for number in range(3000):
        assert present(sink, seen(number, source_s=number / 30))
    sink.close()
    assert "stopped, the rest goes on: No space left on device" in caplog.text or "is not whole" in caplog.text


def test_through_the_program(tmp_path, tiny_folder):
    paths = tmp_path / "out.jsonl", tmp_path / "out.csv"
    settings = Settings(
        source="demo://?products=6&seed=3",
        sinks=tuple(map(str, paths)),
        bundle=str(tiny_folder),
        engine="onnx",
        frames=12,
    )
    with assemble(settings, threading.Event()) as assembly:
        assembly.loop.run()
    assert len(lines_of(paths[0])) == 12
    assert paths[1].read_text(encoding="utf-8-sig").startswith("time,seconds,frame,track,name")


def test_the_words_after_sink(tmp_path):
    for name in ("a.jsonl", "b.CSV"):
        with open_sink(str(tmp_path / name), Settings()) as sink:
            assert isinstance(sink, DataSink)
            assert not sink.wants_panel
