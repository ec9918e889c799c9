"""Products taught and their views, in one database: every change is one transaction, and can be undone."""

import contextlib
import json
import sqlite3
import threading
import time
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.catalogue.names import product_name
from runtime.catalogue.schema import MIGRATIONS, PRODUCT
from runtime.catalogue.taught import BEFORE_ALL, Changes, Taught, changes_since
from runtime.catalogue.unknowns import Unknowns
from runtime.database import open_database, transaction
from runtime.errors import CatalogueError

UNDOABLE = 50
"""Changes that can be undone; what older ones removed is forgotten when the catalogue opens."""
MOST_VIEWS = 200
"""Of one product."""
_COUNTED = (
    "SELECT products.id, name, kind, products.made_s, COUNT(views.id), MAX(views.id) FROM products LEFT JOIN views"
)
_COUNTED += (
    " ON views.product = products.id AND NOT views.is_removed WHERE NOT products.is_removed {} GROUP BY products.id"
)


class NewView(NamedTuple):
    """A photo and what stage 2 makes of it."""

    photo: bytes
    """JPEG."""
    embedding: np.ndarray
    """(d,) float32 of length 1."""
    instead_of: Optional[str] = None
    """The wrong name that it had; None: it is no correction."""


class Product(NamedTuple):
    """One row of the list."""

    id: int
    name: str
    kind: str
    """PRODUCT, or NOTHING: not to be named."""
    made_s: float
    """Since 1970."""
    views: int
    cover: Optional[int]
    """Its newest view."""


