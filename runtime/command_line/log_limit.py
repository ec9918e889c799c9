"""Standard error as the log's end: a line that comes again and again is written once, then counted once a minute."""

import logging
import re
import time
from typing import IO, Callable, Dict, List, NamedTuple, Optional

PERIOD_S = 60.0
KINDS_OF_ONE = 10
"""Lines of one wording a period, where what they tell differs."""
MOST_KINDS = 500
"""Wordings that are told apart at once; more than any program has, unless what others send gets into them."""


class _Seen:
    """A line of this period."""

    def __init__(self, now_s: float, record: logging.LogRecord) -> None:
        self.begun_s = now_s
        self.passed = self.held_back = 0
        self.record = record


class Repeats(NamedTuple):
    """What was held back."""

    times: int
    record: logging.LogRecord


class LogLimit:
    """Which records pass. Not for two threads at once: a handler holds its lock around it."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._seen: Dict[str, _Seen] = {}

    def passes(self, record: logging.LogRecord) -> bool:
        """Whether this record is to be written; else it is counted.

        `extra={"periodic": True}` marks what is meant to come again and again, at a pace of its own.
        """
        if getattr(record, "periodic", False):
            return True
        wording = "{} {}".format(record.name, re.sub(r"\d+", "0", str(record.msg)))
        if wording not in self._seen and len(self._seen) >= MOST_KINDS:
            wording = "others"
        kind = self._entry(wording, record)
        line = self._entry(wording + "\0" + record.getMessage()[:500], record) if kind.passed < KINDS_OF_ONE else kind
        if line is kind or line.passed:
            line.held_back += 1
            line.record = record
            return False
        kind.passed += 1
        line.passed += 1
        return True

    def _entry(self, key: str, record: logging.LogRecord) -> _Seen:
        return self._seen.setdefault(key, _Seen(self._now_s(), record))

    def due(self, at_end: bool = False) -> List[Repeats]:
        """What was held back in periods that are over, or until now; its period begins anew."""
        before_s = self._now_s() - PERIOD_S
        over = [key for key, seen in self._seen.items() if at_end or seen.begun_s <= before_s]
        repeats = []
        for key in over:
            seen = self._seen.pop(key)
            if seen.held_back:
                repeats.append(Repeats(seen.held_back, seen.record))
                if not at_end:  # still coming: what follows is counted, not written anew
                    self._entry(key, seen.record).passed = KINDS_OF_ONE
        return repeats


class LimitedHandler(logging.StreamHandler):
    """Writes what passes the limit, and the counts when they are due."""

    def __init__(self, stream: Optional[IO[str]] = None, limit: Optional[LogLimit] = None) -> None:
        super().__init__(stream)
        self._limit = limit or LogLimit()

    def emit(self, record: logging.LogRecord) -> None:
        self._write_counts(self._limit.due())
        if self._limit.passes(record):
            super().emit(record)

    def close(self) -> None:
        """Write what has not been counted yet."""
        self._write_counts(self._limit.due(at_end=True))
        super().close()

    def _write_counts(self, repeats: List[Repeats]) -> None:
        for times, record in repeats:
            text = "{} (and {} more like this)".format(record.getMessage(), times)
            super().emit(
                logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, text, None, None)
            )
