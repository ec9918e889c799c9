"""Sightings found again: newest first, by time and by product, a page at a time, without holding up the writer.

What is asked is asked run by run, the newest first, since time within a run is monotonic and its date stands once.
"""

import sqlite3
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from runtime.errors import SinkError

BUSY_S = 2.0
MOST = 500
"""Sightings on one page."""
_HAS_CROP = "EXISTS (SELECT 1 FROM moments WHERE sighting = sightings.id AND crop IS NOT NULL)"
_COLUMNS = (
    "id", "run", "track", "product", "shape", "first_s", "last_s", "frames", "similarity", "x1", "y1", "x2", "y2",
    "file", "is_corrected", "at_once", "camera",
)  # fmt: skip


class Row(NamedTuple):
    """One sighting as it is stored; seconds are of its run, `epoch_s` is the run's beginning since 1970 or None."""

    id: int
    run: int
    track: int
    product: Optional[str]
    shape: str
    first_s: float
    last_s: float
    frames: int
    similarity: Optional[float]
    x1: float
    y1: float
    x2: float
    y2: float
    file: Optional[str]
    is_corrected: int
    at_once: int
    """See Sighting."""
    camera: Optional[str]
    """None where it has no name."""
    has_crop: int
    epoch_s: Optional[float]
    source: str


class Place(NamedTuple):
    """Of a sighting in the order of time: where the next page begins."""

    run: int
    last_s: float
    id: int


class Filter(NamedTuple):
    """What is looked for. Times are seconds since 1970; what has no date has none."""

    product: Optional[str] = None
    is_unknown: bool = False
    """Only what stayed without a name; `product` counts for nothing then."""
    from_s: Optional[float] = None
    """Last seen then or later."""
    to_s: Optional[float] = None
    """Last seen before."""
    camera: Optional[str] = None
    """Of this one only."""
    is_undated: bool = False
    """Only of runs without a date; times count for nothing then."""


class Run(NamedTuple):
    """One run of the program; `epoch_s`: its beginning since 1970, None where it has no date."""

    id: int
    source: str
    epoch_s: Optional[float]


