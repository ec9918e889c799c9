"""A history's database, opened."""

import sqlite3

from runtime import database
from runtime.history.schema import MIGRATIONS


def open_database(path: str) -> sqlite3.Connection:
    """For the one thread that writes. SinkError: it cannot be written, or a newer program wrote it."""
    return database.open_database(path, MIGRATIONS, ("runs", "sightings"), "--sink")
