"""Sightings written and the oldest of them forgotten, in one transaction a batch."""

import sqlite3
from typing import Iterable, Optional

from runtime.database import transaction
from runtime.history.opening import begin_anew, open_database
from runtime.history.sighting import Sighting
from runtime.settings import Keep

CLOCK_WAS_SET_S = 1577836800.0
"""2020 in seconds since 1970: a clock before it was never set."""
CORRECTED_S = 1.0
"""A run's date is written anew where the clock has moved by more."""
AT_ONCE = 200
"""Sightings forgotten in one step."""

_COLUMNS = (
    "product", "shape", "first_s", "last_s", "frames", "similarity", "x1", "y1", "x2", "y2", "file", "is_corrected",
    "at_once", "camera",
)  # fmt: skip
_UPDATE = "UPDATE sightings SET {} WHERE run = ? AND track = ?".format(", ".join(name + " = ?" for name in _COLUMNS))
_INSERT = "INSERT INTO sightings ({}, run, track) VALUES ({})".format(
    ", ".join(_COLUMNS), ", ".join("?" * (len(_COLUMNS) + 2))
)
# COALESCE: what is not told anew stays
_MOMENT = """
    INSERT OR REPLACE INTO moments (sighting, crop, embedding)
    SELECT id, COALESCE(?, crop), COALESCE(?, embedding)
    FROM sightings LEFT JOIN moments ON sighting = id WHERE run = ? AND track = ?
"""

AGED = """
    SELECT sightings.id FROM runs CROSS JOIN sightings
    WHERE run = runs.id AND last_s < ? - epoch_s ORDER BY runs.id, last_s LIMIT {}
""".format(AT_ONCE)
"""CROSS: run by run, so that the index finds them; a scan of a million takes 0.1 s on a desk, every minute."""


def write_sighting(database: sqlite3.Connection, run: int, one: Sighting) -> None:
    """Insert it, or tell it anew; within the caller's transaction."""
    key = (run, one.track)
    values = (
        one.product, one.shape, one.first_s, one.last_s, one.frames, one.similarity, *one.box, one.file,
        one.is_corrected, one.at_once, one.camera,
    )  # fmt: skip
    # no ON CONFLICT DO UPDATE: the Nano's SQLite is 3.22, which lacks it
    if database.execute(_UPDATE, values + key).rowcount == 0:
        database.execute(_INSERT, values + key)
    if one.crop is not None or one.embedding is not None:
        database.execute(_MOMENT, (one.crop, one.embedding) + key)


class Store:
    """The history of one run, in the database of all. Of one thread; whatever fails raises sqlite3.Error."""

    def __init__(self, path: str, source: str, recogniser: Optional[str] = None) -> None:
        """`recogniser`: what makes the embeddings, see Bundle.recogniser. SinkError: see open_database."""
        self._path, self._of_run = path, (source, recogniser)
        self._database = open_database(path)
        self._begin_run()

    def _begin_run(self) -> None:
        self._epoch_s: Optional[float] = None
        with transaction(self._database):
            statement = "INSERT INTO runs (source, recogniser) VALUES (?, ?)"
            self._run = self._database.execute(statement, self._of_run).lastrowid or 0

    def begin_anew(self, why: Exception) -> None:
        """The database turned out to be damaged: it is kept aside, and this run begins again in a new one.

        SinkError: there cannot be one; may be tried again.
        """
        self._database.close()
        self._database = begin_anew(self._path, why)
        self._begin_run()

    def write(self, sightings: Iterable[Sighting], epoch_s: Optional[float]) -> None:
        """All of them or none. `epoch_s`: the run's beginning by the clock as it goes now; None for a file."""
        with transaction(self._database):
            for one in sightings:
                write_sighting(self._database, self._run, one)
            is_new = self._is_new_date(epoch_s)
            if is_new:
                self._database.execute("UPDATE runs SET epoch_s = ? WHERE id = ?", (epoch_s, self._run))
        if is_new:
            self._epoch_s = epoch_s

    def _is_new_date(self, epoch_s: Optional[float]) -> bool:
        if epoch_s is None or epoch_s < CLOCK_WAS_SET_S:
            return False
        return self._epoch_s is None or abs(epoch_s - self._epoch_s) > CORRECTED_S

    def forget(self, keep: Keep, now_s: float) -> int:
        """Delete what is beyond `keep`, oldest first; how many. `now_s`: since 1970.

        What came from a file, or before the clock was ever set, has no date and so no age: only the budget takes it.
        """
        forgotten = 0
        if keep.seconds is not None:
            forgotten += self._delete_until_none(
                AGED,
                (now_s - keep.seconds,),
            )
        while keep.bytes is not None and self.used_bytes() > keep.bytes:
            deleted = self._delete("SELECT id FROM sightings ORDER BY id LIMIT {}".format(AT_ONCE))
            if not deleted:
                break
            forgotten += deleted
        if forgotten:
            # a page a step: execute() of newer Pythons ends after the first, since the steps have no columns
            self._database.executescript("PRAGMA incremental_vacuum")
        return forgotten

    def used_bytes(self) -> int:
        """Of the database's pages in use."""
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (self._database.execute("PRAGMA " + name).fetchone()[0] for name in names)
        return (pages - free) * size

    def _delete_until_none(self, which: str, values: tuple) -> int:
        total = deleted = self._delete(which, values)
        while deleted:
            deleted = self._delete(which, values)
            total += deleted
        return total

    def _delete(self, which: str, values: tuple = ()) -> int:
        with transaction(self._database):
            return self._database.execute("DELETE FROM sightings WHERE id IN ({})".format(which), values).rowcount

    def close(self) -> None:
        """May be called twice."""
        self._database.close()
