"""The overlapped loop: capture, inference and presenting in three threads, so that the networks never wait."""

import contextlib
import sys
import threading
from typing import Iterator, NamedTuple, Optional

from runtime.clock import MonotonicClock
from runtime.figures import Figures, Stages
from runtime.frame import Observation
from runtime.intake import READ_TIMEOUT_S, Intake
from runtime.meter import Meter
from runtime.presenter import Presenter
from runtime.recogniser import Recogniser
from runtime.showing import Limits, Showing
from runtime.sources.newest import NewestSlot
from runtime.sources.read_ahead import ReadAhead
from runtime.sources.source import EndOfStream, Source
from runtime.stopwatch import Stopwatch

JOIN_S = 5.0
"""How long an inference under way may take before its thread is left behind."""
SWITCH_INTERVAL_S = 0.0001
"""How long a thread may keep the interpreter from another that wants it. With Python's 5 ms the inference thread loses
up to 5 ms whenever it comes back from a network or from OpenCV while another thread computes in Python."""


class _Observed(NamedTuple):
    observation: Observation
    stages_ms: Stages
    """What the inference thread spent on it."""


class Pipeline:
    """source -> | capture | -> recogniser -> | presenter |, each place between them holding one frame.

    Live: the newest wins at both places. Not live: nothing is lost, and the slowest thread sets the pace.
    The presenter runs on the thread that calls `run`, since a window wants the main one.
    """

    def __init__(
        self,
        source: Source,
        recogniser: Recogniser,
        presenter: Presenter,
        nominal_fps: float,
        stop: threading.Event,
        limits: Limits = Limits(),
        log_every_s: float = 5.0,
        clock: Optional[MonotonicClock] = None,
    ) -> None:
        """Opens nothing and closes nothing: the parts belong to the caller."""
        self._source = source
        self._recogniser = recogniser
        self._nominal_fps = nominal_fps
        self._stop = stop
        self._clock = clock or MonotonicClock()
        self._ended = threading.Event()
        self._meter = Meter(nominal_fps, source.live, overlapped=True, why_slow=source.why_slow)
        self._showing = Showing(presenter, self._meter, self._clock, limits, log_every_s)
        self._slot: NewestSlot[_Observed] = NewestSlot()

    def run(self) -> None:
        """Until the source ends, a limit is reached, a sink asks to end or `stop` is set; errors pass through."""
        with _switching_often(), ReadAhead(self._source, self._recogniser.prepare) as source:
            inference = threading.Thread(target=self._infer, args=(source,), name="inference", daemon=True)
            inference.start()
            try:
                self._present()
            finally:
                self._ended.set()
                self._slot.fail(EndOfStream())
                source.close()
                inference.join(JOIN_S)
        if not self._stop.is_set():
            self._showing.check_shown(self._source.name)

    def figures(self) -> Figures:
        """Of the whole run until now."""
        return self._showing.figures()

    @property
    def res(self) -> Optional[str]:
        """WIDTHxHEIGHT of the last picture; None before the first."""
        return self._showing.res

    def _infer(self, source: Source) -> None:
        watch = Stopwatch(self._clock)
        intake = Intake(source, self._clock, self._nominal_fps, self._ended)
        try:
            while not self._ended.is_set():
                frame = intake.read(watch)
                if frame is not None:
                    observation = self._recogniser.observe(frame, watch)
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

    def _present(self) -> None:
        watch = Stopwatch(self._clock)
        self._showing.start()
        go_on = True
        while go_on and not self._stop.is_set():
            try:
                observed = self._slot.take(READ_TIMEOUT_S)
            except EndOfStream:
                return
            watch.skip()
            if observed is not None:
                go_on = self._showing.show(observed.observation, watch, observed.stages_ms)
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
