"""Whose frame the networks see next: stride scheduling by measured time, so that each camera gets its share of them.

Every camera has used some of the networks' time, divided by its weight; of those with a frame ready, the one that has
used least is next. One that had nothing to show begins again with what the others have used: time that it left to them
is not saved up. (Waldspurger and Weihl, Stride Scheduling, 1995; a deficit round robin whose quantum is one frame.)
"""

import logging
import threading
from typing import List, Optional, Sequence, Tuple

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import EndOfStream, Frame
from runtime.loop.freshness import Freshness
from runtime.loop.intake import READ_TIMEOUT_S
from runtime.loop.member import Member
from runtime.loop.pacer import Pacer
from runtime.sources.read_ahead import ReadAhead

log = logging.getLogger(__name__)


class Line:
    """One camera's place at the networks. Belongs to the thread that infers."""

    def __init__(self, number: int, member: Member, source: ReadAhead, clock: MonotonicClock) -> None:
        self.number, self.member, self.source = number, member, source
        self.watch = Stopwatch(clock)
        """Every moment of the thread is in one stage of each camera: what is spent on one is `others` of the rest."""
        self.used_s = 0.0
        """Of the networks' time, divided by its weight."""
        self.turn_s = 0.0
        """What its last frame took."""
        self._pacer = Pacer(clock, member.nominal_fps, threading.Event())
        self._freshness = Freshness()

    @property
    def is_ready(self) -> bool:
        """Whether its next frame is there, and may be taken."""
        return self.source.is_ready and self.due_in_s() <= 0.0

    def due_in_s(self) -> float:
        """How long a source that waits for its reader is made to wait; a live one is never."""
        return 0.0 if self.source.live else self._pacer.due_in_s()

    def take(self) -> Optional[Frame]:
        """The frame that is ready; None where it is left for a newer one. EndOfStream after the last."""
        frame = self.source.read(0.0)
        now_s = self.watch.lap("wait")
        if frame is None or frame.id is None:
            return frame
        if not self.source.live:
            self._pacer.wait()
            # A file is decoded ahead of its time: what counts is how long the work on a picture takes.
            return frame._replace(captured_s=now_s - frame.prepare_ms / 1e3)
        if self._freshness.is_worth_waiting(frame, now_s) or not self._pacer.is_due():
            return None
        return frame


class Turns:
    """Of the lines of one loop."""

    def __init__(self, lines: Sequence[Line], changed: threading.Condition) -> None:
        """`changed`: what their sources tell of every change."""
        self.lines = list(lines)
        """Those whose source has not ended."""
        self._changed = changed
        self._idle: List[Line] = []
        """Those that had nothing to show when the last turn was given."""
        self._used_s = 0.0
        """What the camera of the last turn had used before it."""

    def next(self) -> List[Tuple[Line, Optional[Frame]]]:
        """Whose turn it is, each with its frame, or None where its source has ended; empty: none was ready in time.

        With the one whose turn it is go those that would come before it has another. A source that fails has ended;
        SourceError where it is the last.
        """
        ready = [line for line in self.lines if line.is_ready]
        if not ready:
            self._wait()
            return []
        first = self._fairest(ready)
        until_s = first.used_s + first.turn_s / first.member.weight
        turns: List[Tuple[Line, Optional[Frame]]] = []
        for line in sorted(ready, key=lambda line: line.used_s):
            if line is first or line.used_s < until_s:
                self._take(line, turns)
        return turns

    def _take(self, line: Line, turns: List[Tuple[Line, Optional[Frame]]]) -> None:
        try:
            frame = line.take()
        except (EndOfStream, SourceError) as error:
            if isinstance(error, SourceError):
                if len(self.lines) == 1:
                    raise
                log.error("%s is over, the others go on: %s", line.member.name, error)
            self.lines.remove(line)
            turns.append((line, None))
            return
        if frame is not None:
            turns.append((line, frame))

    def _fairest(self, ready: List[Line]) -> Line:
        for line in self._idle:
            line.used_s = max(line.used_s, self._used_s)
        self._idle = [line for line in self.lines if line not in ready]
        fairest = min(ready, key=lambda line: line.used_s)
        self._used_s = fairest.used_s
        return fairest

    def _wait(self) -> None:
        """Until something is ready, at most READ_TIMEOUT_S."""
        lines = self.lines
        waits_s = [line.due_in_s() for line in lines]
        timeout_s = min([wait_s for wait_s in waits_s if wait_s > 0.0] + [READ_TIMEOUT_S])
        with self._changed:
            if not any(line.is_ready for line in lines):
                self._changed.wait(timeout_s)
        for line, wait_s in zip(lines, waits_s):
            line.watch.lap("delay" if wait_s > 0.0 else "wait")

    def end(self, had: Sequence[Line]) -> None:
        """Those have had their turn; what it was spent on is in their watches, and for the rest others' time."""
        for line in self.lines:
            if line not in had:
                line.watch.lap("others")

    def charge(self, line: Line, took_s: float) -> None:
        """`line`'s own part of a turn took so long."""
        line.turn_s = took_s
        line.used_s += took_s / line.member.weight
