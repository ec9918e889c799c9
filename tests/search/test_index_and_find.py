"""Both commands on short clips: indexed once, killed and gone on with, asked by name and by picture."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import cv2
import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

from made_videos import grey_pictures, scene_pictures, write_video

from runtime.bundle import Bundle
from runtime.catalogue.embedder import Embedder
from runtime.catalogue.photos import image_from_jpeg, jpeg_of
from runtime.catalogue.store import Catalogue, NewView
from search import find, index
from search.videos import pieces


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two clips of one scene each, one of nothing."""
    folder = tmp_path_factory.mktemp("films")
    write_video(folder / "a.mp4", scene_pictures(4, seed=71))
    write_video(folder / "b.mp4", scene_pictures(3, seed=72))
    write_video(folder / "empty.mp4", grey_pictures(2))
    return folder


@pytest.fixture(scope="module")
def indexed(films, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "films.sqlite"
    assert build(films, path) == 0
    return path


def build(films, path, *more):
    return index.main([str(films), "--out", str(path), "--bundle", "demo", "--workers", "1", "--quiet", *more])


def rows(path, query="SELECT * FROM sightings ORDER BY id"):
    database = sqlite3.connect(str(path))
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def names(path):
    return {name for (name,) in rows(path, "SELECT DISTINCT product FROM sightings WHERE product IS NOT NULL")}


def test_what_appears_is_in_the_index_with_crop_and_embedding(indexed):
    assert names(indexed)
    assert rows(indexed, "SELECT count(*) FROM moments WHERE crop IS NULL OR length(embedding) <> 256") == [(0,)]
    assert rows(indexed, "SELECT count(*) FROM sightings JOIN runs ON run = runs.id WHERE source LIKE '%empty%'") == [
        (0,)
    ]
    frames, inferred = rows(indexed, "SELECT sum(frames), sum(inferred) FROM pieces")[0]
    assert frames == 135
    assert 0 < inferred < frames / 2


def test_what_is_done_is_left_and_what_is_new_is_added(films, indexed, capsys):
    before = rows(indexed)
    assert build(films, indexed) == 0
    assert "0 videos looked through, 3 known already" in capsys.readouterr().out
    assert rows(indexed) == before


def test_a_video_that_was_changed_is_looked_through_again(films, tmp_path, capsys):
    film = write_video(tmp_path / "c.mp4", scene_pictures(2, seed=71))
    out = tmp_path / "c.sqlite"
    assert build(film, out) == 0
    before = names(out)
    write_video(film, scene_pictures(2, seed=75))
    assert build(film, out) == 0
    assert names(out) != before
    assert rows(out, "SELECT count(*) FROM runs") == [(1,)]


def test_asked_by_name(indexed, capsys):
    name = sorted(names(indexed))[0]
    assert find.main([str(indexed), "--product", name]) == 0
    assert ".mp4" in capsys.readouterr().out


def test_a_product_that_was_taught_after_the_index_was_made(films, tmp_path, capsys):
    """A thing that stayed unknown, taught by one photo of it."""
    out = tmp_path / "strangers.sqlite"
    film = write_video(tmp_path / "s.mp4", scene_pictures(4, seed=71, unknown=1.0))
    assert build(film, out) == 0
    assert not names(out)
    crop = rows(out, "SELECT crop FROM moments JOIN sightings ON sighting = sightings.id ORDER BY frames DESC")[0][0]
    bundle = Bundle.open("demo")
    embedder, catalogue = Embedder(bundle), Catalogue(str(tmp_path / "catalogue.sqlite"))
    image = image_from_jpeg(crop)
    catalogue.teach("our balm", [NewView(jpeg_of(image), embedder.embed([image])[0])], embedder.network, "a test")
    catalogue.close()
    embedder.close()
    film.unlink()  # nothing is decoded again
    flags = [str(out), "--product", "our balm", "--bundle", "demo", "--catalogue", str(tmp_path / "catalogue.sqlite")]
    assert find.main(flags) == 0
    assert "our balm" in capsys.readouterr().out


def test_a_page_with_crops_tables_and_clips(indexed, tmp_path, capsys):
    import av

    page, clips = tmp_path / "page", tmp_path / "clips"
    tables = ["--csv", str(tmp_path / "all.csv"), "--json", str(tmp_path / "all.json")]
    assert find.main([str(indexed), "--named", "--html", str(page), "--clips", str(clips)] + tables) == 0
    html = (page / "index.html").read_text(encoding="utf-8")
    told = list(csv.DictReader((tmp_path / "all.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {one["product"] for one in told} == names(indexed)
    assert all("crops/{}.jpg".format(one["sighting"]) in html for one in told)
    assert all((page / "crops" / (one["sighting"] + ".jpg")).stat().st_size for one in told)
    assert sum(len(video["appearances"]) for video in json.loads((tmp_path / "all.json").read_text())) == len(told)
    cut = sorted(clips.iterdir())
    assert len(cut) == len(told)
    for clip in cut:
        with av.open(str(clip)) as container:
            assert sum(1 for _ in container.decode(video=0))


def test_clips_of_a_video_that_is_gone(indexed, films, tmp_path, capsys):
    moved = films / "b.mp4"
    moved.rename(films / "b.hidden")
    try:
        assert find.main([str(indexed), "--named", "--clips", str(tmp_path / "clips")]) == 0
    finally:
        (films / "b.hidden").rename(moved)
    assert "no clip" in capsys.readouterr().err


def test_a_name_that_nobody_knows(indexed, capsys):
    assert find.main([str(indexed), "--product", "no such thing", "--bundle", "demo"]) == 2
    assert "--like PICTURE" in capsys.readouterr().err


def test_asked_by_a_picture_with_the_videos_gone(indexed, tmp_path, capsys):
    sighting, source = rows(
        indexed, "SELECT sightings.id, source FROM sightings JOIN runs ON run = runs.id WHERE product IS NOT NULL"
    )[0]
    crop = rows(indexed, "SELECT crop FROM moments WHERE sighting = %d" % sighting)[0][0]
    (tmp_path / "like.jpg").write_bytes(crop)
    assert find.main([str(indexed), "--like", str(tmp_path / "like.jpg"), "--bundle", "demo"]) == 0
    assert source in capsys.readouterr().out


def test_a_picture_with_the_embeddings_of_another_bundle(indexed, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "p.jpg"), next(grey_pictures(1)))
    assert find.main([str(indexed), "--like", str(tmp_path / "p.jpg"), "--bundle", "groceries"]) == 2
    assert "this is groceries" in capsys.readouterr().err


def test_an_index_goes_on_with_its_own_bundle_alone(films, indexed, capsys):
    assert index.main([str(films), "--out", str(indexed), "--bundle", "groceries", "--quiet"]) == 2
    assert "was made with the bundle demo" in capsys.readouterr().err


def test_an_index_of_a_newer_program(films, indexed, tmp_path, capsys):
    out = tmp_path / "newer.sqlite"
    out.write_bytes(indexed.read_bytes())
    database = sqlite3.connect(str(out))
    database.execute("PRAGMA user_version = 99")
    database.close()
    assert build(films, out) != 0
    told = capsys.readouterr().err
    assert "version 99 of its tables" in told
    assert "with --out" in told
    assert find.main([str(out), "--named"]) != 0
    assert "version 99 of its tables" in capsys.readouterr().err


def test_an_index_is_taken_over_to_another_bundle(films, indexed, tmp_path, capsys):
    out = tmp_path / "renewed.sqlite"
    out.write_bytes(indexed.read_bytes())
    before = rows(out, "SELECT count(*), sum(last_s - first_s) FROM sightings")
    assert index.main(["--out", str(out), "--renew", "--bundle", "groceries", "--quiet"]) == 0
    assert rows(out, "SELECT count(*), sum(last_s - first_s) FROM sightings") == before
    assert rows(out, "SELECT DISTINCT recogniser FROM runs")[0][0].startswith("groceries ")
    assert not names(out) & names(indexed)
    # and back: crops are kept as small JPEGs, so nearly all get their names again
    assert index.main([str(films), "--out", str(out), "--renew", "--bundle", "demo", "--quiet"]) == 0
    assert "3 known already" in capsys.readouterr().out
    assert names(indexed) <= names(out)


def test_an_index_is_never_written_over_something_else(films, tmp_path, capsys):
    out = tmp_path / "b.mp4"
    out.write_bytes((films / "b.mp4").read_bytes())
    assert build(films, out) == 2
    assert "is no index" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["b.mp4"]


def test_ctrl_c_is_one_line_and_the_next_run_goes_on(films, indexed, tmp_path):
    out = tmp_path / "stopped.sqlite"
    command = [
        sys.executable,
        "-m",
        "search.index",
        str(films),
        "--out",
        str(out),
        "--bundle",
        "demo",
        "--quiet",
        "--workers",
        "1",
    ]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, universal_newlines=True, start_new_session=True)
    while child.poll() is None and not (out.exists() and done(out, 1)):
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: the workers too
    _, told = child.communicate()
    assert child.returncode == 1
    assert told.strip() == "shelfsight: interrupted: the same command goes on from there"
    assert build(films, out) == 0
    assert rows(out) == rows(indexed)


def test_what_is_damaged_is_told_and_skipped_once(films, tmp_path, capsys):
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.mp4").write_bytes((films / "b.mp4").read_bytes())
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "noise.mp4").write_bytes(os.urandom(5000))
    out = tmp_path / "mixed.sqlite"
    assert build(folder, out) == 0
    told = capsys.readouterr().out
    assert "2 skipped" in told
    assert build(folder, out) == 0
    assert "0 videos looked through, 3 known already" in capsys.readouterr().out


def test_killed_and_gone_on_with_the_rows_are_the_same(films, tmp_path, monkeypatch):
    """In pieces of a second, killed when the first of them are done."""
    monkeypatch.setattr(pieces, "PIECE_S", 1.0)
    whole, killed = tmp_path / "whole.sqlite", tmp_path / "killed.sqlite"
    assert build(films, whole) == 0
    script = (
        "from search.videos import pieces; pieces.PIECE_S = 1.0; from search import index; import sys; index.main()"
    )
    arguments = [str(films), "--out", str(killed), "--bundle", "demo", "--workers", "1", "--quiet"]
    child = subprocess.Popen([sys.executable, "-c", script] + arguments)
    while child.poll() is None and not (killed.exists() and done(killed)):
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert build(films, killed) == 0
    for table in ("sightings", "moments", "pieces", "videos", "runs"):
        query = "SELECT * FROM {} ORDER BY 1, 2".format(table)
        assert rows(killed, query) == rows(whole, query)
    across = rows(whole, "SELECT count(*) FROM sightings WHERE product IS NOT NULL AND first_s < 0.9 AND last_s > 1.1")
    assert across[0][0], "a border ends what is in view"


def done(path, pieces=2):
    try:
        return rows(path, "SELECT count(*) FROM pieces")[0][0] >= pieces
    except sqlite3.OperationalError:
        return False


def test_a_disk_that_fills_is_one_line_and_the_next_run_goes_on(films, indexed, tmp_path):
    out = tmp_path / "full.sqlite"
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (90000, 90000)); "
        "from search import index; index.program()"
    )
    command = [
        sys.executable,
        "-c",
        script,
        str(films),
        "--out",
        str(out),
        "--bundle",
        "demo",
        "--workers",
        "1",
        "--quiet",
    ]
    done = subprocess.run(command, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "goes on from there" in done.stderr
    assert build(films, out) == 0
    assert rows(out) == rows(indexed)
