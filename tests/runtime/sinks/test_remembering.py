"""What the history's sink keeps of tracks: one row each, named, renamed, unknown, gone; none of a flicker."""

import sqlite3

import cv2
import numpy as np
import pytest

from runtime.camera import main
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import SinkError, UsageError
from runtime.figures.figures import Figures, Stages
from runtime.frame import PENDING, UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.history.moment import CROP_PX, cut, with_jpeg
from runtime.history.sighting import Sighting
from runtime.seen import Box
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
            sink.see(observation)
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


def test_how_many_of_a_name_were_in_view_at_once(tmp_path):
    path = tmp_path / "h.sqlite"
    tracks = [(1, 0, 0.9), (2, 0, 0.9), (3, 1, 0.9)]
    remembered(path, [shown(n, n / 10, tracks[: 1 if n < 4 else 3]) for n in range(9)])
    assert rows(path, "track, at_once") == [(1, 2), (2, 2), (3, 1)]


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
            sink.see(shown(n, n / 10, [(1, 0, 0.9)]))
        sink.see(shown(5, GONE_S + 1, []))
        assert sink._tracks == {}
    assert rows(path) == [(1, "tea", 5, 0.0, 0.4, 0.9, 0)]


def test_what_is_shown_again_counts_for_nothing(tmp_path):
    path = tmp_path / "h.sqlite"
    with RememberingSink(str(path), "demo://") as sink:
        for _ in range(9):
            assert sink.present(PICTURE, shown(0, 0.0, [(1, 0, 0.9)]), FIGURES) is True
    assert rows(path) == []


def test_the_best_moment_has_its_crop_and_its_embedding(tmp_path):
    path = tmp_path / "h.sqlite"
    with RememberingSink(str(path), "demo://", recogniser="demo 0123") as sink:
        for n, likeness in enumerate([0.5, 0.9, 0.7, 0.6]):
            observation = shown(n, n / 10, [(7, 0, likeness)])
            embeddings = [np.full(8, n, np.float32)]
            picture = np.full((480, 640, 3), 60 * n, np.uint8)
            sink.see(
                observation._replace(
                    frame=observation.frame._replace(image=picture),
                    names=observation.names._replace(embeddings=embeddings),
                )
            )
            picture[:] = 255  # as the boxes are drawn on it
    database = sqlite3.connect(str(path))
    (crop, embedding), (recogniser,) = (
        database.execute("SELECT crop, embedding FROM moments").fetchone(),
        database.execute("SELECT recogniser FROM runs").fetchone(),
    )
    database.close()
    assert np.frombuffer(embedding, "<f2").tolist() == [1.0] * 8
    assert recogniser == "demo 0123"
    level = cv2.imdecode(np.frombuffer(crop, np.uint8), cv2.IMREAD_COLOR)
    assert abs(float(level.mean()) - 60) < 2
    assert level.shape[0] > level.shape[1]


@pytest.mark.parametrize("box", [(0, 0, 640, 480), (630, 470, 700, 500), (-5, -5, -1, -1), (10.2, 10.7, 10.3, 10.8)])
def test_a_crop_is_inside_the_picture_never_empty_and_small(box):
    picture = np.zeros((480, 640, 3), np.uint8)
    taken = cut(picture, box)
    assert min(taken.shape) > 0
    jpeg = with_jpeg(Sighting(1, None, "jar", 0, 0, 1, None, Box(*box), cut=taken))
    assert jpeg.cut is None
    assert max(cv2.imdecode(np.frombuffer(jpeg.crop, np.uint8), cv2.IMREAD_COLOR).shape) <= CROP_PX


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
