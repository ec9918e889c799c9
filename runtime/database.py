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
CHECKED_BYTES = 32 << 20
"""A file up to this is checked whole, in a second; 2 GB would take minutes on a card."""
DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What sqlite3 raises then; the second where it cannot tell what is wrong with the schema in UTF-8."""
_BESIDE = ("", "-wal", "-shm")
"""Endings of the files that are one database."""


def open_database(path: str, migrations: Sequence[str], probed: Sequence[str], flag: str) -> sqlite3.Connection:
    """For one thread at a time. SinkError: it cannot be written, or a newer program wrote it.

    `migrations`: statements, each from the version before it. `probed`: tables whose end is read, where a write that
    was cut off shows, also where the file is too large to be checked whole. `flag`: the one that names another file.
    """
    try:
        return _open(path, migrations, probed, flag)
    except sqlite3.OperationalError as error:
        raise _not_written(path, flag, error) from error
    except DAMAGED as error:
        return begin_anew(path, migrations, probed, flag, error)


def begin_anew(
    path: str, migrations: Sequence[str], probed: Sequence[str], flag: str, why: Exception
) -> sqlite3.Connection:
    """Keep the file aside, closed by whoever had it open, and begin a new one; a line says so.

    SinkError: there cannot be one.
    """
    try:
        aside = _keep_aside(path)
        log.warning("%s is damaged (%s): kept as %s, a new one is begun", path, why, aside)
        return _open(path, migrations, probed, flag)
    except (sqlite3.Error, OSError) as error:
        raise _not_written(path, flag, error) from error


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is at fault, and not its disk, its rights or who else has it open."""
    return type(error) in (sqlite3.DatabaseError, sqlite3.ProgrammingError)  # the second: closed, since it was damaged


def _not_written(path: str, flag: str, error: Exception) -> SinkError:
    return SinkError("{}: cannot be written ({}): name a file of yours with {}".format(path, error, flag))


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
        if os.path.getsize(path) <= CHECKED_BYTES:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found.replace("\n", " "))
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
