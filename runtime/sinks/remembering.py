"""The sink that remembers: a row for each track that was seen, in a SQLite database, by a thread of its own."""

import contextlib
import time
from collections import Counter
from typing import Dict, List, Optional

import numpy as np

from runtime.clock import MonotonicClock
from runtime.frame import Frame, Observation
from runtime.history.moment import cut
from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.history.writer import HistoryWriter
from runtime.outputs import claimed
from runtime.seen import SeenObject, objects_in
from runtime.settings import Keep, Settings
from runtime.sinks.recordable import check_recordable
from runtime.sinks.sink import ObservingSink

LEAST_FRAMES = 3
"""Of a sighting: what was seen in fewer was a flicker."""
TELL_EVERY_S = 0.5
"""Of a track that stays: a kill takes this and the writer's batch, which is twice as long, and one commit."""
GONE_S = 10.0
"""Longer than the tracker looks for a lost one: then it is forgotten here, its row stays."""


class _Known:
    """A track so far."""

    __slots__ = ("sighting", "told_s")

    def __init__(self, sighting: Sighting) -> None:
        self.sighting = sighting
        self.told_s = float("-inf")


class Book:
    """A database and the run in it that is written: of one camera, or of all that a program has."""

    def __init__(self, path: str, source: str, keep: Keep, recogniser: Optional[str]) -> None:
        """SinkError: it cannot be written, or another program writes there."""
        check_recordable(path)
        self.path = path
        self._claim = contextlib.ExitStack()
        self._claim.enter_context(claimed(path))
        self._clock = MonotonicClock()
        self._first_s: Optional[float] = None
        try:
            self.writer = HistoryWriter(Store(path, source, recogniser), keep, self._epoch_s)
        except BaseException:
            self._claim.close()
            raise

    def begin(self, live_s: float) -> float:
        """When the run began, on the clock of frames: with the first live frame of any camera, which may be this."""
        if self._first_s is None:
            self._first_s = live_s
        return self._first_s

    def _epoch_s(self) -> Optional[float]:
        """When this run began by the wall clock as it goes now, which may be set later; None for a file."""
        return None if self._first_s is None else time.time() - (self._clock.now_s() - self._first_s)

    def close(self) -> None:
        """Write what waits. May be called twice."""
        self.writer.close()
        self._claim.close()


class RememberingSink(ObservingSink):
    """Sightings of this run go on in the database that is there. The loop pays for a look at each object, and for a
    copy of its crop where that is its best yet."""

    def __init__(
        self,
        path: str,
        source: str,
        keep: Keep = Keep(),
        recogniser: Optional[str] = None,
        camera: Optional[str] = None,
        book: Optional[Book] = None,
    ) -> None:
        """`source`: as it may be shown; `recogniser`: see Bundle; `camera`: its name, where it has one; `book`: one
        that is open already, and stays another's.

        SinkError: it cannot be written, or another run writes there.
        """
        self.name = path
        self._camera = camera
        self._is_ours = book is None
        self._book = book or Book(path, source, keep, recogniser)
        self._writer = self._book.writer
        self._tracks: Dict[int, _Known] = {}

    def beside(self, camera: str) -> "RememberingSink":
        """Another camera's, in the same run. Close it before this one."""
        return RememberingSink(self.name, "", camera=camera, book=self._book)

    def see(self, observation: Observation) -> None:
        if self.first_s is None and observation.frame.source_s is None:
            self.first_s = self._book.begin(observation.frame.shown_s)
        super().see(observation)

    def observe(self, observation: Observation, seconds: float) -> None:
        objects = objects_in(observation)
        counts = Counter(one.name for one in objects)
        for one in objects:
            self._note(one, seconds, observation.frame, counts[one.name])
        self._forget_gone(seconds)

    def _note(self, one: SeenObject, now_s: float, frame: Frame, count: int) -> None:
        """`count`: objects of its name in this frame."""
        known = self._tracks.get(one.track)
        if known is None:
            first = Sighting(one.track, one.product, one.shape, now_s, now_s, 1, one.similarity, one.box, frame.file)
            first = first._replace(at_once=count, camera=self._camera)
            self._tracks[one.track] = _Known(_at_its_best(first, one, frame.image))
            return
        before = known.sighting
        is_renamed = one.product != before.product
        sighting = before._replace(last_s=now_s, frames=before.frames + 1, at_once=max(before.at_once, count))
        if is_renamed or (one.similarity or -1.0) > (before.similarity or -1.0):
            sighting = sighting._replace(
                product=one.product,
                similarity=one.similarity,
                box=one.box,
                at_once=count if is_renamed else sighting.at_once,
                is_corrected=before.is_corrected or (is_renamed and before.product is not None),
            )
            sighting = _at_its_best(sighting, one, frame.image)
        known.sighting = sighting
        if sighting.frames >= LEAST_FRAMES and (is_renamed or now_s - known.told_s >= TELL_EVERY_S):
            known.told_s = now_s
            self._tell(known)

    def _forget_gone(self, now_s: float) -> None:
        gone: List[int] = [track for track, known in self._tracks.items() if now_s - known.sighting.last_s > GONE_S]
        for track in gone:
            self._tell_last(self._tracks.pop(track))

    def _tell_last(self, known: _Known) -> None:
        if known.sighting.frames >= LEAST_FRAMES and known.sighting.last_s > known.told_s:
            self._tell(known)

    def _tell(self, known: _Known) -> None:
        self._writer.put(known.sighting)
        known.sighting = known.sighting._replace(cut=None, embedding=None)  # told once

    def take_up(self, settings: Settings) -> None:
        self._writer.keep = settings.history_keep

    def close(self) -> None:
        for known in self._tracks.values():
            self._tell_last(known)
        self._tracks.clear()
        if self._is_ours:
            self._book.close()


def _at_its_best(sighting: Sighting, one: SeenObject, image: np.ndarray) -> Sighting:
    """With the crop and the embedding of this moment."""
    embedding = None if one.embedding is None else one.embedding.astype("<f2").tobytes()
    return sighting._replace(cut=cut(image, one.box), embedding=embedding)
