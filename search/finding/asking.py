"""What a question to an index comes to: the sightings that are meant."""

from __future__ import annotations

import contextlib
import os
from typing import Protocol

import numpy as np

from runtime.bundle import Bundle
from runtime.catalogue.embedder import network_of
from runtime.catalogue.prototypes import prototypes_of
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.store import Catalogue
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
    catalogue: str
    """A path, where there need be nothing."""
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
    """By the names in the index, and what looks like a product that was taught, or put into the bundle, later."""
    named = _named(index, name, name, asked.certainty)
    bundle = Bundle.open(asked.bundle)
    wanted = _prototypes(bundle, asked.catalogue, name, is_named=bool(named))
    if wanted is None:
        return named
    least = bundle.gallery.threshold if asked.certainty is None else asked.certainty
    known = {one.row.id for one in named}
    # what looked more like another product when it was named stays that
    alike = matches_like(index, bundle, wanted, least, name)
    return named + [one for one in alike if one.row.id not in known and one.certainty > (one.row.similarity or -1.0)]


def _prototypes(bundle: Bundle, catalogue: str, name: str, is_named: bool) -> np.ndarray | None:
    """(p, D) of what stands for a product: views that were taught, else the bundle's. None: by name alone.

    UsageError: nobody knows it.
    """
    taught = _taught(bundle, catalogue, name)
    if taught is not None or is_named:
        return taught
    if name not in bundle.products:
        raise UsageError(
            f"--product {name}: neither the index nor {bundle.name} nor {catalogue} knows it; see "
            "python -m search.find INDEX --named, or show it with --like PICTURE"
        )
    return bundle.gallery.prototypes[bundle.gallery.products == bundle.products.index(name)]


def _taught(bundle: Bundle, path: str, name: str) -> np.ndarray | None:
    if not os.path.exists(path):
        return None
    with contextlib.closing(Catalogue(path)) as catalogue:
        views = [one for one in catalogue.taught(network_of(bundle)) if (one.name, one.kind) == (name, PRODUCT)]
    return prototypes_of(np.concatenate([one.embeddings for one in views])) if views else None
