"""Between the loop, which watches a shelf, and the page, which shows and teaches it: for any thread."""

import threading
from collections import deque
from typing import Deque, List, NamedTuple, Optional

import numpy as np

from runtime.shelf.layout import Layout
from runtime.shelf.watch import Change

KEPT = 50
"""Alerts, each with a crop of some 100 kB at most."""


class Alert(NamedTuple):
    """One change, and how it looked."""

    number: int
    """From 1."""
    epoch_s: Optional[float]
    """None for a file, which has no date."""
    change: Change
    crop: np.ndarray
    """(h, w, 3) uint8 BGR, a copy."""

    @property
    def crop_path(self) -> str:
        """Where the page has it."""
        return "shelf/alerts/{}.jpg".format(self.number)


class ShelfDesk:
    """Requests wait here until the loop comes by; answers until whoever asked does."""

    def __init__(self, path: str, picture: Optional[bytes] = None) -> None:
        """`path`: where a layout that is taught is kept; `picture`: that of the layout that is watched."""
        self.path = path
        self._picture = picture
        self._lock = threading.Condition()
        self._alerts: Deque[Alert] = deque(maxlen=KEPT)
        self._number = 0
        self._is_asked = False
        self._taught: Optional[Layout] = None
        self._given: Optional[Layout] = None

    def add_alert(self, epoch_s: Optional[float], change: Change, crop: np.ndarray) -> Alert:
        """By the loop; the oldest leaves."""
        with self._lock:
            self._number += 1
            alert = Alert(self._number, epoch_s, change, crop)
            self._alerts.append(alert)
        return alert

    def alerts(self) -> List[Alert]:
        """Newest first."""
        with self._lock:
            return list(self._alerts)[::-1]

    def teach(self, timeout_s: float) -> Optional[Layout]:
        """Ask the loop for a layout of what stands there, and wait for it; None where none came in time."""
        with self._lock:
            self._is_asked, self._taught = True, None
            self._lock.wait_for(lambda: self._taught is not None, timeout_s)
            self._is_asked = False
            return self._taught

    def is_asked(self) -> bool:
        """Whether somebody waits for a layout."""
        return self._is_asked

    def answer(self, layout: Layout) -> None:
        """By the loop."""
        with self._lock:
            self._is_asked, self._taught, self._picture = False, layout, layout.picture
            self._lock.notify_all()

    def give(self, slots: Layout) -> Layout:
        """Have the loop watch other slots from now on, in shares of the picture that was taught; the whole layout."""
        with self._lock:
            self._given = layout = slots._replace(picture=self._picture)
        return layout

    def take_given(self) -> Optional[Layout]:
        """By the loop: a layout to watch from now on, once."""
        if self._given is None:
            return None
        with self._lock:
            given, self._given = self._given, None
        return given
