"""The tables of a catalogue.

What is removed stays, marked, until its change can no longer be undone: undoing is putting back what `changes` noted.
Embeddings belong to a network, known by its `network`: another one makes its own from the photos. A product of the kind
NOTHING is something that is not to be named. `unknowns`: groups of tracks that stayed unknown, each with its best crop;
`unknown_views`: other sides of them. `views.instead_of`: what a view was named before somebody corrected it.
`products.revision` rises beyond all others with each change of what the gallery takes from a product, so that who has
read all up to the `newest` of `revisions` need read only what is beyond.
"""

PRODUCT, NOTHING = "product", "nothing"

MIGRATIONS = (
    """
    CREATE TABLE products (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        made_s REAL NOT NULL,
        is_removed INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX products_by_name ON products (name) WHERE NOT is_removed AND kind = 'product';
    CREATE TABLE views (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        product INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
        photo BLOB NOT NULL,
        source TEXT NOT NULL,
        made_s REAL NOT NULL,
        is_removed INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX views_by_product ON views (product);
    CREATE TABLE embeddings (
        view INTEGER NOT NULL REFERENCES views (id) ON DELETE CASCADE,
        network TEXT NOT NULL,
        embedding BLOB NOT NULL,
        PRIMARY KEY (view, network)
    ) WITHOUT ROWID;
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        what TEXT NOT NULL,
        before TEXT NOT NULL,
        made_s REAL NOT NULL
    );
    CREATE TABLE unknowns (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        shape TEXT NOT NULL,
        first_s REAL NOT NULL,
        last_s REAL NOT NULL,
        times INTEGER NOT NULL,
        photo BLOB NOT NULL,
        network TEXT NOT NULL,
        embedding BLOB NOT NULL
    );
    """,
    """
    CREATE TABLE unknown_views (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        unknown INTEGER NOT NULL REFERENCES unknowns (id) ON DELETE CASCADE,
        photo BLOB NOT NULL,
        embedding BLOB NOT NULL
    );
    CREATE INDEX unknown_views_by_group ON unknown_views (unknown);
    ALTER TABLE views ADD COLUMN instead_of TEXT;
    """,
    """
    CREATE TABLE revisions (newest INTEGER NOT NULL);
    INSERT INTO revisions VALUES (0);
    ALTER TABLE products ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX products_by_revision ON products (revision);
    CREATE TRIGGER products_changed AFTER UPDATE OF name, kind, is_removed ON products BEGIN
        UPDATE revisions SET newest = newest + 1;
        UPDATE products SET revision = (SELECT newest FROM revisions) WHERE id = NEW.id;
    END;
    CREATE TRIGGER views_changed AFTER UPDATE OF product, is_removed ON views BEGIN
        UPDATE revisions SET newest = newest + 1;
        UPDATE products SET revision = (SELECT newest FROM revisions) WHERE id IN (OLD.product, NEW.product);
    END;
    CREATE TRIGGER views_embedded AFTER INSERT ON embeddings BEGIN
        UPDATE revisions SET newest = newest + 1;
        UPDATE products SET revision = (SELECT newest FROM revisions)
        WHERE id = (SELECT product FROM views WHERE id = NEW.view);
    END;
    """,
)
"""Each takes the tables from the version before it, the first from nothing."""
