"""Sightings by product since somebody began to ask: what a counter tells without looking at all of them."""

from collections import Counter
from typing import Dict, Optional

from runtime.history.reading import HistoryReader


class Tally:
    """Of one database. A row counts at the second look after it came: by then it has most often got its name."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._counted_to: Optional[int] = None
        self._newest = 0
        self._counts: Dict[Optional[str], int] = Counter()

    def counts(self) -> Dict[Optional[str], int]:
        """By product, None: unknown; only ever grows. SinkError, sqlite3.Error: it cannot be read at present."""
        with HistoryReader(self._path) as reader:
            newest = reader.newest_id()
            if self._counted_to is None or newest < self._newest:  # the first look, or another database by that name
                self._counted_to = self._newest = newest
            for product, count in reader.counts_between(self._counted_to, self._newest).items():
                self._counts[product] += count
            self._counted_to, self._newest = self._newest, newest
        return dict(self._counts)