class HistoryReader:
    """Opened for one question or a few, closed by `close` or `with`; of one thread."""

    def __init__(self, path: str) -> None:
        """SinkError: there is none, or it cannot be read."""
        try:
            uri = Path(path).resolve().as_uri() + "?mode=ro"
            self.database = sqlite3.connect(uri, uri=True, timeout=BUSY_S)
            self.database.execute("SELECT 1 FROM sightings LIMIT 1")
        except (sqlite3.Error, OSError, ValueError) as error:
            raise SinkError("the history cannot be read: {}".format(error)) from error

    def sightings(self, wanted: Filter, limit: int, after: Optional[Place] = None) -> List[Row]:
        """Up to `limit`, last seen last first; those after `after` in this order."""
        found: List[Row] = []
        for run in self._runs(wanted):
            if after is not None and run.id > after.run:
                continue
            values: List[Any] = []
            statement = page_statement(
                wanted, run, after if after is not None and run.id == after.run else None, values
            )
            rows = self.database.execute(statement, values + [limit - len(found)])
            found += [Row(*(tuple(row) + (run.epoch_s, run.source))) for row in rows]
            if len(found) >= limit:
                break
        return found

    def sighting(self, number: int) -> Optional[Row]:
        """One by its id."""
        statement = "SELECT {}, {}, epoch_s, source FROM sightings JOIN runs ON run = runs.id WHERE sightings.id = ?"
        columns = ", ".join("sightings." + name for name in _COLUMNS)
        row = self.database.execute(statement.format(columns, _HAS_CROP), (number,)).fetchone()
        return None if row is None else Row(*row)

    def crop(self, number: int) -> Optional[bytes]:
        """The JPEG of a sighting at its best moment."""
        row = self.database.execute("SELECT crop FROM moments WHERE sighting = ?", (number,)).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    def last_seen_s(self, product: str) -> Optional[float]:
        """When it was seen last, since 1970; None where it never was, or without a date."""
        rows = self.sightings(Filter(product), 1)
        if not rows or rows[0].epoch_s is None:
            return None
        return rows[0].epoch_s + rows[0].last_s

    def products(self) -> List[str]:
        """Each name that a sighting has, in order. A jump from name to name, not a walk over all sightings."""
        found: List[str] = []
        row = self.database.execute("SELECT min(product) FROM sightings").fetchone()
        while row is not None and row[0] is not None:
            found.append(row[0])
            row = self.database.execute("SELECT min(product) FROM sightings WHERE product > ?", (row[0],)).fetchone()
        return found

    def newest_id(self) -> int:
        """The highest there is; 0 where nothing was seen yet."""
        return int(self.database.execute("SELECT COALESCE(max(id), 0) FROM sightings").fetchone()[0])

    def counts_between(self, after: int, until: int) -> Dict[Optional[str], int]:
        """Sightings by product (None: unknown) with an id above `after`, `until` at most."""
        # NOT INDEXED: by their ids, else SQLite walks over all of them in the order of the products
        statement = "SELECT product, count(*) FROM sightings NOT INDEXED WHERE id > ? AND id <= ? GROUP BY product"
        return dict(self.database.execute(statement, (after, until)).fetchall())

    def present_at(self, time_s: float) -> Dict[Optional[str], int]:
        """How many of each product (None: unknown) were in view then; tracks that broke may be missing."""
        found: Dict[Optional[str], int] = {}
        for run in self._runs(Filter(from_s=time_s, to_s=time_s)):
            assert run.epoch_s is not None
            at_s = time_s - run.epoch_s
            for product, count in self.database.execute(PRESENT, (run.id, at_s, at_s)):
                found[product] = found.get(product, 0) + count
        return found

    def strip(self, from_s: float, to_s: float, parts: int) -> Dict[Optional[str], List[int]]:
        """For each product the sightings that were last seen in each of `parts` equal parts of the time."""
        found: Dict[Optional[str], List[int]] = {}
        width_s = (to_s - from_s) / parts
        for run in self._runs(Filter(from_s=from_s, to_s=to_s)):
            assert run.epoch_s is not None
            begin_s, end_s = from_s - run.epoch_s, to_s - run.epoch_s
            for product, part, count in self.database.execute(STRIP, (begin_s, width_s, run.id, begin_s, end_s)):
                found.setdefault(product, [0] * parts)[min(part, parts - 1)] += count
        return found

    def _runs(self, wanted: Filter) -> Iterator[Run]:
        """Newest first; those without a date only where no time is asked for."""
        statement = "SELECT id, source, epoch_s FROM runs"
        values: Tuple = ()
        if wanted.is_undated:
            statement += " WHERE epoch_s IS NULL"
        elif wanted.from_s is not None or wanted.to_s is not None:
            statement += " WHERE epoch_s IS NOT NULL"
            if wanted.to_s is not None:
                statement += " AND epoch_s <= ?"
                values = (wanted.to_s,)
        rows = self.database.execute(statement + " ORDER BY id DESC", values).fetchall()
        return (Run(*row) for row in rows)

    def close(self) -> None:
        """May be called twice."""
        self.database.close()

    def __enter__(self) -> "HistoryReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


PRESENT = """
    SELECT product, count(*) FROM sightings WHERE run = ? AND last_s >= ? AND first_s <= ? GROUP BY product
"""
STRIP = """
    SELECT product, CAST((last_s - ?) / ? AS INTEGER) AS part, count(*) FROM sightings
    WHERE run = ? AND last_s >= ? AND last_s < ? GROUP BY product, part
"""


def page_statement(wanted: Filter, run: Run, after: Optional[Place], values: List[Any]) -> str:
    """One run's part of a page, its last value the limit; the others are appended to `values`."""
    conditions = ["run = ?"]
    values.append(run.id)
    if wanted.is_unknown:
        conditions.append("product IS NULL")
    elif wanted.product is not None:
        conditions.append("product = ?")
        values.append(wanted.product)
    if wanted.camera is not None:
        conditions.append("camera = ?")
        values.append(wanted.camera)
    epoch_s = run.epoch_s or 0.0
    for bound_s, comparison in ((wanted.from_s, ">="), (wanted.to_s, "<")):
        if bound_s is not None:
            conditions.append("last_s {} ?".format(comparison))
            values.append(bound_s - epoch_s)
    if after is not None:
        conditions.append("(last_s, id) < (?, ?)")
        values += [after.last_s, after.id]
    index = "sightings_by_product" if wanted.is_unknown or wanted.product is not None else "sightings_by_time"
    # INDEXED BY: without statistics SQLite takes a bound of time for the narrower one
    return "SELECT {}, {} FROM sightings INDEXED BY {} WHERE {} ORDER BY last_s DESC, id DESC LIMIT ?".format(
        ", ".join(_COLUMNS), _HAS_CROP, index, " AND ".join(conditions)
    )
