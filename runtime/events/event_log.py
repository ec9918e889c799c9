"""The newest events, kept for whoever asks what came since."""

import threading
from collections import deque
from typing import Deque, Iterable, List

from runtime.events.event import Event

KEPT = 200
"""For a reader who was away for a moment."""


class EventLog:
    """For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: Deque[Event] = deque(maxlen=KEPT)

    def add(self, events: Iterable[Event]) -> None:
        """At the end; the oldest leave."""
        with self._lock:
            self._events.extend(events)

    @property
    def last_number(self) -> int:
        """0 before the first event."""
        with self._lock:
            return self._events[-1].number if self._events else 0

    def since(self, number: int) -> List[Event]:
        """Those after `number`, oldest first."""
        with self._lock:
            return [event for event in self._events if event.number > number]
