"""How log lines look: one line each, with a level; for a terminal with the time, for systemd's journal with its own."""

import logging
import os
from typing import IO

from runtime.command_line.one_line import one_line

JOURNAL_VARIABLE = "JOURNAL_STREAM"
"""Set by systemd to DEVICE:INODE of the standard error that it made."""


class OneLine(logging.Formatter):
    """A message of several lines, such as a library's own text or a traceback, becomes one that steers no terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return one_line(" | ".join(line.strip() for line in super().format(record).splitlines() if line.strip()))


class ForJournal(OneLine):
    """The level goes before the line as systemd reads it, <3> for an error; the journal knows the time."""

    def format(self, record: logging.LogRecord) -> str:
        return journal_prefix(record.levelno) + super().format(record)


def journal_prefix(level: int) -> str:
    """sd-daemon(3)'s prefix of a line of `level`, one of the logging module's."""
    for at_least, priority in ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6)):
        if level >= at_least:
            return "<{}>".format(priority)
    return "<7>"


def goes_to_journal(stream: IO[str]) -> bool:
    """Whether `stream` is the one that systemd reads."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return os.environ.get(JOURNAL_VARIABLE) == "{}:{}".format(found.st_dev, found.st_ino)


def formatter_for(stream: IO[str], verbose: bool) -> logging.Formatter:
    """The one that fits `stream`; `verbose` leaves tracebacks as they are."""
    if goes_to_journal(stream):
        return ForJournal("%(levelname)s %(message)s")
    text, time = "%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"
    return logging.Formatter(text, time) if verbose else OneLine(text, time)
