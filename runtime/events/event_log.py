"""The newest events, kept for whoever asks what came since."""

import threading
from collections import Counter, deque
from typing import Deque, Dict, Iterable, List, Tuple

from runtime.events.event import Event

KEPT = 200
"""For a reader who was away for a moment."""


class EventLog:
    """For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: Deque[Event] = deque(maxlen=KEPT)
        self._counts: Counter = Counter()

    def add(self, events: Iterable[Event]) -> None:
        """At the end; the oldest leave."""
        with self._lock:
            for event in events:
                self._events.append(event)
                self._counts[event.kind, event.product or ""] += 1

    @property
    def last_number(self) -> int:
        """0 before the first event."""
        with self._lock:
            return self._events[-1].number if self._events else 0

    def counts(self) -> Dict[Tuple[str, str], int]:
        """Of the whole run, by kind and product ("" where there is none)."""
        with self._lock:
            return dict(self._counts)

    def since(self, number: int) -> List[Event]:
        """Those after `number`, oldest first."""
        with self._lock:
            return [event for event in self._events if event.number > number]
