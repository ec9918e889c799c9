"""What teaches while the camera runs: follows what was tapped, learns its name, and puts the gallery in use anew."""

import logging
import queue
import sqlite3
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from runtime.bundle import Bundle
from runtime.catalogue.embedder import Embedder
from runtime.catalogue.embedding_again import embed_again
from runtime.catalogue.following import Crop, Following, View
from runtime.catalogue.inbox import Inbox, Watching
from runtime.catalogue.lesson import IDLE, Lesson, LessonState
from runtime.catalogue.likeness import Likeness, likeness_of
from runtime.catalogue.names import product_name
from runtime.catalogue.photos import cut_out, image_from_jpeg, jpeg_of, photo_from_bytes, sharpness_of
from runtime.catalogue.prototypes import known_of
from runtime.catalogue.schema import NOTHING
from runtime.catalogue.seen import Seen
from runtime.catalogue.store import Catalogue, NewView
from runtime.errors import CatalogueError, ShelfsightError
from runtime.frame import Observation
from runtime.gallery import Known

log = logging.getLogger(__name__)

WAITING = 16
"""Crops that wait for stage 2 at most; beyond, new ones are left."""
LEFT_S = 60.0
"""After so long without a word from who gives it, looking at its state aside, a lesson may be taken over."""
CLOSE_S = 0.5
LOOK_EVERY_S = 1.0
"""For changes by another program."""


