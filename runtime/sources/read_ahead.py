"""A source read by a thread of its own, one frame ahead of who wants it."""

import threading
from typing import Callable, Optional

from runtime.frame import EndOfStream, Frame
from runtime.newest import NewestSlot
from runtime.sources.source import Source

READ_TIMEOUT_S = 0.2
JOIN_S = 1.0


class ReadAhead(Source):
    """Of a live source the newest frame is kept and the others are lost; one that waits for its reader loses none."""

    def __init__(
        self,
        source: Source,
        prepare: Optional[Callable[[Frame], Frame]] = None,
        changed: Optional[threading.Condition] = None,
    ) -> None:
        """Starts to read at once. `source` stays the caller's, who closes it after this.

        `prepare`: what to do with each frame on the reading thread. `changed`: see NewestSlot.
        """
        self.name, self.live, self.total_frames = source.name, source.live, source.total_frames
        self._source = source
        self._prepare = prepare
        self._slot: NewestSlot[Frame] = NewestSlot(changed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Optional[Frame]:
        return self._slot.take(timeout_s)

    @property
    def is_ready(self) -> bool:
        """Whether `read` would return or raise at once."""
        return self._slot.is_settled

    def why_slow(self) -> str:
        return self._source.why_slow()

    def end(self) -> None:
        """Stop reading, without waiting for the thread."""
        self._stop.set()
        self._slot.fail(EndOfStream())

    def close(self) -> None:
        """Stop reading; waits for the thread, at most JOIN_S."""
        self.end()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                frame = self._source.read(READ_TIMEOUT_S)
                if frame is not None:
                    self._hand_over(frame if self._prepare is None else self._prepare(frame))
        except BaseException as error:  # handed to the reader, who raises it
            self._slot.fail(error)

    def _hand_over(self, frame: Frame) -> None:
        if self.live:
            self._slot.put(frame)
            return
        while not self._stop.is_set() and not self._slot.offer(frame, READ_TIMEOUT_S):
            pass
