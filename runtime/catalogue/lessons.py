"""The lesson that is going on: followed from a tap in the live picture until its object has a name, one at a time."""

import queue
import threading
import time
from typing import List, Optional, Sequence, Tuple

import numpy as np

from runtime.catalogue.following import Crop, Following, View
from runtime.catalogue.knowledge import Knowledge
from runtime.catalogue.lesson import IDLE, Lesson, LessonState
from runtime.catalogue.likeness import Likeness, likeness_of
from runtime.catalogue.names import product_name
from runtime.catalogue.photos import jpeg_of, sharpness_of
from runtime.catalogue.store import NewView
from runtime.errors import CatalogueError
from runtime.frame import Observation

WAITING = 16
"""Crops that wait for stage 2 at most; beyond, new ones are left."""
LEFT_S = 60.0
"""After so long without a word from who gives it, looking at its state aside, a lesson may be taken over."""


class Lessons:
    """`see` belongs to the thread that presents and never waits, `look` to one other; the rest to any.

    CatalogueError: what was asked for makes no sense now; nothing is changed then.
    """

    def __init__(self, knowledge: Knowledge, source: str) -> None:
        """`source`: what the views are from, as it may be shown."""
        self._knowledge = knowledge
        self._source = source
        self._lock = threading.RLock()
        self._lesson: Optional[Lesson] = None
        self._count = 0
        self._newest: Optional[Observation] = None
        self._shape: Sequence[int] = (1, 1)
        self._queue: "queue.Queue[Optional[Tuple[Lesson, Crop]]]" = queue.Queue(WAITING)

    def see(self, observation: Observation) -> None:
        """A new frame before anything is drawn on it."""
        lesson = self._lesson
        if lesson is not None and lesson.chosen is None and lesson.following.ended is None:
            crop = lesson.following.crop(observation)
            if crop is not None:
                try:
                    self._queue.put_nowait((lesson, crop))
                except queue.Full:
                    pass  # another view comes in a moment
        frame = observation.frame
        self._newest = observation._replace(frame=frame._replace(image=frame.image[:0], prepared=None))
        self._shape = frame.image.shape

    def look(self, wait_s: float) -> None:
        """Have stage 2 look at the next crop; without one, return after `wait_s`, or when they are closed."""
        try:
            waiting = self._queue.get(timeout=wait_s)
        except queue.Empty:
            return
        if waiting is not None:
            lesson, crop = waiting
            jpeg, embedding, _ = self._knowledge.view_of(jpeg_of(crop.image))
            view = View(jpeg, embedding, sharpness_of(crop.image))
            with self._lock:
                lesson.add(view, crop.seconds)

    def begin(self, x: float, y: float) -> LessonState:
        """Follow what is at `x`, `y`, in shares of the picture."""
        observation = self._newest
        track = None if observation is None else self._track_at(observation, x, y)
        if observation is None or track is None:
            raise CatalogueError("nothing is found there: tap on an object with a frame around it")
        with self._lock:
            lesson = self._lesson
            if lesson is not None and time.monotonic() - lesson.touched_s < LEFT_S:
                raise CatalogueError("another lesson is going on: finish or cancel it first")
            self._count += 1
            following = Following(track, self._knowledge.bundle.crop_margin)
            self._lesson = Lesson(self._count, following, time.monotonic(), _name_of(observation, track))
            return self._lesson.state()

    def _track_at(self, observation: Observation, x: float, y: float) -> Optional[int]:
        """The smallest box around the point."""
        height, width = self._shape[:2]
        x, y = x * width, y * height
        rows = zip(observation.detections.boxes_px.tolist(), observation.track_ids.tolist())
        around = [((x2 - x1) * (y2 - y1), track) for (x1, y1, x2, y2), track in rows if x1 <= x <= x2 and y1 <= y <= y2]
        return min(around)[1] if around else None

    def state(self) -> LessonState:
        """Of the lesson that is going on."""
        with self._lock:
            if self._lesson is None:
                return LessonState(0, IDLE, 0.0, 0)
            return self._lesson.state()

    def enough(self, number: int) -> LessonState:
        """Follow no longer."""
        with self._lock:
            self._current(number).choose()
            return self.state()

    def cancel(self, number: int) -> None:
        """Learn nothing."""
        with self._lock:
            self._current(number)
            self._lesson = None

    def view(self, number: int, index: int) -> bytes:
        """JPEG of a chosen view."""
        with self._lock:
            chosen = self._current(number).chosen or []
        if not 0 <= index < len(chosen):
            raise CatalogueError("no such view")
        return chosen[index].jpeg

    def likeness(self, number: int, name: str = "") -> Optional[Likeness]:
        """Of the lesson's views to what is known, the product `name` aside."""
        with self._lock:
            views = self._current(number).choose()
        knowledge = self._knowledge
        return likeness_of(_stacked(views), knowledge.bundle.gallery, knowledge.known, [name]) if views else None

    def suggestions(self, number: int, most: int = 4) -> List[str]:
        """Names of what the lesson's object looks most like."""
        with self._lock:
            lesson = self._current(number)
            views = lesson.chosen or list(lesson.views)
        known = self._knowledge.known
        if not views or not len(known.gallery.products):
            return []
        best = _stacked(views).dot(known.gallery.prototypes.T).max(axis=0)
        names: List[str] = []
        for row in best.argsort()[::-1].tolist():
            product = known.gallery.products.item(row)
            if product >= 0 and known.products[product] not in names:
                names.append(known.products[product])
            if len(names) == most:
                break
        return names

    def learn(self, number: int, name: str, more: bool) -> str:
        """Give the lesson's object its name: the next frame says it. `more`: the name may be known.

        Where it had another name, its views are corrections: examples against that name, too.
        """
        name = product_name(name)
        with self._lock:
            lesson = self._current(number)
            wrong = lesson.said if lesson.said != name else None
            self._knowledge.teach(name, _new_views(lesson, wrong), self._source, more)
            self._lesson = None
        return name

    def ignore(self, number: int) -> None:
        """The lesson's object is nothing to be named, whatever it was taken for."""
        with self._lock:
            lesson = self._current(number)
            self._knowledge.never_name(_new_views(lesson, lesson.said), self._source)
            self._lesson = None

    def _current(self, number: int) -> Lesson:
        if self._lesson is None or self._lesson.number != number:
            raise CatalogueError("this lesson is over: tap on the object again")
        self._lesson.touched_s = time.monotonic()
        return self._lesson

    def close(self) -> None:
        """Whoever is in `look` returns."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            pass  # then it does not wait


def _name_of(observation: Observation, track: int) -> Optional[str]:
    """Of a track that is in it; None: it has none."""
    names, products = observation.names, observation.words.products
    if names is None or products is None:
        return None
    number = int(names.products[observation.track_ids.tolist().index(track)])
    return products[number] if number >= 0 else None


def _new_views(lesson: Lesson, instead_of: Optional[str]) -> List[NewView]:
    """Of a lesson, to be taught. CatalogueError: it has none."""
    views = [NewView(view.jpeg, view.embedding, instead_of) for view in lesson.choose()]
    if not views:
        raise CatalogueError("nothing was seen of it: hold it closer, and tap on it again")
    return views


def _stacked(views: List[View]) -> np.ndarray:
    return np.array([view.embedding for view in views], np.float32)