class Teacher:
    """`see` belongs to the thread that presents and never waits; the rest may be called from any other.

    CatalogueError: what was asked for makes no sense now; nothing is changed then.
    """

    def __init__(self, catalogue: Catalogue, bundle: Bundle, source: str) -> None:
        """Embeds what the bundle's network has not seen. `source`: as it may be shown. Closes the catalogue."""
        self.catalogue = catalogue
        self.bundle = bundle
        self.inbox = Inbox(catalogue)
        self._embedder = Embedder(bundle)
        self._source = source
        self._lock = threading.RLock()
        self._lesson: Optional[Lesson] = None
        self._lessons = 0
        self._newest: Optional[Observation] = None
        self._shape: Sequence[int] = (1, 1)
        self._seen = Seen(bundle.crop_margin)
        self._watching = Watching(bundle.crop_margin)
        self._use: Callable[[Known], None] = lambda known: None
        embed_again(catalogue, self._embedder, _tell_progress)
        self._version = catalogue.version()
        self.known = self._read_known()
        """What is named now; replaced as a whole."""
        self._queue: "queue.Queue[Optional[Tuple[Lesson, Crop]]]" = queue.Queue(WAITING)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teaching", daemon=True)
        self._thread.start()

    def use(self, take_up: Callable[[Known], None]) -> None:
        """`take_up` gets what is known: now, and after each change."""
        self._use = take_up
        take_up(self.known)

    # from the loop

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
        self._watching.see(observation)
        self._seen.see(observation)
        frame = observation.frame
        self._newest = observation._replace(frame=frame._replace(image=frame.image[:0], prepared=None))
        self._shape = frame.image.shape

    def seen(self) -> Dict[str, Dict[str, float]]:
        """By name what was named in this run: `times`, and `last_s` since 1970."""
        ahead_s = time.time() - time.monotonic()
        products = self._seen.products()
        return {name: {"times": one.times, "last_s": one.last_s + ahead_s} for name, one in products.items()}

    def cover(self, name: str) -> bytes:
        """JPEG of a product: the newest photo that it was taught from, else how it was seen. CatalogueError: none."""
        product = self.catalogue.named(name)
        if product is not None and product.cover is not None:
            return self.catalogue.photo(product.cover)
        seen = self._seen.products().get(name)
        if seen is None or seen.crop is None:
            raise CatalogueError("no photo of {}: it was not seen yet".format(name))
        return jpeg_of(seen.crop)

    # lessons

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
            self._lessons += 1
            following = Following(track, self.bundle.crop_margin)
            self._lesson = Lesson(self._lessons, following, time.monotonic(), _name_of(observation, track))
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
        return likeness_of(_stacked(views), self.bundle.gallery, self.known, [name]) if views else None

    def suggestions(self, number: int, most: int = 4) -> List[str]:
        """Names of what the lesson's object looks most like."""
        with self._lock:
            lesson = self._current(number)
            views = lesson.chosen or list(lesson.views)
        known = self.known
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
            views = lesson.choose()
            if not views:
                raise CatalogueError("nothing was seen of it: hold it closer, and tap on it again")
            wrong = lesson.said if lesson.said != name else None
            self._teach(name, [NewView(view.jpeg, view.embedding, wrong) for view in views], self._source, more)
            self._lesson = None
        return name

    def ignore(self, number: int) -> None:
        """The lesson's object is nothing to be named, whatever it was taken for."""
        with self._lock:
            lesson = self._current(number)
            views = [NewView(view.jpeg, view.embedding, lesson.said) for view in lesson.choose()]
            if not views:
                raise CatalogueError("nothing was seen of it: hold it closer, and tap on it again")
            self._never_name(views, self._source)
            self._lesson = None

    def _current(self, number: int) -> Lesson:
        if self._lesson is None or self._lesson.number != number:
            raise CatalogueError("this lesson is over: tap on the object again")
        self._lesson.touched_s = time.monotonic()
        return self._lesson

    # from photos, and from what stayed unknown

    def learn_photo(self, name: str, data: bytes, more: bool) -> None:
        """One photo from outside, cut out where its background is plain."""
        jpeg = jpeg_of(cut_out(photo_from_bytes(data)))
        self._teach(product_name(name), [self._new_view(jpeg)], "photo", more)

    def name_unknown(self, number: int, name: str) -> None:
        """Of the inbox, from all its views; a name that is known gets them too."""
        views = [self._new_view(jpeg) for jpeg in self.inbox.photos(number)]
        self._teach(product_name(name), views, "inbox", more=True)
        self.inbox.drop(number)

    def never_mind(self, number: int) -> None:
        """Keep what the inbox has as something not to be named."""
        self._never_name([self._new_view(jpeg) for jpeg in self.inbox.photos(number)], "inbox")
        self.inbox.drop(number)

    def _never_name(self, views: List[NewView], source: str) -> None:
        self.catalogue.teach("never mind", views, self._embedder.network, source, kind=NOTHING)
        self.refresh()

    def _new_view(self, jpeg: bytes) -> NewView:
        return NewView(jpeg, self._embedder.embed([image_from_jpeg(jpeg)])[0])

    def _teach(self, name: str, views: List[NewView], source: str, more: bool) -> None:
        if not more and name in self.known.products:
            raise CatalogueError("{} is known already: add the views to it, or choose another name".format(name))
        self.catalogue.teach(name, views, self._embedder.network, source, more=more)
        self.refresh()

    # what is named

    def change(self, act: Callable[..., Any], *values: Any) -> Any:
        """`act`, one of the catalogue's changes, put in use; its answer."""
        answer = act(*values)
        self.refresh()
        return answer

    def refresh(self) -> None:
        """Put what the catalogue holds now in use."""
        with self._lock:
            self.known = self._read_known()
            self._use(self.known)

    def _read_known(self) -> Known:
        return known_of(self.bundle.gallery, self.bundle.products, self.catalogue.taught(self._embedder.network))

    def _run(self) -> None:
        looked_s = time.monotonic()
        while not self._ending.is_set():
            try:
                waiting = self._queue.get(timeout=LOOK_EVERY_S)
                if waiting is None:
                    return
                lesson, crop = waiting
                jpeg = jpeg_of(crop.image)
                embedding = self._embedder.embed([image_from_jpeg(jpeg)])[0]
                view = View(jpeg, embedding, sharpness_of(crop.image))
                with self._lock:
                    lesson.add(view, crop.seconds)
            except queue.Empty:
                pass
            except ShelfsightError as error:
                log.error("teaching waits, the rest goes on: %s", error)
            if time.monotonic() - looked_s > LOOK_EVERY_S:
                looked_s = time.monotonic()
                self._look_around()

    def _look_around(self) -> None:
        """At what others have changed, and what stayed unknown."""
        try:
            version = self.catalogue.version()
            if version != self._version:
                self._version = version
                embed_again(self.catalogue, self._embedder, _tell_progress)
                self.refresh()
            self.inbox.take(self._watching.gone(), self._embedder.network, self.known)
        except (sqlite3.Error, ShelfsightError) as error:
            log.error("the catalogue waits, the rest goes on: %s", error)

    def close(self) -> None:
        """May be called twice."""
        self._ending.set()
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            pass  # then it does not wait
        self._thread.join(CLOSE_S)
        self.catalogue.close()
        self._embedder.close()


def _name_of(observation: Observation, track: int) -> Optional[str]:
    """Of a track that is in it; None: it has none."""
    names, products = observation.names, observation.words.products
    if names is None or products is None:
        return None
    number = int(names.products[observation.track_ids.tolist().index(track)])
    return products[number] if number >= 0 else None


def _stacked(views: List[View]) -> np.ndarray:
    return np.array([view.embedding for view in views], np.float32)


def _tell_progress(done: int, total: int) -> None:
    log.info("photos of the catalogue seen by this bundle's stage 2: %d of %d", done, total)
