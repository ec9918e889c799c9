"""From observations, one after the other, to events."""

import time
from typing import Dict, List, NamedTuple, Optional, Set

from runtime.clock import MonotonicClock
from runtime.events.event import APPEARS, GONE, OFFLINE, ONLINE, UNKNOWN, Event
from runtime.events.places import Places
from runtime.figures.figures import Figures
from runtime.frame import UNKNOWN as NO_PRODUCT
from runtime.frame import Observation
from runtime.seen import SeenObject, objects_in

SURE_FRAMES = 3
"""In which a product is seen before it counts as there: what was seen in fewer was a flicker."""
GONE_S = 3.0
"""Not seen for so long, it is gone: an arm that reaches across takes less."""
UNKNOWN_S = 2.0
"""Something that stays unknown for so long is told: what comes into view in part gets its name by then."""
FORGOTTEN_S = 10.0
"""Longer than the tracker looks for a lost track."""


class _Product:
    """One that is in view, or may come to be."""

    __slots__ = ("frames", "last_s", "is_there", "last")

    def __init__(self) -> None:
        self.frames = 0
        self.last_s = 0.0
        self.is_there = False
        self.last: Optional[SeenObject] = None


class _Unknown(NamedTuple):
    """A track that no name fits."""

    since_s: float
    last_s: float
    is_told: bool


class Changes:
    """Of one run. `note` costs a look at each object; what it keeps is bounded by what was in view lately."""

    def __init__(self, clock: Optional[MonotonicClock] = None) -> None:
        self._clock = clock or MonotonicClock()
        self._products: Dict[str, _Product] = {}
        self._unknown: Dict[int, _Unknown] = {}
        self._places = Places()
        self._number = 0
        self._first_s: Optional[float] = None
        self._last_id = -1
        self._last_s = 0.0
        self._is_offline = False

    def note(self, observation: Observation, figures: Figures) -> List[Event]:
        """What `observation` and the figures of now change, in order. What is shown again changes nothing."""
        frame = observation.frame
        if frame.id is None:
            is_new, self._is_offline = not self._is_offline, True
            return [self._event(OFFLINE, time.time())] if is_new else []
        if frame.id <= self._last_id:
            return []
        self._last_id = frame.id
        if self._first_s is None:
            self._first_s = frame.shown_s
        self._last_s = frame.shown_s - self._first_s
        is_live = frame.source_s is None
        time_s = time.time() - (self._clock.now_s() - frame.captured_s) if is_live else None
        events = [self._event(ONLINE, time_s)] if self._is_offline else []
        self._is_offline = False
        objects = objects_in(observation)
        events += self._appeared(objects, time_s) + self._gone(time_s) + self._strange(observation, objects, time_s)
        return events + self._at_places(figures, time_s)

    def _appeared(self, objects, time_s: Optional[float]) -> List[Event]:
        events = []
        seen: Set[str] = set()
        for one in objects:
            if one.product is None or one.product in seen:
                continue
            seen.add(one.product)
            known = self._products.setdefault(one.product, _Product())
            known.frames += 1
            known.last_s, known.last = self._last_s, one
            if not known.is_there and known.frames >= SURE_FRAMES:
                known.is_there = True
                events.append(self._event(APPEARS, time_s, one))
        return events

    def _gone(self, time_s: Optional[float]) -> List[Event]:
        events = []
        for name, known in list(self._products.items()):
            if self._last_s - known.last_s > GONE_S:
                del self._products[name]
                if known.is_there:
                    events.append(self._event(GONE, time_s, known.last))
        return events

    def _strange(self, observation: Observation, objects, time_s: Optional[float]) -> List[Event]:
        if observation.names is None:
            return []
        events = []
        for one, product in zip(objects, observation.names.products.tolist()):
            if product != NO_PRODUCT:
                if product >= 0:
                    self._unknown.pop(one.track, None)
                continue
            before = self._unknown.get(one.track) or _Unknown(self._last_s, self._last_s, False)
            is_due = not before.is_told and self._last_s - before.since_s >= UNKNOWN_S
            self._unknown[one.track] = _Unknown(before.since_s, self._last_s, before.is_told or is_due)
            if is_due:
                events.append(self._event(UNKNOWN, time_s, one))
        for track, known in list(self._unknown.items()):
            if self._last_s - known.last_s > FORGOTTEN_S:
                del self._unknown[track]
        return events

    def _at_places(self, figures: Figures, time_s: Optional[float]) -> List[Event]:
        return [
            self._event(change.kind, time_s)._replace(
                product=change.product, place=change.place, direction=change.direction, crop=change.crop
            )
            for change in self._places.note(figures)
        ]

    def _event(self, kind: str, time_s: Optional[float], one: Optional[SeenObject] = None) -> Event:
        self._number += 1
        if one is None:
            return Event(self._number, kind, time_s, self._last_s)
        return Event(self._number, kind, time_s, self._last_s, one.product, one.shape, one.track)
