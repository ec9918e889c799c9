"""The same index on Ray, also where one of its workers is killed in the middle."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")
pytest.importorskip("ray", reason="needs Ray, of the extra ray")

from made_videos import scene_pictures, write_video

SHORT_PIECES = "from search.videos import pieces; pieces.PIECE_S = 0.5; from search import index; index.program()"
TABLES = ("runs", "videos", "pieces", "sightings", "moments")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("film") / "a.mp4", scene_pictures(8, seed=71))


def start(film, out, *more):
    """In a process of its own: Ray's warnings are not ours."""
    arguments = [str(film), "--out", str(out), "--bundle", "demo", "--workers", "2", "--quiet"]
    return subprocess.Popen([sys.executable, "-c", SHORT_PIECES] + arguments + list(more))


def rows(path):
    database = sqlite3.connect(str(path))
    try:
        return {name: database.execute("SELECT * FROM {} ORDER BY 1, 2".format(name)).fetchall() for name in TABLES}
    finally:
        database.close()


@pytest.fixture(scope="module")
def plain(film, tmp_path_factory):
    out = tmp_path_factory.mktemp("plain") / "index.sqlite"
    assert start(film, out).wait() == 0
    found = rows(out)
    assert len(found["pieces"]) == 16
    assert found["sightings"]
    return found


def workers_below(pid):
    """Processes of Ray's that look through a piece now and descend from `pid`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes().startswith(b"ray::Worker.look") and pid in ancestors(int(folder.name)):
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended meanwhile
    return found


def ancestors(pid):
    while pid > 1:
        pid = int(Path("/proc/{}/stat".format(pid)).read_text().rsplit(")", 1)[1].split()[1])
        yield pid


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_rows_are_those_of_the_plain_run(film, plain, tmp_path):
    assert start(film, tmp_path / "ray.sqlite", "--ray").wait() == 0
    assert rows(tmp_path / "ray.sqlite") == plain


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_worker_that_is_killed_changes_nothing(film, plain, tmp_path):
    out = tmp_path / "ray.sqlite"
    command = start(film, out, "--ray")
    killed = []
    while not killed and command.poll() is None:
        killed = workers_below(command.pid)[:1]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    assert killed
    assert command.wait() == 0
    assert rows(out) == plain


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_driver_that_is_killed_and_given_again_leaves_each_row_once(film, plain, tmp_path):
    """With the first pieces done; Ray's own processes end with it."""
    out = tmp_path / "ray.sqlite"
    command = start(film, out, "--ray")
    while command.poll() is None and done(out) < 2:
        time.sleep(0.005)
    command.kill()
    command.wait()
    assert 2 <= done(out) < len(plain["pieces"])
    assert start(film, out, "--ray").wait() == 0
    assert rows(out) == plain


def done(path):
    try:
        return len(rows(path)["pieces"])
    except sqlite3.OperationalError:
        return 0


STUB = """
import os, signal, sys
from search.looking.looker import Look, Request
from search.running import ray_cluster
from search.videos.pieces import Piece

def stub():
    class Worker:
        def __init__(self, request):
            pass

        def look(self, piece):
            if piece.address == "crash":
                os.kill(os.getpid(), signal.SIGKILL)
            return Look([], piece.number, 0, 0.0, 0.0, 0.0, 0.0)
    return Worker  # of a function, so that it travels by value

ray_cluster.Worker = stub()
pieces = [Piece("crash" if number == 1 else "a", number, 0.0, 1.0) for number in range(8)]
for piece, found in ray_cluster.looks(pieces, Request("demo"), 2, "local"):
    print("piece", piece.number, found.frames if isinstance(found, Look) else found)
"""


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_piece_that_ends_its_worker_is_given_up_alone(tmp_path):
    """Not those that wait beside it."""
    said = subprocess.check_output([sys.executable, "-c", STUB], universal_newlines=True)
    told = [line for line in said.splitlines() if line.startswith("piece ")]  # between them Ray tells of the dead
    assert told.pop(1).startswith("piece 1 crash: looking through it ends the worker")
    assert told == [f"piece {n} {n}" for n in (0, 2, 3, 4, 5, 6, 7)]
