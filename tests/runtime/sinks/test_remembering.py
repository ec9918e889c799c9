"""What the history's sink keeps of tracks: one row each, named, renamed, unknown, gone; none of a flicker."""

import sqlite3

import numpy as np
import pytest

from runtime.camera import main
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import SinkError, UsageError
from runtime.figures.figures import Figures, Stages
from runtime.frame import PENDING, UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.settings import Settings
from runtime.sinks.opening import open_sink
from runtime.sinks.remembering import GONE_S, RememberingSink

FIGURES = Figures(30.0, 30.0, 29.9, 12.0, 20.0, Stages(detect=10.0), 10, 9, 0, 0, "detect")
PICTURE = np.zeros((48, 64, 3), np.uint8)
WORDS = Words(["jar", "box"], ["tea", "soap"])


def shown(frame_id, seconds, tracks, source_s=None):
    """`tracks`: (track, product, similarity) each."""
    count = len(tracks)
    boxes = np.array([[track, 2, 30, 40] for track, _, _ in tracks], np.float32).reshape(-1, 4)
    detections = Detections(boxes, np.ones(count, np.float32), np.zeros(count, np.int32))
    products = np.array([product for _, product, _ in tracks], np.int32)
    names = Names(products, np.array([likeness for _, _, likeness in tracks], np.float32), count, 0)
    frame = Frame(PICTURE, frame_id, 1000.0 + seconds, source_s=source_s)
    return Observation(frame, detections, np.array([track for track, _, _ in tracks], np.int64), names, WORDS)


def remembered(path, frames):
    with RememberingSink(str(path), "demo://") as sink:
        for observation in frames:
            assert sink.present(PICTURE, observation, FIGURES) is True
    return rows(path)


def rows(path, what="track, product, frames, round(first_s, 2), round(last_s, 2), round(similarity, 2), is_corrected"):
    database = sqlite3.connect(str(path))
    try:
        return database.execute("SELECT {} FROM sightings ORDER BY track".format(what)).fetchall()
    finally:
        database.close()


def test_a_track_is_a_row_with_its_best_moment(tmp_path):
    path = tmp_path / "h.sqlite"
    likenesses = [0.6, 0.9, 0.7, 0.8]
    frames = [shown(n, n / 10, [(7, 0, likeness)]) for n, likeness in enumerate(likenesses)]
    assert remembered(path, frames) == [(7, "tea", 4, 0.0, 0.3, 0.9, 0)]
    assert rows(path, "shape, x1, y1, x2, y2") == [("jar", 7.0, 2.0, 30.0, 40.0)]


def test_unknown_renamed_and_a_flicker(tmp_path):
    frames = [
        shown(n, n / 10, [(1, UNKNOWN, 0.2), (2, 0 if n < 5 else 1, 0.8), (4, PENDING if n < 2 else 1, 0.7)])
        for n in range(9)
    ]
    frames += [shown(9 + n, 0.9 + n / 10, [(3, 0, 0.9)]) for n in range(2)]
    found = remembered(tmp_path / "h.sqlite", frames)
    assert [(track, product, is_corrected) for track, product, *_, is_corrected in found] == [
        (1, None, 0), (2, "soap", 1), (4, "soap", 0),
    ]  # fmt: skip


def test_one_that_is_gone_is_forgotten_and_its_row_is_whole(tmp_path):
    path = tmp_path / "h.sqlite"
    with RememberingSink(str(path), "demo://") as sink:
        for n in range(5):
            sink.present(PICTURE, shown(n, n / 10, [(1, 0, 0.9)]), FIGURES)
        sink.present(PICTURE, shown(5, GONE_S + 1, []), FIGURES)
        assert sink._tracks == {}
    assert rows(path) == [(1, "tea", 5, 0.0, 0.4, 0.9, 0)]


def test_repeated_and_offline_pictures_count_for_nothing(tmp_path):
    frames = [shown(0, 0.0, [(1, 0, 0.9)])] * 9 + [shown(None, 0.1, [(1, 0, 0.9)])] * 9
    assert remembered(tmp_path / "h.sqlite", frames) == []


def test_of_a_file_times_are_its_own_and_there_is_no_date(tmp_path):
    path = tmp_path / "h.sqlite"
    remembered(path, [shown(n, 50.0 + 9 * n, [(1, 0, 0.9)], source_s=n / 25) for n in range(5)])
    database = sqlite3.connect(str(path))
    assert database.execute("SELECT epoch_s FROM runs").fetchall() == [(None,)]
    database.close()
    assert rows(path, "round(last_s, 2)") == [(0.16,)]


def test_two_runs_go_on_one_after_the_other_but_not_at_once(tmp_path):
    path = tmp_path / "h.sqlite"
    for _ in range(2):
        remembered(path, [shown(n, n / 10, [(1, 0, 0.9)]) for n in range(4)])
    assert rows(path, "run, track") == [(1, 1), (2, 1)]
    with RememberingSink(str(path), "demo://"), pytest.raises(SinkError, match="another run"):
        RememberingSink(str(path), "demo://")


def test_from_the_command_line(tmp_path, tiny_folder):
    path = tmp_path / "h.sqlite"
    flags = ["--source", "demo://", "--bundle", str(tiny_folder), "--frames", "20", "--sink", str(path)]
    assert main(flags) == 0
    assert rows(path, "count(*)")[0][0] >= 0
    assert isinstance(open_sink(str(tmp_path / "i.SQLITE"), Settings()), RememberingSink)
    assert settings_from_arguments(["--sink", "h.sqlite", "--keep", "2GB"]).keep_bytes == 2 * 10**9
    with pytest.raises(UsageError, match="--segment"):
        settings_from_arguments(["--keep", "2GB"])


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SinkError, match="no such folder"):
        RememberingSink(str(tmp_path / "no" / "h.sqlite"), "demo://")
