"""What a question to an index comes to: the sightings that are meant."""

from __future__ import annotations

from typing import Protocol

from runtime.bundle import Bundle
from runtime.errors import UsageError
from search.finding.grouping import Match
from search.finding.likeness import embedding_of_picture, matches_like
from search.finding.rows import IndexReader

UNKNOWN = "unknown"


class Question(Protocol):
    """One of the first four is given."""

    product: "list[str] | None"
    named: bool
    like: "str | None"
    unknown: bool
    bundle: str
    certainty: "float | None"
    """None: as the index named it, or the bundle's threshold."""


def matches_of(index: IndexReader, asked: Question) -> list[Match]:
    """UsageError: a product that neither the index nor the bundle knows, or an index of another bundle."""
    if asked.unknown:
        return _named(index, None, UNKNOWN, asked.certainty)
    if asked.named:
        return [one for name, _ in index.products() for one in _named(index, name, name, asked.certainty)]
    if asked.like is not None:
        bundle = Bundle.open(asked.bundle)
        least = bundle.gallery.threshold if asked.certainty is None else asked.certainty
        return matches_like(index, bundle, embedding_of_picture(bundle, asked.like), least, "alike")
    return [one for name in asked.product or () for one in _of_product(index, asked, name)]


def _named(index: IndexReader, name: str | None, label: str, certainty: float | None) -> list[Match]:
    least = -1.0 if certainty is None else certainty
    rows = index.named(name)
    return [Match(row, row.similarity or 0.0, label) for row in rows if (row.similarity or 0.0) >= least]


def _of_product(index: IndexReader, asked: Question, name: str) -> list[Match]:
    """By the names in the index; of what was taught later, by its likeness."""
    known = [product for product, _ in index.products()]
    if name in known:
        return _named(index, name, name, asked.certainty)
    bundle = Bundle.open(asked.bundle)
    if name not in bundle.products:
        raise UsageError(
            f"--product {name}: neither in the index (which names {', '.join(known) or 'nothing'}) nor in {bundle.name}"
        )
    wanted = bundle.gallery.prototypes[bundle.gallery.products == bundle.products.index(name)]
    least = bundle.gallery.threshold if asked.certainty is None else asked.certainty
    return matches_like(index, bundle, wanted, least, name)
