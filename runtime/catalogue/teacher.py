"""What teaches while the camera runs: lessons, photos from outside, what stayed unknown; and what others changed."""

import logging
import sqlite3
import threading
import time
from typing import Dict

from runtime.bundle import Bundle
from runtime.catalogue.inbox import Inbox, Watching
from runtime.catalogue.knowledge import Knowledge
from runtime.catalogue.lessons import Lessons
from runtime.catalogue.names import product_name
from runtime.catalogue.photos import cut_out, jpeg_of, photo_from_bytes
from runtime.catalogue.seen import Seen
from runtime.catalogue.store import Catalogue
from runtime.errors import CatalogueError, ShelfsightError
from runtime.frame import Observation

log = logging.getLogger(__name__)

CLOSE_S = 0.5
LOOK_EVERY_S = 1.0
"""For changes by another program."""


class Teacher:
    """`see` belongs to the thread that presents and never waits; the rest may be called from any other.

    CatalogueError: what was asked for makes no sense now; nothing is changed then.
    """

    def __init__(self, catalogue: Catalogue, bundle: Bundle, source: str) -> None:
        """`source`: as it may be shown. Closes the catalogue."""
        self.knowledge = Knowledge(catalogue, bundle)
        self.lessons = Lessons(self.knowledge, source)
        self.inbox = Inbox(catalogue)
        self._seen = Seen(bundle.crop_margin)
        self._watching = Watching(bundle.crop_margin)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teaching", daemon=True)
        self._thread.start()

    def see(self, observation: Observation) -> None:
        """A new frame before anything is drawn on it."""
        self.lessons.see(observation)
        self._watching.see(observation)
        self._seen.see(observation)

    def seen(self) -> Dict[str, Dict[str, float]]:
        """By name what was named in this run: `times`, and `last_s` since 1970."""
        ahead_s = time.time() - time.monotonic()
        products = self._seen.products()
        return {name: {"times": one.times, "last_s": one.last_s + ahead_s} for name, one in products.items()}

    def cover(self, name: str) -> bytes:
        """JPEG of a product: the newest photo that it was taught from, else how it was seen. CatalogueError: none."""
        catalogue = self.knowledge.catalogue
        product = catalogue.named(name)
        if product is not None and product.cover is not None:
            return catalogue.photo(product.cover)
        seen = self._seen.products().get(name)
        if seen is None or seen.crop is None:
            raise CatalogueError("no photo of {}: it was not seen yet".format(name))
        return jpeg_of(seen.crop)

    def learn_photo(self, name: str, data: bytes, more: bool) -> None:
        """One photo from outside, cut out where its background is plain."""
        view = self.knowledge.view_of(jpeg_of(cut_out(photo_from_bytes(data))))
        self.knowledge.teach(product_name(name), [view], "photo", more)

    def name_unknown(self, number: int, name: str) -> None:
        """Of the inbox, from all its views; a name that is known gets them too."""
        views = [self.knowledge.view_of(jpeg) for jpeg in self.inbox.photos(number)]
        self.knowledge.teach(product_name(name), views, "inbox", more=True)
        self.inbox.drop(number)

    def never_mind(self, number: int) -> None:
        """Keep what the inbox has as something not to be named."""
        self.knowledge.never_name([self.knowledge.view_of(jpeg) for jpeg in self.inbox.photos(number)], "inbox")
        self.inbox.drop(number)

    def _run(self) -> None:
        looked_s = time.monotonic()
        while not self._ending.is_set():
            try:
                self.lessons.look(LOOK_EVERY_S)
            except ShelfsightError as error:
                log.error("teaching waits, the rest goes on: %s", error)
            if time.monotonic() - looked_s > LOOK_EVERY_S and not self._ending.is_set():
                looked_s = time.monotonic()
                self._look_around()

    def _look_around(self) -> None:
        """At what others have changed, and what stayed unknown."""
        try:
            self.knowledge.look_around()
            self.inbox.take(self._watching.gone(), self.knowledge.embedder.network, self.knowledge.known)
        except (sqlite3.Error, ShelfsightError) as error:
            log.error("the catalogue waits, the rest goes on: %s", error)

    def close(self) -> None:
        """May be called twice."""
        self._ending.set()
        self.lessons.close()
        self._thread.join(CLOSE_S)
        self.knowledge.close()
