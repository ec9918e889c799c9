"""Watches over a live source: what stalls, repeats itself or falls behind without an error becomes one."""

import logging
from typing import Callable, NamedTuple, Optional, Tuple

import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.frame import Frame
from runtime.sources.source import Source

log = logging.getLogger(__name__)

STALL_S = 3.0
"""Without a new picture for so long, a live source counts as gone."""
WARM_UP_S = 2.0
"""So long after the first frame, pictures of one colour are what a camera sends before it sees, or a decoder before the
first key frame."""
LATE_S, LATE_FOR_S = 2.0, 5.0
"""Pictures older than the one for longer than the other: a backlog, which only opening again gets rid of."""
RATE_EVERY_S = 5.0
"""How often the camera's true rate is compared with what its driver granted: light changes with the hour."""
DELIVERS = 0.85
"""From this share of the granted rate on, a camera delivers what it granted."""
BLANK_SPREAD = 2
"""A picture whose values of each colour differ by no more shows nothing."""
ROWS = 4
"""Every so many rows of a picture are compared: what moves is higher than that."""


class Expectations(NamedTuple):
    """What is known of a source beforehand."""

    stall_s: float = STALL_S
    distinct: bool = False
    """A sensor, whose noise makes each picture differ: one that equals the last to the bit is the last, sent again."""
    granted_fps: float = 0.0
    """What the driver granted, 0: unknown."""
    why_slow: Callable[[], Tuple[str, str]] = lambda: ("", "")
    """The likely cause of a lower rate, in a word or two, and more about it for the log."""


class WatchedSource(Source):
    """Passes frames on, numbered without the repeated ones; raises SourceError when they stop being new."""

    live = True

    def __init__(
        self, source: Source, expectations: Expectations = Expectations(), clock: Optional[MonotonicClock] = None
    ) -> None:
        """Owns `source`, which is live and open."""
        self.name, self.res = source.name, source.res
        self._source = source
        self._expected = expectations
        self._clock = clock or MonotonicClock()
        self._silent_s = 0.0
        self._first: Optional[Frame] = None
        self._previous_s = 0.0
        self._last_rows = b""
        self._repeated = 0
        self._repeated_in_a_row = 0
        self._late_since_s: Optional[float] = None
        self._rate_from: Optional[Frame] = None
        self._slow_because = ""

    def read(self, timeout_s: float) -> Optional[Frame]:
        started_s = self._clock.now_s()
        frame = self._source.read(timeout_s)
        now_s = self._clock.now_s()
        if frame is None:
            # Only time spent in here counts: a loop that was busy, or asleep with the machine, is no stall of ours.
            self._count_in_vain(min(now_s - started_s, timeout_s))
            return None
        if frame.id is None:
            return frame
        if self._first is None:
            self._first, self._previous_s = frame, frame.captured_s
        gap_s, self._previous_s = frame.captured_s - self._previous_s, frame.captured_s
        if self._is_repeated(frame) or self._is_blank(frame, self._first):
            self._count_in_vain(min(gap_s, self._expected.stall_s))
            return None
        self._silent_s, self._repeated_in_a_row = 0.0, 0
        self._check_age(frame, now_s)
        frame = frame._replace(id=frame.id - self._repeated)
        self._check_rate(frame)
        return frame

    def _count_in_vain(self, waited_s: float) -> None:
        """Nothing new came for another `waited_s`; SourceError where that makes a stall."""
        self._silent_s += waited_s
        if self._silent_s < self._expected.stall_s:
            return
        if self._repeated_in_a_row:
            message = "{} sends one picture over and over ({} times): frozen"
            raise SourceError(message.format(self.name, self._repeated_in_a_row))
        raise SourceError("{} delivered nothing for {:g} s: stalled".format(self.name, self._expected.stall_s))

    def _is_repeated(self, frame: Frame) -> bool:
        if not self._expected.distinct:
            return False
        rows = frame.image[::ROWS].tobytes()
        if rows != self._last_rows:
            self._last_rows = rows
            return False
        self._repeated += 1
        self._repeated_in_a_row += 1
        return True

    def _is_blank(self, frame: Frame, first: Frame) -> bool:
        """Whether this is one of the first pictures and shows nothing: all of one colour."""
        if frame.captured_s - first.captured_s > WARM_UP_S:
            return False
        sample = frame.image[::ROWS, ::ROWS].reshape(-1, 3)
        is_blank = bool((np.ptp(sample, axis=0) <= BLANK_SPREAD).all())
        if is_blank and frame is first:
            log.info("%s starts with empty pictures: passed over", self.name)
        return is_blank

    def _check_age(self, frame: Frame, now_s: float) -> None:
        if now_s - frame.captured_s < LATE_S:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = now_s
        elif now_s - self._late_since_s > LATE_FOR_S:
            late_s = now_s - frame.captured_s
            raise SourceError(
                "{} is {:.1f} s late: decoding does not keep up, so ask for less".format(self.name, late_s)
            )

    def _check_rate(self, frame: Frame) -> None:
        """Every RATE_EVERY_S: whether the camera delivers less than its driver granted."""
        since, granted_fps = self._rate_from, self._expected.granted_fps
        if since is None or granted_fps <= 0:
            self._rate_from = frame
            return
        elapsed_s = frame.captured_s - since.captured_s
        if elapsed_s < RATE_EVERY_S:
            return
        self._rate_from = frame
        fps = ((frame.id or 0) - (since.id or 0)) / elapsed_s
        is_slow = fps < DELIVERS * granted_fps
        if is_slow and not self._slow_because:
            self._slow_because, advice = self._expected.why_slow()
            message = "%s grants %g fps and delivers %.1f: %s (%s)"
            log.warning(message, self.name, granted_fps, fps, self._slow_because, advice)
        elif not is_slow and self._slow_because:
            self._slow_because = ""
            log.info("%s delivers %.1f of %g fps again", self.name, fps, granted_fps)

    def why_slow(self) -> str:
        return self._slow_because

    def close(self) -> None:
        self._source.close()
