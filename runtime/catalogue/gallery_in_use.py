"""The gallery in use: the bundle's and what was taught beside it, made anew of what changed alone."""

from bisect import bisect_left, bisect_right
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.catalogue.prototypes import MOST, prototypes_of, pushed_away
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.taught import Taught
from runtime.frame import UNKNOWN
from runtime.gallery import Gallery, Known

LOWER = 0.15
"""How far below the bundle's the threshold of a product lies that was taught from one view; from k views, over their
root: the mean of a few says as little of where the others lie. Nothing was trained to bring its views together."""


class _Part(NamedTuple):
    """What one taught product adds."""

    name: Optional[str]
    """None: it is not to be named."""
    prototypes: int
    threshold: float


class GalleryInUse:
    """Not for two threads at once.

    What is not to be named is in it too, as UNKNOWN: who looks most like that stays without a name. A view that
    somebody corrected stands for itself, neither drawn to the mean nor pushed, so that it outranks the wrong name.
    """

    def __init__(self, gallery: Gallery, products: Sequence[str]) -> None:
        """The bundle's `gallery` of `products`; a taught product of one of these names gives that more prototypes."""
        self._gallery = gallery
        self._numbers = {name: number for number, name in enumerate(products)}
        self._thresholds = np.array([gallery.threshold_of(row) for row in range(len(gallery.products))], np.float32)
        self._parts: Dict[int, _Part] = {}
        """In the order of their numbers, as their prototypes are in `_columns`, which are the bundle's first."""
        self._columns = gallery.prototypes.T
        """(d, p) float32. By columns, 8 crops against 10,000 prototypes take 0.2 ms, by rows 0.5 to 1 (desk)."""

    def take(self, changes: Mapping[int, Optional[Taught]]) -> Known:
        """What is known after `changes`: products by their number in the catalogue, None where they are gone.

        It costs a copy of all prototypes; those of a product that stayed as it was are not chosen again.
        """
        numbers = list(self._parts)
        counts = [self._gallery.prototypes.shape[0]] + [part.prototypes for part in self._parts.values()]
        ends = np.cumsum(counts).tolist()
        pieces, done = [], 0
        for number in sorted(changes):
            pieces.append(self._columns[:, done : ends[bisect_left(numbers, number)]])
            done = ends[bisect_right(numbers, number)]
            self._parts.pop(number, None)
            taught = changes[number]
            if taught is not None:
                self._parts[number], columns = self._part_of(taught)
                pieces.append(columns)
        pieces.append(self._columns[:, done:])
        self._columns = np.ascontiguousarray(np.concatenate(pieces, axis=1))
        self._parts = {number: self._parts[number] for number in sorted(self._parts)}
        return self._known()

    def _part_of(self, taught: Taught) -> Tuple[_Part, np.ndarray]:
        """And its prototypes, (d, p) float32."""
        rows = prototypes_of(taught.embeddings)
        if taught.kind == PRODUCT:
            own = self._numbers.get(taught.name, UNKNOWN)
            rows = pushed_away(rows, self._gallery.prototypes[self._gallery.products != own])
        rows = np.concatenate([rows, taught.embeddings[list(taught.corrections[-MOST:])]])
        threshold = self._gallery.threshold - LOWER / len(taught.embeddings) ** 0.5
        return _Part(taught.name if taught.kind == PRODUCT else None, len(rows), threshold), rows.T

    def _known(self) -> Known:
        numbers = dict(self._numbers)
        owners: List[int] = []
        for part in self._parts.values():
            owners.append(UNKNOWN if part.name is None else numbers.setdefault(part.name, len(numbers)))
        counts = np.array([part.prototypes for part in self._parts.values()], np.int64)
        products = np.concatenate([self._gallery.products, np.repeat(np.array(owners, np.int32), counts)])
        thresholds = self._gallery.thresholds
        if self._parts:
            own = np.array([part.threshold for part in self._parts.values()], np.float32)
            thresholds = np.concatenate([self._thresholds, np.repeat(own, counts)])
        return Known(Gallery(self._columns.T, products, self._gallery.threshold, thresholds), list(numbers))


def known_of(gallery: Gallery, products: Sequence[str], taught: Sequence[Taught]) -> Known:
    """The bundle's `gallery` of `products` with all that was `taught`."""
    return GalleryInUse(gallery, products).take(dict(enumerate(taught)))
