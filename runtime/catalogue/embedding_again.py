"""Photos that the network in use has not seen, as after a new bundle: embedded before the start, with progress."""

from typing import Callable

from runtime.catalogue.embedder import Embedder
from runtime.catalogue.photos import image_from_jpeg
from runtime.catalogue.store import Catalogue
from runtime.catalogue.taught import BEFORE_ALL

AT_ONCE = 50
"""Photos in one transaction: what was done stays done where it is ended."""


def embed_again(
    catalogue: Catalogue, embedder: Embedder, progress: Callable[[int, int], None], since: int = BEFORE_ALL
) -> None:
    """Those of products that changed after the revision `since`.

    `progress`: how many are done, of how many; not called where there is nothing to do.
    """
    missing = catalogue.without_embedding(embedder.network, since)
    for start in range(0, len(missing), AT_ONCE):
        numbers = missing[start : start + AT_ONCE]
        rows = embedder.embed([image_from_jpeg(catalogue.photo(number)) for number in numbers])
        catalogue.put_embeddings(embedder.network, zip(numbers, rows))
        progress(start + len(numbers), len(missing))
