"""The looks at a shelf: what they find, and the thread that they run in beside a loop that is live."""

import logging
import threading
import time
from typing import Dict, NamedTuple, Optional, Sequence

import numpy as np

from runtime.clock import MonotonicClock
from runtime.figures.shelf import ShelfNow
from runtime.frame import EndOfStream, Frame
from runtime.newest import NewestSlot
from runtime.seen import SeenObject
from runtime.shelf.desk import ShelfDesk
from runtime.shelf.layout import HIDDEN, Slot
from runtime.shelf.view import Box
from runtime.shelf.watch import Change, ShelfWatch

log = logging.getLogger(__name__)

CLOSE_S = 1.0
"""How long the last look is waited for: it takes some milliseconds."""
WAIT_S = 60.0
"""For the next look, over and over; the end comes at once."""


class Look(NamedTuple):
    """What there is to look at."""

    watch: ShelfWatch
    frame: Frame
    """Nobody draws on its image."""
    objects: Sequence[SeenObject] = ()


class Found(NamedTuple):
    """What a shelf looks like by one look; stays as it is."""

    watch: ShelfWatch
    slots: Sequence[Slot]
    boxes_px: Sequence[Box]
    """Where each slot is; empty before the first look."""
    now: ShelfNow


class Looker:
    """`look` belongs to one thread, `found` to any."""

    def __init__(self, desk: ShelfDesk, clock: MonotonicClock) -> None:
        self.found: Optional[Found] = None
        """By the newest look."""
        self._desk = desk
        self._clock = clock
        self._crops: Dict[str, str] = {}
        """Of each slot that has changed, where the page has the newest picture of it."""
        self._is_off = self._is_failing = False

    def look(self, look: Look) -> None:
        """Never raises: a shelf that cannot be looked at is hidden after a while, and the rest goes on."""
        watch, frame = look.watch, look.frame
        try:
            if frame.id is None:
                watch.cover(frame.shown_s)
            else:
                self._update(look)
            self._is_failing = False
        except Exception as error:  # whatever it is, the camera goes on
            if not self._is_failing:
                log.error("the shelf cannot be looked at, the rest goes on: %s: %s", type(error).__name__, error)
            self._is_failing = True
            watch.cover(frame.shown_s)
        self.found = self.found_by(watch)

    def found_by(self, watch: ShelfWatch) -> Found:
        """As `watch` has it, which nobody looks by meanwhile."""
        now = watch.now()
        slots = tuple(slot._replace(crop=self._crops.get(slot.slot)) for slot in now.slots)
        return Found(watch, watch.layout.slots, tuple(watch.boxes), now._replace(slots=slots))

    def _update(self, look: Look) -> None:
        watch, frame = look.watch, look.frame
        moved = watch.moved
        for change in watch.update(frame.shown_s, frame.image, look.objects):
            self._tell(change, frame)
        if watch.moved != moved:
            log.info("the camera was moved: the layout of the shelf goes along")
        if watch.view.is_off != self._is_off:
            self._is_off = watch.view.is_off
            if self._is_off:
                log.warning(
                    "the shelf is not where it was taught, or in the dark: set the camera right, or teach it anew on "
                    "the page"
                )

    def _tell(self, change: Change, frame: Frame) -> None:
        if change.before == HIDDEN:
            return  # the first that is known of it
        log.info("shelf: %s is %s (was %s)", change.slot, change.after, change.before)
        left, top, right, bottom = (max(0, int(side)) for side in change.box_px)
        epoch_s = None if frame.source_s is not None else time.time() - (self._clock.now_s() - frame.captured_s)
        alert = self._desk.add_alert(epoch_s, change, np.array(frame.image[top : bottom + 1, left : right + 1]))
        self._crops[change.slot] = alert.crop_path


class LookingThread:
    """Of one looker: one look waits at most, and a newer one takes its place. Who puts one never waits."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker
        self._waiting: NewestSlot[Look] = NewestSlot()
        self._thread = threading.Thread(target=self._run, name="shelf", daemon=True)
        self._thread.start()

    def put(self, look: Look) -> None:
        """Hand over what nobody else touches from now on."""
        self._waiting.put(look)

    def _run(self) -> None:
        while True:
            try:
                look = self._waiting.take(WAIT_S)
            except EndOfStream:
                return
            if look is not None:
                self._looker.look(look)

    def close(self) -> None:
        """Have what waits looked at, within CLOSE_S. May be called twice."""
        self._waiting.fail(EndOfStream())
        self._thread.join(CLOSE_S)