class Catalogue:
    """Opened by its constructor. Any thread may call it: one at a time is let in. Whatever fails raises sqlite3.Error.

    CatalogueError: a change that makes no sense; nothing is changed then.
    """

    def __init__(self, path: str) -> None:
        """SinkError: it cannot be written, or a newer program wrote it. A damaged one is kept aside."""
        self.path = path
        self._database = open_database(path, MIGRATIONS, ("products", "views"), "--catalogue")
        self._lock = threading.RLock()
        self.unknowns = Unknowns(self._database, self._lock)
        self._forget_what_cannot_be_undone()

    # what is there

    def products(self) -> List[Product]:
        """By name; those of kind NOTHING last."""
        rows = self._rows(_COUNTED.format(""))
        return sorted((Product(*row) for row in rows), key=lambda one: (one.kind != PRODUCT, one.name.lower()))

    def product(self, number: int) -> Product:
        """CatalogueError: there is none."""
        rows = self._rows(_COUNTED.format("AND products.id = ?"), (number,))
        if not rows:
            raise CatalogueError("no such product: it was removed, or never there; look at the list again")
        return Product(*rows[0])

    def named(self, name: str) -> Optional[Product]:
        """The product of this name."""
        rows = self._rows(_COUNTED.format("AND kind = 'product' AND name = ?"), (name,))
        return Product(*rows[0]) if rows else None

    def views(self, product: int) -> List[int]:
        """Numbers of its photos, the oldest first."""
        sql = "SELECT id FROM views WHERE product = ? AND NOT is_removed ORDER BY id"
        return [number for (number,) in self._rows(sql, (product,))]

    def photo(self, view: int) -> bytes:
        """JPEG. CatalogueError: there is none."""
        rows = self._rows("SELECT photo FROM views WHERE id = ?", (view,))
        if not rows:
            raise CatalogueError("no such photo")
        return rows[0][0]

    def taught(self, network: str) -> List[Taught]:
        """All that `network` has embeddings of."""
        return [one for one in self.changes(network, BEFORE_ALL).products.values() if one is not None]

    def changes(self, network: str, since: int) -> Changes:
        """What has become of the products that changed after the revision `since`, as `network` sees them."""
        with self._lock:
            return changes_since(self._database, since, network)

    def without_embedding(self, network: str, since: int = BEFORE_ALL) -> List[int]:
        """Views that `network` has not seen, of products that changed after the revision `since`."""
        sql = """
            SELECT views.id FROM products INDEXED BY products_by_revision
            CROSS JOIN views ON views.product = products.id
            WHERE revision > ? AND NOT EXISTS (SELECT 1 FROM embeddings WHERE view = views.id AND network = ?)
        """
        return [number for (number,) in self._rows(sql, (since, network))]

    def version(self) -> int:
        """Changes where another program has changed the catalogue."""
        return self._rows("PRAGMA data_version")[0][0]

    def last_change(self) -> Optional[str]:
        """What `undo` would undo, in words."""
        rows = self._rows("SELECT what FROM changes ORDER BY id DESC LIMIT 1")
        return rows[0][0] if rows else None

    # changes

    def teach(
        self, name: str, views: Sequence[NewView], network: str, source: str, more: bool = False, kind: str = PRODUCT
    ) -> int:
        """A new product, or with `more` views for one that may be there; its number."""
        name = product_name(name) if kind == PRODUCT else name
        if not views:
            raise CatalogueError("no view of {}: nothing was learnt".format(name))
        with self._change("taught {}".format(name)) as before:
            known = self.named(name) if kind == PRODUCT else None
            if known is not None and not more:
                raise CatalogueError("{} is there already: choose another name, or add the views to it".format(name))
            if known is not None and known.views + len(views) > MOST_VIEWS:
                raise CatalogueError("{} has {} views of {} at most".format(name, known.views, MOST_VIEWS))
            now_s = time.time()
            if known is None:
                sql = "INSERT INTO products (name, kind, made_s) VALUES (?, ?, ?)"
                number = self._database.execute(sql, (name, kind, now_s)).lastrowid or 0
                before.products.append((number, name, 1))
            else:
                number = known.id
            for view in views:
                sql = "INSERT INTO views (product, photo, source, made_s, instead_of) VALUES (?, ?, ?, ?, ?)"
                values = (number, view.photo, source, now_s, view.instead_of)
                made = self._database.execute(sql, values).lastrowid or 0
                before.views.append((made, number, 1))
                self._put_embedding(made, network, view.embedding)
        return number

    def rename(self, number: int, name: str) -> None:
        """CatalogueError: the name is taken, or none."""
        name = product_name(name)
        with self._change("renamed {}".format(self.product(number).name)) as before:
            other = self.named(name)
            if other is not None and other.id != number:
                raise CatalogueError("{} is there already: merge the two, or choose another name".format(name))
            before.products.append((number, self.product(number).name, 0))
            self._database.execute("UPDATE products SET name = ? WHERE id = ?", (name, number))

    def remove(self, number: int) -> None:
        """With all its views."""
        with self._change("removed {}".format(self.product(number).name)) as before:
            before.products.append((number, self.product(number).name, 0))
            self._database.execute("UPDATE products SET is_removed = 1 WHERE id = ?", (number,))

    def remove_view(self, view: int) -> None:
        """The last view of a product takes the product along."""
        rows = self._rows("SELECT product FROM views WHERE id = ? AND NOT is_removed", (view,))
        if not rows:
            raise CatalogueError("no such photo: it was removed already")
        product = self.product(rows[0][0])
        if product.views == 1:
            self.remove(product.id)
            return
        with self._change("removed a photo of {}".format(product.name)) as before:
            before.views.append((view, product.id, 0))
            self._database.execute("UPDATE views SET is_removed = 1 WHERE id = ?", (view,))

    def merge(self, number: int, into: int) -> None:
        """All views of `number` are `into`'s from now on."""
        if number == into:
            raise CatalogueError("a product cannot be merged with itself")
        gone, kept = self.product(number), self.product(into)
        with self._change("merged {} into {}".format(gone.name, kept.name)) as before:
            before.products.append((number, gone.name, 0))
            before.views.extend((view, number, 0) for view in self.views(number))
            self._database.execute("UPDATE views SET product = ? WHERE product = ? AND NOT is_removed", (into, number))
            self._database.execute("UPDATE products SET is_removed = 1 WHERE id = ?", (number,))

    def undo(self) -> str:
        """Take the last change back; what it was, in words."""
        with self._lock:
            rows = self._rows("SELECT id, what, before FROM changes ORDER BY id DESC LIMIT 1")
            if not rows:
                raise CatalogueError("there is nothing to undo")
            number, what, before = rows[0]
            noted = json.loads(before)
            try:
                with transaction(self._database):
                    for row, name, is_removed in noted["products"]:
                        sql = "UPDATE products SET name = ?, is_removed = ? WHERE id = ?"
                        self._database.execute(sql, (name, is_removed, row))
                    for row, product, is_removed in noted["views"]:
                        sql = "UPDATE views SET product = ?, is_removed = ? WHERE id = ?"
                        self._database.execute(sql, (product, is_removed, row))
                    self._database.execute("DELETE FROM changes WHERE id = ?", (number,))
            except sqlite3.IntegrityError as error:
                raise CatalogueError("cannot undo ({}): its name is taken by another now".format(what)) from error
            return what

    def put_embeddings(self, network: str, rows: Iterable[Tuple[int, np.ndarray]]) -> None:
        """What `network` makes of views that are there: number and (d,) float32."""
        with self._lock, transaction(self._database):
            for view, embedding in rows:
                self._put_embedding(view, network, embedding)

    def _put_embedding(self, view: int, network: str, embedding: np.ndarray) -> None:
        data = np.ascontiguousarray(embedding, "<f4").tobytes()
        self._database.execute("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", (view, network, data))

    @contextlib.contextmanager
    def _change(self, what: str) -> Iterator["_Before"]:
        """A transaction, with a note of how things were before it."""
        with self._lock, transaction(self._database):
            before = _Before()
            yield before
            sql = "INSERT INTO changes (what, before, made_s) VALUES (?, ?, ?)"
            self._database.execute(sql, (what, json.dumps(vars(before)), time.time()))

    def _rows(self, sql: str, values: tuple = ()) -> list:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def _forget_what_cannot_be_undone(self) -> None:
        with self._lock, transaction(self._database):
            sql = "DELETE FROM changes WHERE id NOT IN (SELECT id FROM changes ORDER BY id DESC LIMIT ?)"
            self._database.execute(sql, (UNDOABLE,))
            kept: Dict[str, set] = {"products": set(), "views": set()}
            for (before,) in self._rows("SELECT before FROM changes"):
                for table, rows in json.loads(before).items():
                    kept[table].update(row[0] for row in rows)
            for table, numbers in kept.items():
                for (number,) in self._rows("SELECT id FROM {} WHERE is_removed".format(table)):
                    if number not in numbers:
                        self._database.execute("DELETE FROM {} WHERE id = ?".format(table), (number,))

    def close(self) -> None:
        """May be called twice."""
        with self._lock:
            self._database.close()


class _Before:
    """How things were before a change."""

    def __init__(self) -> None:
        self.products: List[Tuple[int, str, int]] = []
        """Number, name, is_removed."""
        self.views: List[Tuple[int, int, int]] = []
        """Number, product, is_removed."""
