"""The hand-over between a thread that captures and the loop that reads: one place, the newest frame wins."""

import threading
from typing import Optional

from runtime.frame import Frame


class NewestSlot:
    """Holds at most one frame. Safe with one thread putting and another taking.

    The capturing thread calls `put` and never waits: a frame nobody took yet is lost to the one after it, which
    shows as a gap in the frame ids. It ends with `fail`, whatever the reason, so that no reader is left waiting.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Optional[Frame] = None
        self._error: Optional[BaseException] = None

    def put(self, frame: Frame) -> None:
        """Make `frame` the newest; the slot, and then its taker, owns it."""
        with self._changed:
            self._frame = frame
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Optional[Frame]:
        """The newest frame not yet taken, waiting up to `timeout_s` for it; None if there is none by then.

        Once `fail` was called: the frame put before it, if nobody has taken it, and from then on its exception.
        """
        with self._changed:
            self._changed.wait_for(self._settled, max(0.0, timeout_s))
            frame, self._frame = self._frame, None
            if frame is None and self._error is not None:
                raise self._error
            return frame

    def fail(self, error: BaseException) -> None:
        """No frame comes any more: raise `error` in every later `take` (EndOfStream for an orderly end).

        The first reason stays, since what follows a failure is usually its consequence.
        """
        with self._changed:
            if self._error is None:
                self._error = error
            self._changed.notify_all()

    def _settled(self) -> bool:
        return self._frame is not None or self._error is not None
