"""What a program says of itself, retained: its version, its bundle, when it started, what went wrong last."""

import json
import logging
import time
from typing import Any, Dict, NamedTuple, Optional

from runtime import __version__
from runtime.bundle import Bundle
from runtime.clock import rfc3339

MOST_LETTERS = 300
"""Of a fault."""


class Fault(NamedTuple):
    """Something that went wrong."""

    text: str
    at: str
    """RFC 3339."""


class LastFault(logging.Handler):
    """Keeps the newest line of the log that is a warning or worse, once it is added to a logger."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.newest: Optional[Fault] = None

    def emit(self, record: logging.LogRecord) -> None:
        self.newest = Fault(record.getMessage()[:MOST_LETTERS], rfc3339(record.created) or "")


class About:
    """Of one program."""

    def __init__(self, bundle: Optional[Bundle] = None) -> None:
        """Reads the description of `bundle`, whose hash stands for all its files: it holds theirs."""
        self.faults = LastFault()
        self._bundle = None if bundle is None else {"name": bundle.name, "sha256": bundle.sha256}
        self._started_at = rfc3339(time.time())
        self._earlier: Optional[Dict[str, Any]] = None

    def text(self) -> str:
        """JSON."""
        fault = self.faults.newest
        told = {
            "version": __version__,
            "bundle": self._bundle,
            "started_at": self._started_at,
            "last_fault": self._earlier if fault is None else dict(fault._asdict()),
        }
        return json.dumps(told, ensure_ascii=False)

    def note_earlier(self, payload: bytes) -> None:
        """What an earlier run left with the broker: its last fault is the last until there is another."""
        fault = fault_in(payload)
        if fault is not None:
            self._earlier = dict(fault._asdict())


def fault_in(payload: bytes) -> Optional[Fault]:
    """The last fault in a message of `About`; None for anything else."""
    try:
        fault = json.loads(payload.decode("utf-8"))["last_fault"]
        text, at = fault["text"], fault["at"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(text, str) or not isinstance(at, str):
        return None
    return Fault(text[:MOST_LETTERS], at[:MOST_LETTERS])
