"""A source that may be absent: shows an offline picture until it is there, and again when it goes."""

import logging
import threading
from typing import Callable, Optional

from runtime.clock import MonotonicClock
from runtime.frame import Frame
from runtime.sources.fitting import Size
from runtime.sources.offline import offline_picture
from runtime.sources.source import Source

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 8.0
"""The pause between two attempts doubles from the one to the other."""
STEADY_S = 10.0
"""A source that ran for so long begins anew with the short pause when it goes."""


class WaitingSource(Source):
    """Opens a live source as soon as it can, for ever; its offline pictures have no id and count for nothing.

    Opening may take long (a server that does not answer), so a thread does it while the loop goes on.
    """

    live = True

    def __init__(
        self,
        name: str,
        res: Size,
        open_source: Callable[[], Source],
        clock: Optional[MonotonicClock] = None,
        source: Optional[Source] = None,
    ) -> None:
        """`open_source` raises SourceError while it is absent; `res`: (width, height) of the offline picture
        before the first frame, whose size it takes then.

        `source`: one that is open already.
        """
        self.name = name
        self.res = (source and source.res) or res
        self._shape = (self.res[1], self.res[0], 3)
        self._open_source = open_source
        self._clock = clock or MonotonicClock()
        self._closed = threading.Event()
        self._source = source
        self._opening: Optional[_Opening] = None
        self._opened_s = self._retry_at_s = self._lost_s = self._clock.now_s()
        self._pause_s = FIRST_RETRY_S
        self._first_id = 0
        self._next_id = 0
        self._reason = ""

    def read(self, timeout_s: float) -> Optional[Frame]:
        if self._source is None:
            return self._try_to_open(timeout_s)
        try:
            frame = self._source.read(timeout_s)
        except OSError as error:  # SourceError is one; others are of the system, such as no file handle left
            self._drop_source()
            return self._offline_frame(error)
        return self._numbered(frame)

    def _numbered(self, frame: Optional[Frame]) -> Optional[Frame]:
        if frame is None or frame.id is None:
            return frame
        # Ids go on where the last connection ended, so that none is ever repeated.
        number = self._first_id + frame.id
        self._shape = frame.image.shape
        self._next_id = number + 1
        return frame._replace(id=number)

    def _try_to_open(self, timeout_s: float) -> Optional[Frame]:
        if self._opening is None:
            wait_s = self._retry_at_s - self._clock.now_s()
            if wait_s > 0:
                self._clock.wait(self._closed, min(wait_s, timeout_s))
                return None
            self._opening = _Opening(self._open_source)
        if not self._opening.is_done(timeout_s):
            return None
        try:
            opening, self._opening = self._opening, None
            self._source = opening.result()
        except OSError as error:
            return self._offline_frame(error)
        self._note_opened()
        return None

    def _note_opened(self) -> None:
        self._first_id = self._next_id
        self._opened_s = self._clock.now_s()
        self._reason = ""
        log.info("%s is there, after %.1f s", self.name, self._opened_s - self._lost_s)

    def _offline_frame(self, error: OSError) -> Frame:
        now_s = self._clock.now_s()
        if not self._reason:
            self._lost_s = now_s
            if now_s - self._opened_s >= STEADY_S:
                self._pause_s = FIRST_RETRY_S
        self._retry_at_s = now_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, LAST_RETRY_S)
        if str(error) != self._reason:
            self._reason = str(error)
            log.warning("offline, trying again every %g to %g s: %s", FIRST_RETRY_S, LAST_RETRY_S, error)
        return Frame(offline_picture(self._shape, self._reason), None, now_s)

    def _drop_source(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def why_slow(self) -> str:
        return "" if self._source is None else self._source.why_slow()

    def close(self) -> None:
        self._closed.set()
        if self._opening is not None:
            self._opening.abandon()
        self._drop_source()


class _Opening:
    """One attempt, in a thread of its own."""

    def __init__(self, open_source: Callable[[], Source]) -> None:
        self._open_source = open_source
        self._lock = threading.Lock()
        self._is_abandoned = False
        self._source: Optional[Source] = None
        self._error: Optional[Exception] = None
        self._thread = threading.Thread(target=self._run, name="opening", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            source = self._open_source()
        except Exception as error:  # raised where the result is asked for
            self._error = error
            return
        with self._lock:
            self._source = source
            if not self._is_abandoned:
                return
        source.close()

    def is_done(self, timeout_s: float) -> bool:
        """Wait up to `timeout_s`."""
        self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def result(self) -> Source:
        """The open source, or the error that there was."""
        if self._error is not None:
            raise self._error
        assert self._source is not None
        return self._source

    def abandon(self) -> None:
        """Nobody wants the source any more: whoever has it closes it."""
        with self._lock:
            self._is_abandoned = True
            source = self._source
        if source is not None:
            source.close()
