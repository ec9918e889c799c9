"""Nearest embeddings: all compared, and in lists, which are a cache."""

import os
import sqlite3

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

import numpy as np

from runtime.history.opening import open_database
from search.finding import vectors
from search.finding.rows import IndexReader

LENGTH = 16


def unit(count, seed):
    found = np.random.RandomState(seed).standard_normal((count, LENGTH)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def add(path, embeddings, first):
    database = open_database(str(path))
    database.execute("PRAGMA foreign_keys = OFF")  # moments without their sightings
    with database:
        database.execute("BEGIN")
        rows = [(first + number, one.astype("<f2").tobytes()) for number, one in enumerate(embeddings)]
        database.executemany("INSERT INTO moments (sighting, embedding) VALUES (?, ?)", rows)
    database.close()


@pytest.fixture
def path(tmp_path):
    add(tmp_path / "index.sqlite", unit(3000, 1), 1)
    return tmp_path / "index.sqlite"


def near(path, wanted, least=0.6):
    reader = IndexReader(str(path))
    try:
        return vectors.near(reader, wanted, least)
    finally:
        reader.close()


@pytest.fixture
def in_lists(monkeypatch):
    monkeypatch.setattr(vectors, "LEAST", 10)
    monkeypatch.setattr(vectors, "PROBED", 4096)


def test_all_that_is_near_enough_is_found(path):
    wanted, all_of_them = unit(2, 2), unit(3000, 1)
    expected = {int(number) + 1 for number in np.flatnonzero((all_of_them @ wanted.T).max(axis=1) >= 0.6)}
    assert expected
    assert set(near(path, wanted)) == expected


def test_lists_find_the_same(path, in_lists, monkeypatch):
    wanted = unit(2, 2)
    found = near(path, wanted)
    monkeypatch.setattr(vectors, "LEAST", 10**9)
    exact = near(path, wanted)
    assert found.keys() == exact.keys()
    assert found == pytest.approx(exact, abs=1e-3)


def test_what_came_since_is_in_the_lists(path, in_lists):
    wanted = unit(1, 3)
    assert 5000 not in near(path, wanted)
    add(path, wanted, 5000)
    assert near(path, wanted)[5000] == pytest.approx(1.0, abs=1e-3)
    assert os.path.exists(str(path) + ".vectors")


@pytest.mark.parametrize("text", [b"", b"IxMp nonsense"])
def test_lists_that_are_damaged_are_made_again(path, in_lists, text):
    (path.parent / (path.name + ".vectors")).write_bytes(text)
    assert near(path, unit(2, 2))


def test_embeddings_of_another_length_are_left_out(path):
    database = sqlite3.connect(str(path))
    with database:
        database.execute("INSERT INTO moments (sighting, embedding) VALUES (9000, x'0102')")
    database.close()
    assert 9000 not in near(path, unit(2, 2), least=-1.0)
