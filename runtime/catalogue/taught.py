"""What was taught as the gallery wants it, and what has become of it since a revision."""

import itertools
import sqlite3
from typing import Dict, NamedTuple, Optional, Sequence

import numpy as np

BEFORE_ALL = -1
"""The revision before any."""
_CHANGED = """
    SELECT products.id, name, kind, embedding, instead_of FROM products INDEXED BY products_by_revision
    CROSS JOIN views ON views.product = products.id CROSS JOIN embeddings ON embeddings.view = views.id
    WHERE revision > ? AND network = ? AND NOT products.is_removed AND NOT views.is_removed
    ORDER BY products.id, views.id
"""


class Taught(NamedTuple):
    """A product."""

    name: str
    kind: str
    embeddings: np.ndarray
    """(k, d) float32, k > 0."""
    corrections: Sequence[int] = ()
    """Which of them had a wrong name before."""


class Changes(NamedTuple):
    """What is to be read again."""

    revision: int
    """Up to which this tells all."""
    products: Dict[int, Optional[Taught]]
    """By their number, in order; None: removed, or the network has not seen any of its views."""


def changes_since(database: sqlite3.Connection, revision: int, network: str) -> Changes:
    """What has become of the products that changed after `revision`, as `network` sees them. Raises sqlite3.Error."""
    newest = database.execute("SELECT newest FROM revisions").fetchone()[0]  # first: what comes after is told again
    numbers = database.execute("SELECT id FROM products WHERE revision > ? ORDER BY id", (revision,)).fetchall()
    products: Dict[int, Optional[Taught]] = {number: None for (number,) in numbers}
    rows = database.execute(_CHANGED, (revision, network)).fetchall()
    for number, views in itertools.groupby(rows, key=lambda row: row[0]):
        _, names, kinds, embeddings, wrong_names = zip(*views)
        stacked = np.array([np.frombuffer(one, "<f4") for one in embeddings], np.float32)
        corrections = [row for row, wrong in enumerate(wrong_names) if wrong is not None]
        products[number] = Taught(names[0], kinds[0], stacked, corrections)
    return Changes(newest, products)
