"""The catalogue keeps what was taught, takes back what was done, and refuses what makes no sense."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.catalogue.schema import MIGRATIONS, NOTHING
from runtime.catalogue.store import Catalogue, NewView
from runtime.catalogue.taught import BEFORE_ALL
from runtime.errors import CatalogueError, SinkError

NET = "net-1"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "catalogue.sqlite")


@pytest.fixture
def catalogue(path):
    opened = Catalogue(path)
    yield opened
    opened.close()


def views(*directions):
    return [NewView(b"jpeg %d" % one, np.eye(4, dtype=np.float32)[one]) for one in directions]


def teach(catalogue, name, *directions, **how):
    return catalogue.teach(name, views(*directions), NET, "test", **how)


def names(catalogue):
    return [(one.name, one.views) for one in catalogue.products()]


def test_what_was_taught_is_there_after_opening_again(catalogue, path):
    number = teach(catalogue, "tea", 0, 1)
    catalogue.close()
    again = Catalogue(path)
    assert names(again) == [("tea", 2)]
    assert [again.photo(view) for view in again.views(number)] == [b"jpeg 0", b"jpeg 1"]
    (taught,) = again.taught(NET)
    assert taught.name == "tea"
    assert taught.embeddings.tolist() == np.eye(4)[:2].tolist()
    assert again.taught("another") == []
    assert len(again.without_embedding("another")) == 2
    again.close()


def test_which_views_were_corrections_is_kept(catalogue):
    teach(catalogue, "tea", 0)
    corrected = [view._replace(instead_of="rice") for view in views(1, 2)]
    catalogue.teach("tea", corrected, NET, "test", more=True)
    (taught,) = catalogue.taught(NET)
    assert list(taught.corrections) == [1, 2]


def test_every_change_can_be_undone_in_turn(catalogue):
    tea, rice = teach(catalogue, "tea", 0, 1), teach(catalogue, "rice", 2)
    teach(catalogue, "tea", 3, more=True)
    states = [names(catalogue)]
    for change in (
        lambda: catalogue.rename(rice, "brown rice"),
        lambda: catalogue.merge(rice, tea),
        lambda: catalogue.remove_view(catalogue.views(tea)[0]),
        lambda: catalogue.remove(tea),
    ):
        change()
        states.append(names(catalogue))
    assert states[1:] == [[("brown rice", 1), ("tea", 3)], [("tea", 4)], [("tea", 3)], []]
    for expected in reversed(states[:-1]):
        catalogue.undo()
        assert names(catalogue) == expected
    for _ in range(3):
        catalogue.undo()
    assert names(catalogue) == []
    assert catalogue.last_change() is None
    with pytest.raises(CatalogueError, match="nothing to undo"):
        catalogue.undo()


def test_each_change_tells_of_the_products_that_it_changed_alone(catalogue, path):
    tea, rice, salt = (teach(catalogue, name, 0, 1) for name in ("tea", "rice", "salt"))
    revision = catalogue.changes(NET, BEFORE_ALL).revision
    other = Catalogue(path)
    for change, expected in (
        (lambda: None, {}),
        (lambda: other.rename(rice, "brown rice"), {rice: ("brown rice", 2)}),
        (lambda: teach(catalogue, "tea", 2, more=True), {tea: ("tea", 3)}),
        (lambda: other.remove_view(other.views(tea)[0]), {tea: ("tea", 2)}),
        (lambda: catalogue.merge(rice, salt), {rice: None, salt: ("salt", 4)}),
        (lambda: other.undo(), {rice: ("brown rice", 2), salt: ("salt", 2)}),
        (lambda: other.remove(tea), {tea: None}),
        (lambda: catalogue.undo(), {tea: ("tea", 2)}),
        (lambda: catalogue.put_embeddings(NET, [(catalogue.views(salt)[0], np.ones(4))]), {salt: ("salt", 2)}),
        (lambda: catalogue.unknowns.bound(0, 0.0), {}),
    ):
        change()
        told = catalogue.changes(NET, revision)
        assert {number: one and (one.name, len(one.embeddings)) for number, one in told.products.items()} == expected
        assert (told.revision > revision) == bool(expected)
        revision = told.revision
    other.close()
    assert set(catalogue.changes("another", BEFORE_ALL).products.values()) == {None}


def test_a_catalogue_from_before_revisions_is_read_whole(path):
    database = sqlite3.connect(path)
    for statements in MIGRATIONS[:2]:
        database.executescript(statements)
    database.execute("PRAGMA user_version = 2")
    database.execute("INSERT INTO products (name, kind, made_s) VALUES ('tea', 'product', 0)")
    database.execute("INSERT INTO views (product, photo, source, made_s) VALUES (1, 'x', 'test', 0)")
    row = np.ones(4, "<f4").tobytes()
    database.execute("INSERT INTO embeddings VALUES (1, ?, ?)", (NET, row))
    database.commit()
    database.close()
    opened = Catalogue(path)
    told = opened.changes(NET, BEFORE_ALL)
    assert [one.name for one in told.products.values()] == ["tea"]
    opened.rename(1, "green tea")
    assert [one.name for one in opened.changes(NET, told.revision).products.values()] == ["green tea"]
    opened.close()


def test_what_can_no_longer_be_undone_is_forgotten(catalogue, path, monkeypatch):
    teach(catalogue, "tea", 0)
    catalogue.remove(catalogue.named("tea").id)
    catalogue.close()
    monkeypatch.setattr("runtime.catalogue.store.UNDOABLE", 0)
    Catalogue(path).close()
    database = sqlite3.connect(path)
    assert [database.execute("SELECT COUNT(*) FROM " + table).fetchone()[0] for table in ("products", "views")] == [
        0,
        0,
    ]
    assert database.execute("SELECT COUNT(*) FROM embeddings").fetchone() == (0,)
    database.close()


@pytest.mark.parametrize(
    "name, words",
    [
        ("", "empty"), (" \n ", "empty"), ("a" * 300, "300 letters"), ("../etc", "path"), ("a\\b", "path"),
        ("a\x00b", "cannot be shown"), ("tea", "is there already"), ("  tea ", "is there already"),
    ],
)  # fmt: skip
def test_names_that_are_refused_change_nothing(catalogue, name, words):
    teach(catalogue, "tea", 0)
    with pytest.raises(CatalogueError, match=words):
        teach(catalogue, name, 1)
    assert names(catalogue) == [("tea", 1)]


@pytest.mark.parametrize("name", ["🍵 green", "<script>alert(1)</script>".replace("/", ""), "물병", "O'Neill\"s"])
def test_any_other_text_is_a_name(catalogue, name):
    teach(catalogue, name, 0)
    assert names(catalogue) == [(name, 1)]


def test_changes_of_what_is_not_there(catalogue):
    tea = teach(catalogue, "tea", 0)
    teach(catalogue, "rice", 0)
    for change in (
        lambda: catalogue.rename(99, "x"), lambda: catalogue.remove(99), lambda: catalogue.merge(99, tea),
        lambda: catalogue.merge(tea, tea), lambda: catalogue.remove_view(99), lambda: catalogue.photo(99),
        lambda: catalogue.rename(tea, "rice"), lambda: catalogue.teach("none", [], NET, "test"),
    ):  # fmt: skip
        with pytest.raises(CatalogueError):
            change()
    assert names(catalogue) == [("rice", 1), ("tea", 1)]


def test_undo_of_a_removal_whose_name_is_taken_says_so(catalogue):
    catalogue.remove(teach(catalogue, "tea", 0))
    teach(catalogue, "tea", 1)
    catalogue.undo()  # the second tea
    catalogue.undo()  # the removal
    assert names(catalogue) == [("tea", 1)]


def test_what_is_not_to_be_named_needs_no_name_of_its_own(catalogue):
    teach(catalogue, "tea", 0, kind=NOTHING)
    teach(catalogue, "tea", 1, kind=NOTHING)
    teach(catalogue, "tea", 2)
    assert [one.kind for one in catalogue.taught(NET)] == [NOTHING, NOTHING, "product"]


def test_a_newer_catalogue_is_refused_and_stays_as_it_is(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = {}".format(len(MIGRATIONS) + 1))
    database.close()
    before = Path(path).read_bytes()
    with pytest.raises(SinkError, match="newer Shelfsight.*--catalogue"):
        Catalogue(path)
    assert Path(path).read_bytes() == before


def test_a_damaged_catalogue_is_kept_aside(path):
    with open(path, "wb") as file:
        file.write(b"no database at all" * 100)
    catalogue = Catalogue(path)
    teach(catalogue, "tea", 0)
    catalogue.close()
    with open(path + ".damaged-1", "rb") as file:
        assert file.read(18) == b"no database at all"


def test_where_nothing_can_be_written(tmp_path):
    with pytest.raises(SinkError, match="cannot be written"):
        Catalogue(str(tmp_path / "none" / "catalogue.sqlite"))


TEACHING = """
import sys
import numpy as np
from runtime.catalogue.store import Catalogue, NewView
from runtime.catalogue.taught import BEFORE_ALL
catalogue = Catalogue(sys.argv[1])
views = [NewView(b"x" * 20000, np.eye(4, dtype=np.float32)[one]) for one in range(4)]
for number in range(int(sys.argv[2]), 10**6):
    catalogue.teach("product {}".format(number), views, "net-1", "test")
    print(number, flush=True)
"""


def test_a_kill_takes_the_product_being_taught_at_most(path, root):
    done = -1
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", TEACHING, path, str(done + 1)], cwd=str(root), stdout=subprocess.PIPE
        )
        for _ in range(3):
            done = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        told = process.communicate()[0].split()
        done = int(told[-1]) if told else done
        catalogue = Catalogue(path)
        products = catalogue.products()
        assert {one.views for one in products} == {4}, "whole products only"
        assert len(products) in (done + 1, done + 2), "what was told as taught is there"
        done = len(products) - 1
        catalogue.close()
    assert not [name for name in os.listdir(os.path.dirname(path)) if "damaged" in name]
