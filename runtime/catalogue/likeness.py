"""How well products can be told from each other: before one is taught, and over the whole catalogue."""

from typing import List, NamedTuple, Optional, Sequence

import numpy as np

from runtime.catalogue.gallery_in_use import known_of
from runtime.catalogue.prototypes import prototypes_of, pushed_away
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.taught import Taught
from runtime.gallery import Gallery, Known

FEW_VIEWS = 5
ALIKE = 0.95
"""Mean cosine between views from which on they are too alike to tell the product's other sides."""


NEARLY = 0.05
"""Cosine by which a view's own product must be nearer: of one thing that is taught twice, neither name wins clearly."""


class Likeness(NamedTuple):
    """To the known product that views look most like."""

    name: str
    cosine: float
    """The best of any view, -1..1."""
    confused: int
    """Views that are as much like it as like their own product, to NEARLY, each left out of that in turn."""
    views: int

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should decide."""
        return self.confused > 0


def likeness_of(embeddings: np.ndarray, gallery: Gallery, known: Known, but: Sequence[str] = ()) -> Optional[Likeness]:
    """`embeddings` (k, d) of one product against all that is known, products of names `but` aside; None: nothing is.

    `gallery`: the bundle's, off which the product's own prototypes will be pushed as all others are.
    """
    others = known.gallery.products >= 0
    for name in but:
        if name in known.products:
            others &= known.gallery.products != list(known.products).index(name)
    if not others.any():
        return None
    rows = np.flatnonzero(others)
    cosines = embeddings.dot(known.gallery.prototypes[rows].T)
    nearest, best = rows[cosines.argmax(axis=1)], cosines.max(axis=1)
    least = np.array([known.gallery.threshold_of(row) for row in nearest])
    most = int(best.argmax())
    confused = int(((best >= _left_out(embeddings, gallery) - NEARLY) & (best >= least)).sum())
    return Likeness(known.products[known.gallery.products[nearest[most]]], float(best[most]), confused, len(embeddings))


def _left_out(embeddings: np.ndarray, gallery: Gallery) -> np.ndarray:
    """(k,): each view's cosine to the prototypes of the others; of a single view, -1 where it can say nothing: 1."""
    if len(embeddings) < 2:
        return np.ones(len(embeddings), np.float32)
    cosines = []
    for row, view in enumerate(embeddings):
        own = pushed_away(prototypes_of(np.delete(embeddings, row, 0)), gallery.prototypes)
        cosines.append(own.dot(view).max())
    return np.array(cosines)


def findings(gallery: Gallery, products: Sequence[str], taught: Sequence[Taught]) -> List[str]:
    """A line for each product that is confused with another, or whose views are too few or too alike."""
    lines = []
    known = known_of(gallery, products, taught)
    for one in taught:
        if one.kind != PRODUCT:
            continue
        count = len(one.embeddings)
        like = likeness_of(one.embeddings, gallery, known, [one.name])
        if like is not None and like.is_doubtful:
            message = "{}: {} of {} views look more like {} ({:.2f}): add views that tell them apart, or merge them"
            lines.append(message.format(one.name, like.confused, count, like.name, like.cosine))
        if count < FEW_VIEWS:
            lines.append("{}: {} view{}: show more of its sides".format(one.name, count, "" if count == 1 else "s"))
        elif _mean_likeness(one.embeddings) > ALIKE:
            lines.append("{}: its {} views are all alike: show it from other sides".format(one.name, count))
    return lines


def _mean_likeness(embeddings: np.ndarray) -> float:
    count = len(embeddings)
    cosines = embeddings.dot(embeddings.T)
    return float((cosines.sum() - np.trace(cosines)) / (count * (count - 1)))
