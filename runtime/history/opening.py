"""A history's database, opened."""

import sqlite3

from runtime import database
from runtime.history.schema import MIGRATIONS

_PROBED, _FLAG = ("runs", "sightings"), "--sink"


def open_database(path: str) -> sqlite3.Connection:
    """For the one thread that writes. SinkError: it cannot be written, or a newer program wrote it."""
    return database.open_database(path, MIGRATIONS, _PROBED, _FLAG)


def begin_anew(path: str, why: Exception) -> sqlite3.Connection:
    """In place of one that is damaged and closed; see database.begin_anew."""
    return database.begin_anew(path, MIGRATIONS, _PROBED, _FLAG, why)
