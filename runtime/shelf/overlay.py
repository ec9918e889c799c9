"""A shelf as an overlay: watched by what is presented, drawn over it, told in the figures and at the desk."""

import logging
import time
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
from runtime.shelf.reference import grey_of, picture_of, small_of
from runtime.shelf.teaching import layout_of
from runtime.shelf.watch import Change, ShelfWatch

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
    """Without a layout it waits until it is taught one."""

    def __init__(self, layout: Optional[Layout], desk: ShelfDesk, clock: Optional[MonotonicClock] = None) -> None:
        self._desk = desk
        self._clock = clock or MonotonicClock()
        self._tiles = LabelTiles()
        self._lessons: List[Tuple[Layout, np.ndarray]] = []
        """Layouts, and the small grey pictures that they are of."""
        self._crops: Dict[str, str] = {}
        """Of each slot that has changed, where the page has the newest picture of it."""
        self._is_off = False
        self._aspect = 0.0
        self._watch = None if layout is None else ShelfWatch(layout)
        self._shown: Tuple = ()
        """Where the slots are and how, as `version` says."""

    def see(self, observation: Observation) -> None:
        frame = observation.frame
        if frame.id is None:
            if self._watch is not None:
                self._watch.cover(frame.shown_s)
            return
        given = self._desk.take_given()
        if given is not None:
            self._watch_by(ShelfWatch(given, self._watch))
        if self._desk.is_asked():
            self._teach(observation)
        if self._watch is None:
            return
        self._check_aspect(self._watch.layout, frame)
        if not self._watch.is_due(frame.shown_s):
            return
        moved = self._watch.moved
        for change in self._watch.update(frame.shown_s, frame.image, objects_in(observation)):
            self._tell(change, frame)
        self._note_change()
        if self._watch.moved != moved:
            log.info("the camera was moved: the layout of the shelf goes along")
        if self._watch.view.is_off != self._is_off:
            self._is_off = self._watch.view.is_off
            if self._is_off:
                log.warning(
                    "the shelf is not where it was taught, or in the dark: set the camera right, or teach it anew on "
                    "the page"
                )

    def draw(self, picture: np.ndarray) -> None:
        if self._watch is None:
            return
        scale = min(max(picture.shape[0] / REFERENCE_HEIGHT_PX, 0.5), 3.0)
        for slot, state, box in zip(self._watch.layout.slots, self._watch.states, self._watch.boxes):
            left, top, right, bottom = (int(side) for side in box)
            colour = COLOURS[state.state]
            cv2.rectangle(picture, (left, top), (right, bottom), colour, max(1, int(scale)))
            if state.state != FILLED:
                text = "{}: {}".format(slot.product, state.state)
                paste(picture, self._tiles.tile(text, colour, int(LABEL_PX * scale)), left, bottom)

    def told(self, figures: Figures) -> Figures:
        now = ShelfNow() if self._watch is None else self._watch.now()
        slots = tuple(slot._replace(crop=self._crops.get(slot.slot)) for slot in now.slots)
        return figures._replace(shelf=now._replace(slots=slots))

    def _watch_by(self, watch: ShelfWatch) -> None:
        self._watch, self._aspect = watch, 0.0
        self._note_change()

    def _note_change(self) -> None:
        assert self._watch is not None
        shown = self._watch.layout.slots, self._watch.boxes, [state.state for state in self._watch.states]
        if shown != self._shown:
            self._shown = shown
            self.version += 1

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

    def _tell(self, change: Change, frame: Frame) -> None:
        if change.before == HIDDEN:
            return  # the first that is known of it
        log.info("shelf: %s is %s (was %s)", change.slot, change.after, change.before)
        left, top, right, bottom = (max(0, int(side)) for side in change.box_px)
        epoch_s = None if frame.source_s is not None else time.time() - (self._clock.now_s() - frame.captured_s)
        alert = self._desk.add_alert(epoch_s, change, frame.image[top : bottom + 1, left : right + 1].copy())
        self._crops[change.slot] = alert.crop_path

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
