"""The overlapped loop: capture, inference and presenting in three threads, so that the networks never wait."""

import contextlib
import sys
import threading
from typing import Iterator, NamedTuple

from runtime.figures.figures import Stages
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import EndOfStream, Observation
from runtime.loop.intake import READ_TIMEOUT_S, Intake
from runtime.loop.loop import Loop, LoopParts
from runtime.loop.showing import Shown
from runtime.sources.newest import NewestSlot
from runtime.sources.read_ahead import ReadAhead
from runtime.sources.source import Source

JOIN_S = 5.0
"""How long an inference under way may take before its thread is left behind."""
SWITCH_INTERVAL_S = 0.0001
"""How long a thread may keep the interpreter from another that wants it. With Python's 5 ms the inference thread loses
up to 5 ms whenever it comes back from a network or from OpenCV while another thread computes in Python."""


class _Observed(NamedTuple):
    observation: Observation
    stages_ms: Stages
    """What the inference thread spent on it."""


class OverlappedLoop(Loop):
    """source -> | capture | -> recogniser -> | presenter |, each place between them holding one frame.

    Live: the newest wins at both places. Not live: nothing is lost, and the slowest thread sets the pace.
    The presenter runs on the thread that calls `run` or steps on, since a window wants the main one.
    """

    is_overlapped = True

    def __init__(self, parts: LoopParts) -> None:
        super().__init__(parts)
        self._ended = threading.Event()
        self._slot: NewestSlot[_Observed] = NewestSlot()

    def _steps(self) -> Iterator[Shown]:
        with _switching_often(), ReadAhead(self._parts.source, self._parts.recogniser.prepare) as source:
            inference = threading.Thread(target=self._infer, args=(source,), name="inference", daemon=True)
            inference.start()
            try:
                yield from self._present()
            finally:
                self._ended.set()
                self._slot.fail(EndOfStream())
                source.close()
                inference.join(JOIN_S)

    def _infer(self, source: Source) -> None:
        watch = Stopwatch(self._parts.clock)
        intake = Intake(source, self._parts.clock, self._parts.nominal_fps, self._ended)
        try:
            while not self._ended.is_set():
                frame = intake.read(watch)
                if frame is not None:
                    observation = self._parts.recogniser.observe(frame, watch)
                    self._hand_over(_Observed(observation, watch.take()), source.live)
                    watch.lap("wait")
        except BaseException as error:  # raised by the thread that presents
            self._slot.fail(error)

    def _hand_over(self, observed: _Observed, live: bool) -> None:
        if live:
            lost = self._slot.put(observed)
            if lost is not None:
                self._meter.lose(lost.observation, lost.stages_ms)
            return
        while not self._ended.is_set() and not self._slot.offer(observed, READ_TIMEOUT_S):
            pass

    def _present(self) -> Iterator[Shown]:
        watch = Stopwatch(self._parts.clock)
        self._showing.start()
        go_on = True
        while go_on and not self._parts.stop.is_set():
            try:
                observed = self._slot.take(READ_TIMEOUT_S)
            except EndOfStream:
                return
            watch.skip()
            if observed is not None:
                go_on = yield from self._showing.show(observed.observation, watch, observed.stages_ms)
            else:
                go_on = self._showing.show_stall(watch)


@contextlib.contextmanager
def _switching_often() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)
