"""A history's database opened: made where there is none, and a damaged one kept aside."""

import logging
import os
import sqlite3

from runtime.errors import SinkError
from runtime.history.schema import migrate

log = logging.getLogger(__name__)

BUSY_S = 5.0
"""How long a reader's lock is waited for."""
_BESIDE = ("", "-wal", "-shm")
"""Endings of the files that are one database."""


def open_database(path: str) -> sqlite3.Connection:
    """For the one thread that writes. SinkError: it cannot be written, or a newer program wrote it."""
    try:
        return _open(path)
    except sqlite3.OperationalError as error:
        raise SinkError("{}: cannot be written ({}): name a file of yours with --sink".format(path, error)) from error
    except sqlite3.DatabaseError as error:
        aside = _keep_aside(path)
        log.warning("%s is damaged (%s): kept as %s, a new one is begun", path, error, aside)
        return _open(path)


def _open(path: str) -> sqlite3.Connection:
    # isolation_level None: transactions begin where the code says so, not where Python guesses
    database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect in a new file only, before its first table
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")  # NORMAL would let a power cut take all since the last checkpoint
        database.execute("PRAGMA foreign_keys = ON")
        migrate(database, path)
        # the ends of the tables, where a write that was cut off shows; a whole check of 2 GB takes minutes on a card
        database.execute("BEGIN IMMEDIATE")
        for table in ("runs", "sightings"):
            database.execute("SELECT * FROM {} ORDER BY id DESC LIMIT 1".format(table)).fetchall()
        database.execute("ROLLBACK")
    except BaseException:
        database.close()
        raise
    return database


def _keep_aside(path: str) -> str:
    number = 1
    while os.path.exists("{}.damaged-{}".format(path, number)):
        number += 1
    aside = "{}.damaged-{}".format(path, number)
    for ending in _BESIDE:
        if os.path.exists(path + ending):
            os.rename(path + ending, aside + ending)
    return aside
