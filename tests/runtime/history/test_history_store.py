"""The database of a history: written, corrected, forgotten, damaged, of another version, killed."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from runtime.errors import SinkError
from runtime.history.schema import VERSION
from runtime.history.sighting import Sighting
from runtime.history.store import AGED, Keep, Store
from runtime.history.writer import HistoryWriter
from runtime.seen import Box

NOW_S = 1.8e9
DAY_S = 86400.0
KILLS = int(os.environ.get("SHELFSIGHT_KILLS", "4"))
"""100 by hand: SHELFSIGHT_KILLS=100 python -m pytest --timeout 0 tests/runtime/history -k kill"""


def sighting(track: int = 0, **changes) -> Sighting:
    return Sighting(track, "tea", "bottle", 1.0, 2.0, 30, 0.9, Box(1, 2, 3, 4))._replace(**changes)


def rows(path, query: str):
    database = sqlite3.connect(str(path))
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def store(path):
    store = Store(str(path), "demo://")
    yield store
    store.close()


def test_a_track_is_one_row_that_keeps_its_crop(store, path):
    store.write([sighting(crop=b"jpeg", embedding=b"\0\1")], None)
    store.write([sighting(product="soap", last_s=9.0, is_corrected=True)], None)
    store.write([sighting(product="soap", last_s=9.0, is_corrected=True, embedding=b"\2\3")], None)
    told = rows(
        path, "SELECT product, last_s, is_corrected, crop, embedding FROM sightings JOIN moments ON sighting = id"
    )
    assert told == [("soap", 9.0, 1, b"jpeg", b"\2\3")]


def test_tracks_of_two_runs_do_not_meet(store, path):
    store.write([sighting()], None)
    other = Store(str(path), "demo://")
    other.write([sighting()], None)
    other.close()
    assert rows(path, "SELECT run, track FROM sightings ORDER BY id") == [(1, 0), (2, 0)]


def test_a_clock_that_is_set_later_dates_the_whole_run_and_reorders_nothing(store, path):
    store.write([sighting(0, first_s=1.0)], 10.0)
    assert rows(path, "SELECT epoch_s FROM runs") == [(None,)]
    store.write([sighting(1, first_s=5.0)], NOW_S)
    dated = rows(
        path, "SELECT track, epoch_s + first_s FROM sightings JOIN runs ON run = runs.id ORDER BY sightings.id"
    )
    assert dated == [(0, NOW_S + 1), (1, NOW_S + 5)]
    store.write([], NOW_S - 3600)
    assert rows(path, "SELECT epoch_s FROM runs") == [(NOW_S - 3600,)]


def test_the_oldest_are_forgotten_with_their_crops(store, path):
    store.write([sighting(0, crop=b"a"), sighting(1, last_s=20 * DAY_S, crop=b"b")], NOW_S)
    assert store.forget(Keep(seconds=30 * DAY_S), NOW_S + 31 * DAY_S) == 1
    assert rows(path, "SELECT track, crop FROM sightings JOIN moments ON sighting = id") == [(1, b"b")]
    assert rows(path, "SELECT COUNT(*) FROM moments") == [(1,)]


def test_what_has_aged_is_found_by_an_index(store, path):
    plan = " ".join(row[-1] for row in rows(path, "EXPLAIN QUERY PLAN " + AGED.replace("?", "0")))
    assert "INDEX sightings_by_time (run=? AND last_s<?)" in plan
    assert "SCAN sightings" not in plan
    assert "TEMP B-TREE" not in plan


def test_nothing_ages_while_the_clock_was_never_set(store):
    store.write([sighting()], 10.0)
    assert store.forget(Keep(seconds=1.0), 100.0) == 0


def test_a_budget_takes_the_oldest_and_the_file_shrinks(store, path):
    store.write([sighting(track, crop=bytes(4000)) for track in range(1000)], None)
    before = store.used_bytes()
    forgotten = store.forget(Keep(bytes=before // 2), NOW_S)
    assert store.used_bytes() <= before // 2
    assert rows(path, "SELECT MIN(track), COUNT(*) FROM sightings") == [(forgotten, 1000 - forgotten)]
    assert 0 < forgotten < 1000
    store.close()
    assert path.stat().st_size <= before // 2


def test_a_batch_that_fails_leaves_nothing(store, path):
    with pytest.raises(sqlite3.Error):
        store.write([sighting(0), sighting(1, shape=None)], None)
    assert rows(path, "SELECT COUNT(*) FROM sightings") == [(0,)]


def test_a_damaged_database_is_kept_aside_and_said(path, caplog):
    path.write_bytes(b"no database at all, for sure" * 100)
    store = Store(str(path), "demo://")
    store.write([sighting()], None)
    store.close()
    assert path.with_name(path.name + ".damaged-1").read_bytes().startswith(b"no database")
    assert "kept as" in caplog.text
    assert rows(path, "SELECT COUNT(*) FROM sightings") == [(1,)]


def test_damage_that_shows_while_it_is_written_begins_a_new_one(path, caplog):
    """As of a card that goes bad under a running program: what waits goes into the new file."""
    store = Store(str(path), "demo://")
    store.write([sighting(track) for track in range(50)], NOW_S)
    store._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = store._database.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(path.read_bytes())
    whole[page:] = b"\xa5" * (len(whole) - page)
    path.write_bytes(bytes(whole))
    store._database.execute("PRAGMA shrink_memory")  # what it has read
    writer = HistoryWriter(store, batch_s=0.01)
    writer.put(sighting(7))
    wait_until(lambda: "kept as" in caplog.text)
    writer.close()
    assert path.with_name(path.name + ".damaged-1").exists()
    assert rows(path, "SELECT track FROM sightings") == [(7,)]
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]


def test_one_that_cannot_be_read_as_text_is_damaged_too(path, caplog):
    Store(str(path), "demo://").close()
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE runs", b"CREATE TABLE \x81\xffns"))
    Store(str(path), "demo://").close()
    assert "kept as" in caplog.text


def test_a_newer_version_is_refused_and_left_alone(path):
    Store(str(path), "demo://").close()
    database = sqlite3.connect(str(path))
    database.execute("PRAGMA user_version = {}".format(VERSION + 1))
    database.close()
    with pytest.raises(SinkError, match="newer Shelfsight"):
        Store(str(path), "demo://")
    assert rows(path, "PRAGMA user_version") == [(VERSION + 1,)]


def test_a_folder_that_is_not_there_is_refused_in_one_line(tmp_path):
    with pytest.raises(SinkError, match="name a file of yours with --sink"):
        Store(str(tmp_path / "none" / "history.sqlite"), "demo://")


def test_a_full_disk_stops_the_history_with_a_line_and_it_resumes(path, caplog):
    caplog.set_level(logging.INFO)
    store = Store(str(path), "demo://")
    full = store._database.execute("PRAGMA page_count").fetchone()[0] + 2
    store._database.execute("PRAGMA max_page_count = {}".format(full))  # SQLite's own way to a full disk
    writer = HistoryWriter(store, batch_s=0.01)
    for track in range(10):
        writer.put(sighting(track, crop=bytes(4000)))
    wait_until(lambda: "the history waits" in caplog.text)
    time.sleep(0.1)
    assert caplog.text.count("the history waits") == 1
    store._database.execute("PRAGMA max_page_count = 1000000")
    wait_until(lambda: "written again" in caplog.text)
    writer.close()
    assert rows(path, "SELECT COUNT(*), COUNT(crop) FROM sightings JOIN moments ON sighting = id") == [(10, 10)]


def test_a_crop_outlives_newer_news_of_its_track_in_the_same_batch(store, path):
    writer = HistoryWriter(store, batch_s=60.0)
    writer.put(sighting(crop=b"jpeg"))
    writer.put(sighting(last_s=9.0))
    writer.close()
    assert rows(path, "SELECT last_s, crop FROM sightings JOIN moments ON sighting = id") == [(9.0, b"jpeg")]


def wait_until(is_true) -> None:
    end_s = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < end_s
        time.sleep(0.01)


WRITES = """
import sys, time
from tests.runtime.history.test_history_store import sighting
from runtime.history.store import Store
from runtime.history.writer import HistoryWriter
writer = HistoryWriter(Store(sys.argv[1], "demo://"))
begun = time.monotonic()
for track in range(10 ** 9):
    now_s = time.monotonic() - begun
    writer.put(sighting(track, first_s=now_s, last_s=now_s, crop=bytes(3000)))
    print(now_s, flush=True)
    time.sleep(0.02)
"""


def test_after_a_kill_it_opens_and_lacks_no_more_than_a_batch(path):
    for kill in range(1, KILLS + 1):
        child = subprocess.Popen([sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE)
        lines = []
        for line in child.stdout:
            lines.append(float(line))
            if lines[-1] > 1.5 + 0.07 * (kill % 15):
                break
        child.send_signal(signal.SIGKILL)
        lines += [float(line) for line in child.stdout.read().split(b"\n")[:-1]]
        child.stdout.close()
        child.wait()
        Store(str(path), "after").close()
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]
        query = "SELECT MAX(last_s) FROM sightings WHERE run = (SELECT MAX(run) FROM sightings)"
        missing_s = lines[-1] - rows(path, query)[0][0]
        print("kill {}: {:.2f} s missing".format(kill, missing_s))
        assert missing_s <= 2.0
        assert rows(path, "SELECT COUNT(*) FROM sightings LEFT JOIN moments ON sighting = id WHERE crop IS NULL") == [
            (0,)
        ]
    assert rows(path, "SELECT COUNT(DISTINCT run) FROM sightings") == [(KILLS,)]
