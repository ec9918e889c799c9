"""Counting as an overlay: fed by what is presented, drawn over it, told in the figures."""

import logging
from typing import Callable, List, Optional, Sequence, Tuple

import cv2
import numpy as np

from runtime.counting.counter import Counter, Event
from runtime.counting.desk import ZonesDesk
from runtime.counting.plan import Plan
from runtime.figures.counts import Counts
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.picture.overlay import Overlay
from runtime.picture.tiles import Colour, LabelTiles, paste
from runtime.seen import objects_in

log = logging.getLogger(__name__)

ZONE_COLOUR: Colour = (200, 160, 40)
LINE_COLOUR: Colour = (60, 200, 250)
LABEL_PX = 12
REFERENCE_HEIGHT_PX = 480
LOOK_S = 0.025
"""Between two frames that are looked at: each of a camera up to 40 FPS. Faster, nothing would be counted better."""
ASPECT_SLACK = 0.02
"""How far the picture's shape may be from that of the plan's, as a share."""


class CountingOverlay(Overlay):
    """`listener` gets each event on the presenting thread, and must return at once."""

    def __init__(
        self, plan: Plan, listener: Optional[Callable[[Event], None]] = None, desk: Optional[ZonesDesk] = None
    ) -> None:
        """`desk`: where a plan that is drawn comes from."""
        self._plan = plan
        self._desk = desk
        self._counter = Counter(plan)
        self._listener = listener
        self._tiles = LabelTiles()
        self._counts: Counts = self._counter.counts()
        self._res: Tuple[int, int] = (0, 0)
        self._looked_s = float("-inf")

    def see(self, observation: Observation) -> None:
        given = None if self._desk is None else self._desk.take_given()
        if given is not None:
            self._count_by(given)
        frame = observation.frame
        height, width = frame.image.shape[:2]
        if frame.id is None:
            res = self._res if any(self._res) else (width, height)
            self._tell(self._counter.update(frame.shown_s, (), res))
            return
        if 0.0 <= frame.shown_s - self._looked_s < LOOK_S:
            return
        self._looked_s = frame.shown_s
        if (width, height) != self._res:
            self._res = (width, height)
            self._check_aspect()
        self._tell(self._counter.update(frame.shown_s, objects_in(observation), self._res))

    def draw(self, picture: np.ndarray) -> None:
        height, width = picture.shape[:2]
        scale = min(max(height / REFERENCE_HEIGHT_PX, 0.5), 3.0)
        thickness, size_px = max(1, int(2 * scale)), int(LABEL_PX * scale)
        labels = iter(_labels(self._counter.counts()))
        for zone in self._plan.zones:
            corners = np.array([_pixel(point, width, height) for point in zone.polygon], np.int32)
            cv2.polylines(picture, [corners], True, ZONE_COLOUR, thickness)
            paste(picture, self._tiles.tile(next(labels), ZONE_COLOUR, size_px), *corners[0].tolist())
        for line in self._plan.lines:
            start, end = _pixel(line.start, width, height), _pixel(line.end, width, height)
            cv2.line(picture, start, end, LINE_COLOUR, thickness)
            middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
            cv2.arrowedLine(picture, middle, _inwards(start, end, middle, 22 * scale), LINE_COLOUR, thickness)
            paste(picture, self._tiles.tile(next(labels), LINE_COLOUR, size_px), *start)

    def told(self, figures: Figures) -> Figures:
        self._counts = self._counter.counts()
        return figures._replace(counts=self._counts)

    def end(self) -> None:
        self._tell(self._counter.end())

    def _count_by(self, plan: Plan) -> None:
        counter = Counter(plan)
        counter.take_over(self._counter)
        self._plan, self._counter, self.version = plan, counter, counter.version
        if any(self._res):
            self._check_aspect()

    def _tell(self, events: Sequence[Event]) -> None:
        self.version = self._counter.version
        for event in events:
            log.debug("%s: %s %s", event.place, event.name, event.kind)
            if self._listener is not None:
                self._listener(event)

    def _check_aspect(self) -> None:
        drawn, (width, height) = self._plan.aspect, self._res
        if drawn is not None and abs(width / height / drawn - 1) > ASPECT_SLACK:
            log.warning(
                "the zones were drawn on a picture of %.2f to 1, this one is %dx%d (%.2f to 1): look whether they lie "
                "right, and draw them anew",
                drawn,
                width,
                height,
                width / height,
            )


def _labels(counts: Counts) -> List[str]:
    zones = ["{}: {}".format(zone.name, zone.total.now) for zone in counts.zones]
    return zones + ["{}: {} in, {} out".format(line.name, *line.total) for line in counts.lines]


def _pixel(point: Tuple[float, float], width: int, height: int) -> Tuple[int, int]:
    return int(round(point[0] * (width - 1))), int(round(point[1] * (height - 1)))


def _inwards(start: Tuple[int, int], end: Tuple[int, int], middle: Tuple[int, int], reach_px: float) -> Tuple[int, int]:
    """The tip of an arrow to the right hand of the line."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max(1.0, (dx * dx + dy * dy) ** 0.5)
    return int(middle[0] - dy / length * reach_px), int(middle[1] + dx / length * reach_px)
