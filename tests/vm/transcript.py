"""What the machine says on its serial port and what the host does to it, each line with its time from outside."""

import re
import threading
import time
from pathlib import Path
from typing import List, NamedTuple, Optional, Pattern, TextIO


class Line(NamedTuple):
    """One line of the transcript."""

    at_s: float
    """Seconds since the transcript began, on the host's clock, when the line was complete."""

    by: str
    """`guest` for the serial port, `host` for what was done."""

    text: str


CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|[\x00-\x08\x0b-\x1f]")


class Transcript:
    """Lines in the order of their arrival, kept in memory and in a file; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._started_s = time.monotonic()
        self._lines: List[Line] = []
        self._news = threading.Condition()
        self._file: TextIO = path.open("w", encoding="utf-8")

    def now_s(self) -> float:
        """Seconds since the transcript began."""
        return time.monotonic() - self._started_s

    def add(self, by: str, text: str) -> Line:
        """Append one line; escapes and control characters go."""
        with self._news:
            line = Line(self.now_s(), by, CONTROL.sub("", text).rstrip())
            self._lines.append(line)
            if not self._file.closed:
                self._file.write("{:8.2f} {:5} {}\n".format(*line))
                self._file.flush()
            self._news.notify_all()
            return line

    def mark(self) -> int:
        """Where the transcript stands: `wait_for(..., since=mark)` looks only at what comes after."""
        with self._news:
            return len(self._lines)

    def wait_for(self, pattern: str, since: int, timeout_s: float) -> Optional[Line]:
        """The first line of the guest after `since` that holds `pattern` (a regular expression), or None."""
        wanted = re.compile(pattern)
        end_s = self.now_s() + timeout_s
        with self._news:
            at = since
            while True:
                found = self._first(wanted, at)
                if found is not None:
                    return found
                at = len(self._lines)
                left_s = end_s - self.now_s()
                if left_s <= 0:
                    return None
                self._news.wait(left_s)

    def position(self, line: Line) -> int:
        """Where this line stands."""
        with self._news:
            return self._lines.index(line)

    def found(self, pattern: str, since: int = 0) -> List[Line]:
        """Every line of the guest so far after `since` that holds `pattern`."""
        with self._news:
            return [line for line in self._lines[since:] if line.by == "guest" and re.search(pattern, line.text)]

    def _first(self, wanted: Pattern[str], at: int) -> Optional[Line]:
        return next((line for line in self._lines[at:] if line.by == "guest" and wanted.search(line.text)), None)

    def close(self) -> None:
        """Close the file; lines that come later are only kept."""
        with self._news:
            self._file.close()
