"""A SQLite database opened for writing: made anew, brought to today's tables, or kept aside where damaged."""

import contextlib
import logging
import os
import sqlite3
from typing import Iterator, Sequence

from runtime.errors import SinkError

log = logging.getLogger(__name__)

BUSY_S = 5.0
"""How long a reader's lock is waited for."""
_BESIDE = ("", "-wal", "-shm")
"""Endings of the files that are one database."""


def open_database(path: str, migrations: Sequence[str], probed: Sequence[str], flag: str) -> sqlite3.Connection:
    """For one thread at a time. SinkError: it cannot be written, or a newer program wrote it.

    `migrations`: statements, each from the version before it. `probed`: tables whose end is read, where a write that
    was cut off shows; a whole check of 2 GB takes minutes on a card. `flag`: the one that names another file.
    """
    try:
        return _open(path, migrations, probed, flag)
    except sqlite3.OperationalError as error:
        message = "{}: cannot be written ({}): name a file of yours with {}"
        raise SinkError(message.format(path, error, flag)) from error
    except sqlite3.DatabaseError as error:
        aside = _keep_aside(path)
        log.warning("%s is damaged (%s): kept as %s, a new one is begun", path, error, aside)
        return _open(path, migrations, probed, flag)


def _open(path: str, migrations: Sequence[str], probed: Sequence[str], flag: str) -> sqlite3.Connection:
    # isolation_level None: transactions begin where the code says so, not where Python guesses
    database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        version = _version_of(database, path, len(migrations), flag)  # before anything is changed
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect in a new file only, before its first table
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")  # NORMAL would let a power cut take all since the last checkpoint
        database.execute("PRAGMA foreign_keys = ON")
        for number, statements in enumerate(migrations[version:], version + 1):  # each step all or nothing
            database.executescript("BEGIN;{}PRAGMA user_version = {};COMMIT;".format(statements, number))
        database.execute("BEGIN IMMEDIATE")
        for table in probed:
            database.execute("SELECT * FROM {} ORDER BY id DESC LIMIT 1".format(table)).fetchall()
        database.execute("ROLLBACK")
    except BaseException:
        database.close()
        raise
    return database


def _version_of(database: sqlite3.Connection, path: str, known: int, flag: str) -> int:
    """Of its tables, 0 of a new one. SinkError: a newer program wrote them."""
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise SinkError(
            "{}: written by a newer Shelfsight (version {} of its tables, this one knows {}): update, or name another "
            "file with {}".format(path, version, known, flag)
        )
    return version


def _keep_aside(path: str) -> str:
    number = 1
    while os.path.exists("{}.damaged-{}".format(path, number)):
        number += 1
    aside = "{}.damaged-{}".format(path, number)
    for ending in _BESIDE:
        if os.path.exists(path + ending):
            os.rename(path + ending, aside + ending)
    return aside


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All that is done within, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
            database.execute("ROLLBACK")
        raise
