"""A shelf as an overlay: watched by what is presented, drawn over it, told in the figures and at the desk."""

import logging
from typing import Dict, List, Optional, Tuple

import cv2
import numpy as np

from runtime.clock import MonotonicClock
from runtime.figures.figures import Figures
from runtime.figures.shelf import ShelfNow
from runtime.frame import Frame, Observation
from runtime.picture.overlay import Overlay
from runtime.picture.tiles import Colour, LabelTiles, paste
from runtime.seen import objects_in
from runtime.shelf.desk import ShelfDesk
from runtime.shelf.layout import EMPTY, FILLED, HIDDEN, LOW, UNKNOWN, WRONG, Layout
from runtime.shelf.looking import Found, Look, Looker, LookingThread
from runtime.shelf.reference import grey_of, picture_of, small_of
from runtime.shelf.teaching import layout_of
from runtime.shelf.watch import LOOK_S, ShelfWatch

log = logging.getLogger(__name__)

COLOURS: Dict[str, Colour] = {
    FILLED: (120, 190, 90),
    LOW: (60, 190, 250),
    EMPTY: (60, 60, 230),
    WRONG: (200, 80, 200),
    UNKNOWN: (150, 150, 150),
    HIDDEN: (110, 110, 110),
}
LABEL_PX = 12
REFERENCE_HEIGHT_PX = 480
TEACH_FRAMES = 15
"""A layout is what shows most of so many: stage 1 overlooks something on single ones."""
ASPECT_SLACK = 0.02


class ShelfOverlay(Overlay):
    """Without a layout it waits until it is taught one.

    Copies of a live camera's pictures are looked at in a thread beside; a file's on the thread that presents, so that
    it comes out the same each time.
    """

    def __init__(self, layout: Optional[Layout], desk: ShelfDesk, clock: Optional[MonotonicClock] = None) -> None:
        self._desk = desk
        self._tiles = LabelTiles()
        self._lessons: List[Tuple[Layout, np.ndarray]] = []
        """Layouts, and the small grey pictures that they are of."""
        self._aspect = 0.0
        self._looker = Looker(desk, clock or MonotonicClock())
        self._thread: Optional[LookingThread] = None
        self._watch: Optional[ShelfWatch] = None
        self._found: Optional[Found] = None
        self._looked_s = float("-inf")
        """When a frame was handed over last."""
        if layout is not None:
            self._watch_by(ShelfWatch(layout))

    def see(self, observation: Observation) -> None:
        frame = observation.frame
        if frame.id is None:
            if self._watch is not None:
                self._look(Look(self._watch, frame))
            return
        given = self._desk.take_given()
        if given is not None:
            self._watch_by(ShelfWatch(given, self._watch))
        if self._desk.is_asked():
            self._teach(observation)
        if self._watch is None:
            return
        self._check_aspect(self._watch.layout, frame)
        if frame.shown_s - self._looked_s >= LOOK_S:
            self._looked_s = frame.shown_s
            self._look(Look(self._watch, frame, objects_in(observation)))
        self._take_found()

    def draw(self, picture: np.ndarray) -> None:
        if self._found is None:
            return
        scale = min(max(picture.shape[0] / REFERENCE_HEIGHT_PX, 0.5), 3.0)
        for slot, box in zip(self._found.now.slots, self._found.boxes_px):
            left, top, right, bottom = (int(side) for side in box)
            colour = COLOURS[slot.state]
            cv2.rectangle(picture, (left, top), (right, bottom), colour, max(1, int(scale)))
            if slot.state != FILLED:
                text = "{}: {}".format(slot.product, slot.state)
                paste(picture, self._tiles.tile(text, colour, int(LABEL_PX * scale)), left, bottom)

    def told(self, figures: Figures) -> Figures:
        self._take_found()
        return figures._replace(shelf=ShelfNow() if self._found is None else self._found.now)

    def end(self) -> None:
        if self._thread is not None:
            self._thread.close()
            self._thread = None

    def _look(self, look: Look) -> None:
        if look.frame.source_s is not None or (look.frame.id is None and self._thread is None):
            self._looker.look(look)
            return
        if self._thread is None:
            self._thread = LookingThread(self._looker)
        # A copy takes 0.1 ms of 640x480 and 0.4 of 1080p, the small picture that is looked at 0.2 and 2.6.
        frame = look.frame._replace(image=look.frame.image.copy(), prepared=None)
        self._thread.put(look._replace(frame=frame))

    def _take_found(self) -> None:
        """What was found since, unless by a layout that is no more."""
        found = self._looker.found
        if found is not None and found is not self._found and found.watch is self._watch:
            self._show(found)

    def _show(self, found: Found) -> None:
        before, self._found = self._found, found
        if before is None or _drawn(before) != _drawn(found):
            self.version += 1

    def _watch_by(self, watch: ShelfWatch) -> None:
        self._watch, self._aspect, self._looked_s = watch, 0.0, float("-inf")
        self._show(self._looker.found_by(watch))

    def _teach(self, observation: Observation) -> None:
        image = observation.frame.image
        self._lessons.append((layout_of(objects_in(observation), image.shape[1::-1]), grey_of(small_of(image))))
        if len(self._lessons) >= TEACH_FRAMES:
            layout, grey = max(self._lessons, key=lambda one: sum(slot.facings for slot in one[0].slots))
            layout = layout._replace(picture=picture_of(grey))
            self._lessons = []
            if layout.slots:
                self._watch_by(ShelfWatch(layout))
            self._desk.answer(layout)

    def _check_aspect(self, layout: Layout, frame: Frame) -> None:
        height, width = frame.image.shape[:2]
        if width / height != self._aspect:
            self._aspect = width / height
            if layout.aspect is not None and abs(self._aspect / layout.aspect - 1) > ASPECT_SLACK:
                log.warning(
                    "the shelf was taught on a picture of %.2f to 1, this one is %dx%d (%.2f to 1): teach it anew",
                    layout.aspect,
                    width,
                    height,
                    self._aspect,
                )


def _drawn(found: Found) -> Tuple:
    return found.slots, found.boxes_px, [slot.state for slot in found.now.slots]
