"""The thread that writes a history: the loop hands over and never waits."""

import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from typing import Callable, List, Optional

from runtime.clock import MonotonicClock
from runtime.database import is_damage
from runtime.errors import SinkError
from runtime.history.moment import with_jpeg
from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.settings import Keep

log = logging.getLogger(__name__)

BATCH_S = 1.0
"""Between two batches: a kill takes this and the time of one commit."""
WAITING = 2000
"""Sightings that wait for a slow or full disk at most; beyond, the oldest are dropped and counted."""
CUTS_WAITING = 200
"""Beyond so many a sighting waits without its crop."""
FORGET_EVERY_S = 60.0
CLOSE_S = 3.0


class HistoryWriter:
    """Of one run. `epoch_s` tells the run's beginning by the wall clock as it goes now; None for a file."""

    def __init__(
        self,
        store: Store,
        keep: Keep = Keep(),
        epoch_s: Callable[[], Optional[float]] = lambda: None,
        batch_s: float = BATCH_S,
    ) -> None:
        self._store, self._epoch_s, self._batch_s = store, epoch_s, batch_s
        self.keep = keep
        """What stays; may be changed while it writes."""
        self._clock = MonotonicClock()
        self._forget_at_s = self._clock.now_s()
        self._lock = threading.Lock()
        self._waiting: "OrderedDict[int, Sighting]" = OrderedDict()
        self.dropped = 0
        self._is_failing = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def put(self, sighting: Sighting) -> None:
        """Hand over what is known of a track now; what waits of the same track is replaced."""
        with self._lock:
            if len(self._waiting) >= CUTS_WAITING:
                sighting = sighting._replace(cut=None)  # the row counts more, and a cut may be as large as a picture
            self._wait_in_line(sighting)

    def _wait_in_line(self, sighting: Sighting) -> None:
        before = self._waiting.get(sighting.track)
        self._waiting[sighting.track] = sighting if before is None else _with_moment_of(sighting, before)
        if len(self._waiting) > WAITING:
            self._waiting.popitem(last=False)
            self.dropped += 1

    def _run(self) -> None:
        is_last, due_s = False, self._clock.now_s()
        while not is_last:
            due_s = max(due_s + self._batch_s, self._clock.now_s())  # a slow commit does not put off the next one
            is_last = self._ending.wait(due_s - self._clock.now_s())
            with self._lock:
                batch = list(self._waiting.values())
                self._waiting.clear()
            batch = [with_jpeg(sighting) for sighting in batch]
            try:
                self._write(batch)
            except sqlite3.Error as error:
                self._put_back(batch)
                self._mend(error)
        self._store.close()

    def _mend(self, error: sqlite3.Error) -> None:
        """Where the file is damaged there will be a new one; else it is tried again, and a line says so once."""
        problem: Exception = error
        if is_damage(error):
            try:
                return self._store.begin_anew(error)
            except (SinkError, sqlite3.Error) as another:
                problem = another
        if not self._is_failing:
            log.error("the history waits, the rest goes on: %s", problem)
        self._is_failing = True

    def _write(self, batch: List[Sighting]) -> None:
        now_s = self._clock.now_s()
        if now_s >= self._forget_at_s:  # before writing: on a full disk it is what makes room
            self._forget_at_s = now_s + FORGET_EVERY_S
            self._store.forget(self.keep, time.time())
        if batch:
            self._store.write(batch, self._epoch_s())
            if self._is_failing:
                log.warning("the history is written again%s", self._loss())
            self._is_failing = False

    def _put_back(self, batch: List[Sighting]) -> None:
        with self._lock:
            newer = list(self._waiting.values())
            self._waiting.clear()
            for sighting in batch + newer:
                self._wait_in_line(sighting)

    def _loss(self) -> str:
        return "; {} sightings are not in it".format(self.dropped) if self.dropped else ""

    def close(self) -> None:
        """Write what waits. May be called twice."""
        self._ending.set()
        self._thread.join(CLOSE_S)


def _with_moment_of(newer: Sighting, older: Sighting) -> Sighting:
    """A crop that was told and not yet written is still the best one, unless a newer came."""
    if newer.crop is not None or newer.cut is not None or newer.embedding is not None:
        return newer
    return newer._replace(crop=older.crop, cut=older.cut, embedding=older.embedding)
