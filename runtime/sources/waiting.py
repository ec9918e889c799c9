"""A source that may be absent: shows an offline picture until it is there, and again when it goes."""

import logging
import threading
from typing import Callable, Optional

import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SourceError
from runtime.frame import Frame
from runtime.sources.fitting import Size
from runtime.sources.source import Source

log = logging.getLogger(__name__)

RETRY_S = 1.0
GREY = 40


class WaitingSource(Source):
    """Opens a live source as soon as it can, for ever; its offline pictures have no id and count for nothing."""

    live = True

    def __init__(
        self, name: str, res: Size, open_source: Callable[[], Source], clock: Optional[MonotonicClock] = None
    ) -> None:
        """`open_source` raises SourceError while it is absent; `res`: (width, height) of the offline picture."""
        self.name = name
        self._offline = np.full((res[1], res[0], 3), GREY, np.uint8)
        self._open_source = open_source
        self._clock = clock or MonotonicClock()
        self._closed = threading.Event()
        self._source: Optional[Source] = None
        self._retry_at_s = self._clock.now_s()
        self._first_id = 0
        self._next_id = 0
        self._reason = ""

    def read(self, timeout_s: float) -> Optional[Frame]:
        if self._source is None:
            return self._try_to_open(timeout_s)
        try:
            frame = self._source.read(timeout_s)
        except SourceError as error:
            self._drop_source()
            return self._offline_frame(error)
        if frame is not None and frame.id is not None:
            # Ids go on where the last connection ended, so that none is ever repeated.
            number = self._first_id + frame.id
            self._next_id = number + 1
            return frame._replace(id=number)
        return frame

    def _try_to_open(self, timeout_s: float) -> Optional[Frame]:
        wait_s = self._retry_at_s - self._clock.now_s()
        if wait_s > 0:
            self._clock.wait(self._closed, min(wait_s, timeout_s))
            return None
        try:
            self._source = self._open_source()
        except SourceError as error:
            return self._offline_frame(error)
        self._first_id = self._next_id
        self._reason = ""
        log.info("%s is there", self.name)
        return None

    def _offline_frame(self, error: SourceError) -> Frame:
        now_s = self._clock.now_s()
        self._retry_at_s = now_s + RETRY_S
        if str(error) != self._reason:
            self._reason = str(error)
            log.warning("offline, trying again every %g s: %s", RETRY_S, error)
        return Frame(self._offline.copy(), None, now_s)

    def _drop_source(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def close(self) -> None:
        self._closed.set()
        self._drop_source()
