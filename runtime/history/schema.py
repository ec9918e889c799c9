"""The tables of a history, and how those of an older version become today's.

Wall time is kept once a run, so that correcting a clock is one change and never reorders anything: a sighting's time
is its run's `epoch_s` and its own seconds. Order is that of `sightings.id`, which only grows. Crops have a table of
their own, so that a view over many sightings does not read past their pictures. A run that looked through a video has
a row in `videos`, and one in `pieces` for each part of it that is done. `runs.recogniser`: the bundle whose stage 2
made the embeddings, by its name and what it is known by; those of different ones are not comparable.
`sightings.camera`:
its name, where it has one. `sightings.at_once`: how many of that name were in view at once, at most, while it was.
"""

MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        epoch_s REAL
    );
    CREATE TABLE sightings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run INTEGER NOT NULL REFERENCES runs (id),
        track INTEGER NOT NULL,
        product TEXT,
        shape TEXT NOT NULL,
        first_s REAL NOT NULL,
        last_s REAL NOT NULL,
        frames INTEGER NOT NULL,
        similarity REAL,
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        file TEXT,
        is_corrected INTEGER NOT NULL,
        UNIQUE (run, track)
    );
    CREATE INDEX sightings_by_time ON sightings (run, last_s);
    CREATE INDEX sightings_by_product ON sightings (product, id);
    CREATE TABLE moments (
        sighting INTEGER PRIMARY KEY REFERENCES sightings (id) ON DELETE CASCADE,
        crop BLOB,
        embedding BLOB
    );
    """,
    """
    ALTER TABLE runs ADD COLUMN recogniser TEXT;
    CREATE TABLE videos (
        run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        bytes INTEGER NOT NULL,
        modified_s REAL NOT NULL,
        duration_s REAL,
        pieces INTEGER NOT NULL,
        problem TEXT
    );
    CREATE TABLE pieces (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        inferred INTEGER NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    """,
    # what a view asks for stands in the index itself: a presence over a million rows would fetch each of them
    """
    DROP INDEX sightings_by_time;
    DROP INDEX sightings_by_product;
    CREATE INDEX sightings_by_time ON sightings (run, last_s, id, first_s, product);
    CREATE INDEX sightings_by_product ON sightings (product, run, last_s, id);
    """,
    """
    ALTER TABLE sightings ADD COLUMN at_once INTEGER NOT NULL DEFAULT 1;
    """,
    """
    ALTER TABLE sightings ADD COLUMN camera TEXT;
    """,
)
"""Each takes the tables from the version before it, the first from nothing."""
VERSION = len(MIGRATIONS)
