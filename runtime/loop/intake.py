"""Frames from the source at the nominal rate."""

import threading
from typing import Optional

from runtime.clock import MonotonicClock
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Frame
from runtime.loop.freshness import Freshness
from runtime.loop.pacer import Pacer
from runtime.sources.source import Source

READ_TIMEOUT_S = 0.2
"""How long a read may take before the loop looks whether it should end."""


class Intake:
    """A source that waits for its reader is made to wait; the frames of a live one are taken or left."""

    def __init__(self, source: Source, clock: MonotonicClock, nominal_fps: float, stop: threading.Event) -> None:
        """`stop` cuts every wait short."""
        self._source = source
        self._freshness = Freshness()
        self._pacer = Pacer(clock, nominal_fps, stop)

    def read(self, watch: Stopwatch) -> Optional[Frame]:
        """The next frame; None where none came in time, or one came before its own. EndOfStream after the last."""
        if not self._source.live:
            self._pacer.wait()
            watch.lap("delay")
        frame = self._source.read(READ_TIMEOUT_S)
        now_s = watch.lap("wait")
        if frame is None or frame.id is None:
            return frame
        if not self._source.live:
            # A file is decoded ahead of its time: what counts is how long the work on a picture takes.
            return frame._replace(captured_s=now_s - frame.prepare_ms / 1e3)
        if self._freshness.is_worth_waiting(frame, now_s) or not self._pacer.is_due():
            return None
        return frame
