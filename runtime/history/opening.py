"""A history's database, opened."""

import sqlite3

from runtime import database
from runtime.history.schema import MIGRATIONS

_PROBED, _FLAG = ("runs", "sightings"), "--sink"


def open_database(path: str, flag: str = _FLAG) -> sqlite3.Connection:
    """For the one thread that writes. SinkError: it cannot be written, or a newer program wrote it.

    `flag`: what names the file, for that error.
    """
    return database.open_database(path, MIGRATIONS, _PROBED, flag)


def begin_anew(path: str, why: Exception) -> sqlite3.Connection:
    """In place of one that is damaged and closed; see database.begin_anew."""
    return database.begin_anew(path, MIGRATIONS, _PROBED, _FLAG, why)
