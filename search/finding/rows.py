"""Sightings read from an index, or from a device's history; nothing is written there."""

from __future__ import annotations

import os
import sqlite3
from typing import Iterable, Iterator, NamedTuple
from urllib.parse import quote

from runtime.errors import SourceError
from runtime.history.schema import VERSION

AT_ONCE = 500
"""Ids asked for in one statement."""


class Row(NamedTuple):
    """A sighting, and where it is from."""

    id: int
    source: str
    """The video; of a device its camera."""
    file: str | None
    product: str | None
    """None: unknown."""
    shape: str
    first_s: float
    last_s: float
    similarity: float | None
    epoch_s: float | None
    """When the video began, since 1970."""


_SELECT = """
    SELECT sightings.id, source, file, product, shape, first_s, last_s, similarity, epoch_s
    FROM sightings JOIN runs ON runs.id = run
"""


class IndexReader:
    """An open index. Whatever fails later raises sqlite3.Error."""

    def __init__(self, path: str) -> None:
        """SourceError: there is none, or it is of a newer program."""
        if not os.path.isfile(path):
            raise SourceError(f"no index at {path}: make one with python -m search.index VIDEOS... --out {path}")
        self.path = path
        try:
            self.database = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro", uri=True)
            self.version = self.database.execute("PRAGMA user_version").fetchone()[0]
            self.database.execute("SELECT id FROM sightings LIMIT 1").fetchall()
        except sqlite3.Error as error:
            raise SourceError(f"{path} is no index of Shelfsight ({error})") from error
        if self.version > VERSION:
            raise SourceError(f"{path}: version {self.version} of its tables, this program knows {VERSION}: update it")

    def recognisers(self) -> list[str]:
        """What its embeddings were made by; empty where it does not say."""
        if self.version < 2:
            return []
        rows = self.database.execute("SELECT DISTINCT recogniser FROM runs WHERE recogniser IS NOT NULL")
        return [name for (name,) in rows]

    def products(self) -> list[tuple[str, int]]:
        """Names and how many sightings each has, the most frequent first."""
        return self.database.execute(
            "SELECT product, count(*) FROM sightings WHERE product IS NOT NULL GROUP BY product ORDER BY 2 DESC, 1"
        ).fetchall()

    def named(self, product: str | None) -> list[Row]:
        """Of this product; None: unknown."""
        rows = self.database.execute(_SELECT + "WHERE product IS ? ORDER BY sightings.id", (product,))
        return [Row(*row) for row in rows]

    def by_id(self, ids: Iterable[int]) -> Iterator[Row]:
        """Those that are still there."""
        waiting = list(ids)
        for start in range(0, len(waiting), AT_ONCE):
            some = waiting[start : start + AT_ONCE]
            marks = ", ".join("?" * len(some))
            for row in self.database.execute(f"{_SELECT} WHERE sightings.id IN ({marks})", some):
                yield Row(*row)

    def crop(self, sighting: int) -> bytes | None:
        """JPEG."""
        found = self.database.execute("SELECT crop FROM moments WHERE sighting = ?", (sighting,)).fetchone()
        return found[0] if found else None

    def embeddings(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Ids beyond `after`, in order, and (D,) float16."""
        return self.database.execute(
            "SELECT sighting, embedding FROM moments WHERE sighting > ? AND embedding IS NOT NULL ORDER BY sighting",
            (after,),
        )

    def embedding_count(self) -> int:
        """At most: of moments, of which some may have none."""
        return self.database.execute("SELECT count(*) FROM moments").fetchone()[0]

    def durations_s(self) -> dict[str, float | None]:
        """Of the videos, by address; None: not known. What a device saw is not among them."""
        if self.version < 2:
            return {}
        rows = self.database.execute("SELECT source, duration_s FROM videos JOIN runs ON runs.id = run")
        return dict(rows.fetchall())

    def close(self) -> None:
        """May be called twice."""
        self.database.close()
