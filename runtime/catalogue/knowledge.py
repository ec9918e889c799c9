"""What is known: the bundle's products and those of the catalogue, put in use after each change."""

import logging
import threading
from typing import Any, Callable, List

from runtime.bundle import Bundle
from runtime.catalogue.embedder import Embedder
from runtime.catalogue.embedding_again import embed_again
from runtime.catalogue.gallery_in_use import GalleryInUse
from runtime.catalogue.photos import image_from_jpeg
from runtime.catalogue.schema import NOTHING
from runtime.catalogue.store import Catalogue, NewView
from runtime.catalogue.taught import BEFORE_ALL
from runtime.errors import CatalogueError
from runtime.gallery import Known

log = logging.getLogger(__name__)


class Knowledge:
    """Any thread may call it. CatalogueError: what was asked for makes no sense now; nothing is changed then."""

    def __init__(self, catalogue: Catalogue, bundle: Bundle) -> None:
        """Embeds what the bundle's network has not seen. Closes the catalogue."""
        self.catalogue = catalogue
        self.bundle = bundle
        self.embedder = Embedder(bundle)
        self._lock = threading.Lock()
        self._use: Callable[[Known], None] = lambda known: None
        self._gallery = GalleryInUse(bundle.gallery, bundle.products)
        self.known = self._gallery.take({})
        """What is named now; replaced as a whole."""
        self._revision = BEFORE_ALL
        self._version = catalogue.version()
        self._take_up()

    def use(self, take_up: Callable[[Known], None]) -> None:
        """`take_up` gets what is known: now, and after each change."""
        self._use = take_up
        take_up(self.known)

    def look_around(self) -> None:
        """Take up what another program has changed."""
        version = self.catalogue.version()
        if version != self._version:
            self._version = version
            self._take_up()

    def _take_up(self) -> None:
        embed_again(self.catalogue, self.embedder, _tell_progress, self._revision)
        self._refresh()

    def _refresh(self) -> None:
        """Put what the catalogue holds now in use, where that is another."""
        with self._lock:
            changes = self.catalogue.changes(self.embedder.network, self._revision)
            self._revision = changes.revision
            if changes.products:
                self.known = self._gallery.take(changes.products)
                self._use(self.known)

    # changes

    def teach(self, name: str, views: List[NewView], source: str, more: bool) -> None:
        """The product `name`; `more`: it may be known, and gets the views too."""
        if not more and name in self.known.products:
            raise CatalogueError("{} is known already: add the views to it, or choose another name".format(name))
        self.change(self.catalogue.teach, name, views, self.embedder.network, source, more)

    def never_name(self, views: List[NewView], source: str) -> None:
        """What looks like `views` stays without a name."""
        self.change(self.catalogue.teach, "never mind", views, self.embedder.network, source, False, NOTHING)

    def change(self, act: Callable[..., Any], *values: Any) -> Any:
        """`act`, one of the catalogue's changes, put in use; its answer."""
        answer = act(*values)
        self._refresh()
        return answer

    def view_of(self, jpeg: bytes) -> NewView:
        """A photo and what stage 2 makes of it."""
        return NewView(jpeg, self.embedder.embed([image_from_jpeg(jpeg)])[0])

    def close(self) -> None:
        """May be called twice."""
        self.catalogue.close()
        self.embedder.close()


def _tell_progress(done: int, total: int) -> None:
    log.info("photos of the catalogue seen by this bundle's stage 2: %d of %d", done, total)
