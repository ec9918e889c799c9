"""What stayed unknown, in the catalogue's database: groups of tracks without a name, each with its best crop."""

import sqlite3
import threading
from typing import List, Optional, Tuple

import numpy as np

from runtime.database import transaction


class Unknowns:
    """The table `unknowns`; not part of what can be undone. Any thread may call it. What fails raises sqlite3.Error."""

    def __init__(self, database: sqlite3.Connection, lock: threading.RLock) -> None:
        """`lock`: let in by it, as all else that uses `database`."""
        self._database = database
        self._lock = lock

    def rows(self) -> List[Tuple[int, str, float, float, int]]:
        """Number, shape, first and last seen, times; the most often seen first."""
        return self._read("SELECT id, shape, first_s, last_s, times FROM unknowns ORDER BY times DESC, last_s DESC")

    def embeddings(self, network: str) -> List[Tuple[int, np.ndarray]]:
        """Number and (d,) float32 of each."""
        rows = self._read("SELECT id, embedding FROM unknowns WHERE network = ?", (network,))
        return [(number, np.frombuffer(embedding, "<f4")) for number, embedding in rows]

    def photo(self, number: int) -> Optional[bytes]:
        """JPEG; None: no such group."""
        rows = self._read("SELECT photo FROM unknowns WHERE id = ?", (number,))
        return rows[0][0] if rows else None

    def views(self, number: int) -> List[Tuple[bytes, np.ndarray]]:
        """JPEG and (d,) float32 of its other sides, the oldest first."""
        rows = self._read("SELECT photo, embedding FROM unknown_views WHERE unknown = ? ORDER BY id", (number,))
        return [(photo, np.frombuffer(embedding, "<f4")) for photo, embedding in rows]

    def add_view(self, number: int, photo: bytes, embedding: np.ndarray) -> None:
        """One more of its sides."""
        data = np.ascontiguousarray(embedding, "<f4").tobytes()
        self._write("INSERT INTO unknown_views (unknown, photo, embedding) VALUES (?, ?, ?)", (number, photo, data))

    def add(self, shape: str, times_s: Tuple[float, float], photo: bytes, network: str, embedding: np.ndarray) -> None:
        """`times_s`: first and last seen, since 1970."""
        data = np.ascontiguousarray(embedding, "<f4").tobytes()
        columns = "shape, first_s, last_s, times, photo, network, embedding"
        sql = "INSERT INTO unknowns ({}) VALUES (?, ?, ?, 1, ?, ?, ?)".format(columns)
        self._write(sql, (shape,) + times_s + (photo, network, data))

    def see(self, number: int, last_s: float, photo: Optional[bytes]) -> None:
        """Once more; None: the photo stays."""
        sql = "UPDATE unknowns SET last_s = ?, times = times + 1, photo = COALESCE(?, photo) WHERE id = ?"
        self._write(sql, (last_s, photo, number))

    def drop(self, number: int) -> None:
        """Also where it is gone already."""
        self._write("DELETE FROM unknowns WHERE id = ?", (number,))

    def bound(self, most: int, oldest_s: float) -> None:
        """Those last seen before `oldest_s` go, and the oldest beyond `most`."""
        sql = "id NOT IN (SELECT id FROM unknowns ORDER BY last_s DESC LIMIT ?)"
        if self._read("SELECT 1 FROM unknowns WHERE last_s < ? OR {} LIMIT 1".format(sql), (oldest_s, most)):
            self._write("DELETE FROM unknowns WHERE last_s < ? OR {}".format(sql), (oldest_s, most))

    def _read(self, sql: str, values: tuple = ()) -> list:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def _write(self, sql: str, values: tuple) -> None:
        with self._lock, transaction(self._database):
            self._database.execute(sql, values)
