"""The overlapped loop: capture, inference and presenting in threads of their own, so that the networks never wait."""

import contextlib
import sys
import threading
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from runtime.figures.figures import Stages
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import EndOfStream, Frame, Observation
from runtime.loop.intake import READ_TIMEOUT_S
from runtime.loop.loop import Loop, LoopParts
from runtime.loop.showing import Shown
from runtime.loop.turns import Line, Turns
from runtime.newest import NewestSlots
from runtime.recognition.recogniser import Look, observe_together
from runtime.sources.read_ahead import ReadAhead

JOIN_S = 5.0
"""How long an inference under way may take before its thread is left behind."""
SWITCH_INTERVAL_S = 0.0001
"""How long a thread may keep the interpreter from another that wants it. With Python's 5 ms the inference thread loses
up to 5 ms whenever it comes back from a network or from OpenCV while another thread computes in Python."""


NETWORKS = ("detect", "track", "classify")
"""The stages that a camera's share is counted in."""


class _Observed(NamedTuple):
    observation: Observation
    stages_ms: Stages
    """What the inference thread spent on it."""


class OverlappedLoop(Loop):
    """source -> | capture | -> recogniser -> | presenter |, each place between them holding one frame of each camera.

    Live: the newest wins at both places. Not live: nothing is lost, and the slowest thread sets the pace.
    Each camera has a thread that captures; one thread infers for all, taking turns (runtime.loop.turns). The presenters
    run on the thread that calls `run` or steps on, since a window wants the main one.
    """

    is_overlapped = True

    def __init__(self, parts: LoopParts) -> None:
        super().__init__(parts)
        self._ended = threading.Event()
        self._observed: NewestSlots[_Observed] = NewestSlots(len(parts.members))

    @contextlib.contextmanager
    def _beside(self) -> Iterator[None]:
        changed = threading.Condition()
        sources: List[ReadAhead] = []
        with _switching_often(), contextlib.ExitStack() as stack:
            for member in self._parts.members:
                sources.append(ReadAhead(member.source, member.recogniser.prepare, changed))
                stack.callback(sources[-1].close)
            inference = threading.Thread(target=self._infer, args=(sources, changed), name="inference", daemon=True)
            inference.start()
            try:
                yield
            finally:
                self._ended.set()
                self._observed.fail(EndOfStream())
                for source in sources:
                    source.end()  # all of them, before the first is waited for
                inference.join(JOIN_S)

    def _infer(self, sources: Sequence[ReadAhead], changed: threading.Condition) -> None:
        clock, members = self._parts.clock, self._parts.members
        lines = [Line(number, *each, clock) for number, each in enumerate(zip(members, sources))]
        turns = Turns(lines, changed)
        try:
            while turns.lines and not self._ended.is_set():
                self._take(turns, turns.next())
        except BaseException as error:  # raised by the thread that presents
            self._observed.fail(error)

    def _take(self, turns: Turns, had: Sequence[Tuple[Line, Optional[Frame]]]) -> None:
        lines, looks = [], []
        for line, frame in had:
            if frame is None:
                self._observed[line.number].fail(EndOfStream())
                continue
            lines.append(line)
            looks.append(Look(line.member.recogniser, frame, line.watch))
        if not lines:
            return
        observations = observe_together(looks, self._parts.in_batches)
        turns.end(lines)
        for line, observation in zip(lines, observations):
            stages_ms = line.watch.take()
            turns.charge(line, stages_ms.of(NETWORKS) / 1e3)
            self._hand_over(line, _Observed(observation, stages_ms))
        for line in lines:
            line.watch.lap("wait")

    def _hand_over(self, line: Line, observed: _Observed) -> None:
        slot = self._observed[line.number]
        if line.source.live:
            lost = slot.put(observed)
            if lost is not None:
                self._meters[line.number].lose(lost.observation, lost.stages_ms)
            return
        while not self._ended.is_set() and not slot.offer(observed, READ_TIMEOUT_S):
            pass

    def _present(self) -> Iterator[Shown]:
        watch = Stopwatch(self._parts.clock)
        go_on = True
        while go_on and not self._parts.stop.is_set() and not self._is_over():
            try:
                taken = self._observed.take(READ_TIMEOUT_S)
            except EndOfStream:
                return
            watch.skip()
            if taken is not None:
                number, observed = taken
                if observed is None:
                    self._showings[number].end()
                else:
                    go_on = yield from self._showings[number].show(observed.observation, watch, observed.stages_ms)
            for number in self._observed.going:
                go_on = self._showings[number].show_stall(watch) and go_on


@contextlib.contextmanager
def _switching_often() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)
