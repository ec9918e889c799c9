"""An index: a history whose runs are videos, with the pieces of each that are done. One process writes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import Any, Iterable, Iterator, NamedTuple

from runtime.errors import UsageError
from runtime.history.opening import open_database
from runtime.history.sighting import Sighting
from runtime.history.store import write_sighting
from runtime.seen import Box
from search.storing.joining import SEAM_S, joined
from search.videos.pieces import Piece

_SQLITE = b"SQLite format 3\x00"


class Known(NamedTuple):
    """What is known of a video before it is looked through."""

    duration_s: float | None
    epoch_s: float | None
    pieces: int


class Video(NamedTuple):
    """A video of the index."""

    run: int
    bytes: int
    modified_s: float
    duration_s: float | None
    pieces: int
    done: int
    """Pieces, the first so many."""
    problem: str | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to look through."""
        return self.problem is not None or self.done >= self.pieces


def _check_no_others(path: str) -> None:
    """UsageError: a file that is no database, such as a video: it would be kept aside as a damaged one."""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            start = file.read(len(_SQLITE))
        if start not in (b"", _SQLITE):
            raise UsageError(f"--out {path}: is there, and is no index: name another file")


class IndexFile:
    """Whatever fails raises sqlite3.Error."""

    def __init__(self, path: str, recogniser: str | None) -> None:
        """`recogniser`: see Bundle.recogniser; None: whatever it is. UsageError: the index was made with another.

        SinkError: it cannot be written.
        """
        _check_no_others(path)
        self._database = open_database(path, "--out")
        self._recogniser = recogniser
        others = self._database.execute(
            "SELECT DISTINCT recogniser FROM runs WHERE recogniser IS NOT ?", (recogniser,)
        ).fetchall()
        if others and recogniser is not None:
            self.close()
            names = ", ".join(name or "not told" for (name,) in others)
            raise UsageError(
                f"{path} was made with the bundle {names}, this is {recogniser}: give that --bundle, another --out, or "
                "--renew to name its crops anew"
            )

    def videos(self) -> dict[str, Video]:
        """By address."""
        rows = self._database.execute(
            "SELECT source, videos.run, bytes, modified_s, duration_s, pieces, "
            "(SELECT count(*) FROM pieces WHERE pieces.run = videos.run), problem "
            "FROM videos JOIN runs ON runs.id = videos.run"
        )
        return {source: Video(*rest) for source, *rest in rows}

    def begin(self, address: str, size: int, modified_s: float, known: Known) -> int:
        """A row for a video, in place of what was known of it before; its run."""
        with self._transaction():
            self._database.execute(
                "DELETE FROM sightings WHERE run IN (SELECT id FROM runs WHERE source = ?)", (address,)
            )
            self._database.execute("DELETE FROM runs WHERE source = ?", (address,))
            run = self._database.execute(
                "INSERT INTO runs (source, epoch_s, recogniser) VALUES (?, ?, ?)",
                (address, known.epoch_s, self._recogniser),
            ).lastrowid
            self._database.execute(
                "INSERT INTO videos (run, bytes, modified_s, duration_s, pieces) VALUES (?, ?, ?, ?, ?)",
                (run, size, modified_s, known.duration_s, known.pieces),
            )
        assert run is not None
        return run

    def add(self, run: int, piece: Piece, frames: int, inferred: int, sightings: list[Sighting]) -> None:
        """A piece that is done, with all that is in it, or nothing. What goes on from before it stays one row."""
        with self._transaction():
            for one in joined(self._open_at(run, piece.start_s), sightings, piece.start_s):
                write_sighting(self._database, run, one)
            self._database.execute("INSERT INTO pieces VALUES (?, ?, ?, ?)", (run, piece.number, frames, inferred))

    def _open_at(self, run: int, time_s: float) -> list[Sighting]:
        """What was in view when a piece that begins at `time_s` did."""
        if time_s <= 0:
            return []
        rows = self._database.execute(
            "SELECT track, product, shape, first_s, last_s, frames, similarity, x1, y1, x2, y2, is_corrected, "
            "crop, embedding FROM sightings LEFT JOIN moments ON sighting = sightings.id "
            "WHERE run = ? AND last_s >= ? ORDER BY sightings.id",
            (run, time_s - SEAM_S),
        )
        return [_sighting(row) for row in rows]

    def give_up(self, run: int, problem: str) -> None:
        """The video cannot be looked through further."""
        with self._transaction():
            self._database.execute("UPDATE videos SET problem = ? WHERE run = ?", (problem, run))

    def set_recogniser(self, recogniser: str) -> None:
        """Of all its embeddings."""
        with self._transaction():
            self._database.execute("UPDATE runs SET recogniser = ?", (recogniser,))

    def crop_count(self) -> int:
        """Of sightings."""
        return self._database.execute("SELECT count(*) FROM moments WHERE crop IS NOT NULL").fetchone()[0]

    def crops(self) -> Iterator[tuple[int, bytes]]:
        """Ids of sightings and their crops as JPEG, in order."""
        last = 0
        while True:
            rows = self._database.execute(
                "SELECT sighting, crop FROM moments WHERE sighting > ? AND crop IS NOT NULL "
                "ORDER BY sighting LIMIT 256",
                (last,),
            ).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1][0]

    def rename(self, rows: Iterable[tuple[int, str | None, float, bytes]]) -> None:
        """Sighting, product, similarity and embedding, in place of what they were."""
        with self._transaction():
            for number, product, similarity, embedding in rows:
                self._database.execute(
                    "UPDATE sightings SET product = ?, similarity = ? WHERE id = ?", (product, similarity, number)
                )
                self._database.execute("UPDATE moments SET embedding = ? WHERE sighting = ?", (embedding, number))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """May be called twice."""
        self._database.close()


def _sighting(row: tuple[Any, ...]) -> Sighting:
    told = (*row[:7], Box(*row[7:11]), None, *row[11:])
    return Sighting(*told)
