"""Several cameras in one loop: what one of them does, or no longer does, is nothing to the others."""

import threading
import time

import numpy as np
import pytest
from passing_time import Waiting

from runtime.clock import FakeClock, MonotonicClock
from runtime.errors import SourceError
from runtime.frame import Detections, Frame
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.loop.turns import Line, Turns
from runtime.picture.compose import Composer
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource
from runtime.sources.read_ahead import ReadAhead

pytestmark = pytest.mark.timeout(30)

IMAGE = np.zeros((48, 64, 3), np.uint8)
PERIOD_S, WORK_S = 0.07, 0.014
"""Of each of four cameras: the networks are busy for 0.8 of the time."""


class Detector:
    """Finds nothing, at once."""

    classes = ("thing",)

    def prepare(self, image):
        return None

    def detect(self, prepared):
        return Detections.none()


class Endless(FakeSource):
    """Live, a frame every few milliseconds."""

    def __init__(self):
        super().__init__((IMAGE.copy() for _ in iter(int, 1)), live=True)

    def read(self, timeout_s):
        time.sleep(0.004)
        return super().read(timeout_s)


class Silent(FakeSource):
    """Live, and every read takes 0.3 s in vain, the first one so much more."""

    def __init__(self, more_s=0.0):
        super().__init__([], live=True)
        self.res = (64, 48)
        self._more_s = more_s

    def read(self, timeout_s):
        time.sleep(0.3 + self._more_s)
        self._more_s = 0.0


def loop_of(*each, clock=None, **limits):
    """Of a source and a sink for each camera."""
    members = [
        Member(
            source, Recogniser(Detector(), Tracker()), Presenter(Composer(["thing"], None), [sink]), 0.0, str(number)
        )
        for number, (source, sink) in enumerate(each)
    ]
    parts = LoopParts(members, threading.Event(), Limits(**limits), clock=clock or MonotonicClock())
    return OverlappedLoop(parts)


def test_one_that_ends_is_told_so_and_the_others_go_on():
    file, camera = FakeSink(), FakeSink()
    loop = loop_of((FakeSource([IMAGE.copy() for _ in range(5)]), file), (Endless(), camera), frames=60)
    loop.run()
    assert [one.frame.id for one in file.observations] == [0, 1, 2, 3, 4]
    assert (file.ended, camera.ended) == (1, 0)
    assert len(camera.observations) == 55


def test_one_that_fails_is_over_and_the_last_one_that_fails_is_an_error(caplog):
    file, camera = FakeSink(), FakeSink()
    loop = loop_of((FakeSource([IMAGE.copy(), SourceError("damaged")]), file), (Endless(), camera), frames=30)
    loop.run()
    assert (len(file.observations), file.ended, len(camera.observations)) == (1, 1, 29)
    assert caplog.messages == ["0 is over, the others go on: damaged"]
    with pytest.raises(SourceError, match="damaged"):
        loop_of(*[(FakeSource([IMAGE.copy(), SourceError("damaged")]), FakeSink()) for _ in range(2)]).run()


class LateClock(MonotonicClock):
    """Real time, and what is added to it."""

    more_s = 0.0

    def now_s(self):
        return super().now_s() + self.more_s


def test_what_closing_takes_costs_nobody_of_his_true_fps(monkeypatch):
    clock = LateClock()
    close = ReadAhead.close

    def close_slowly(source):
        clock.more_s += 100.0
        close(source)

    monkeypatch.setattr(ReadAhead, "close", close_slowly)
    loop = loop_of((Endless(), FakeSink()), (Silent(), FakeSink()), clock=clock, frames=20)
    loop.run()
    assert clock.more_s >= 200.0
    assert loop.cameras()[0].true_fps > 1.0
    assert loop.figures().true_fps > 1.0


def test_eight_that_hang_are_waited_for_together():
    shown_s = []

    class Noting(FakeSink):
        def present(self, picture, observation, figures):
            shown_s.append(time.monotonic())
            return super().present(picture, observation, figures)

    # each begins a read just before the one before it ends its own: one after the other they would take 2 s
    silent = [(Silent(0.04 * number), FakeSink()) for number in reversed(range(8))]
    loop_of(*silent, (Endless(), Noting()), seconds=0.8).run()
    assert time.monotonic() - shown_s[-1] < 8 * 0.3 - 0.9
    assert not [thread for thread in threading.enumerate() if thread.name == "capture"]


class Scheduled:
    """Stands for a ReadAhead: the newest of the frames that come at `times_s`, offline pictures where `id` is None."""

    live = True

    def __init__(self, clock, times_s, is_offline=False):
        self._clock, self._times_s, self._is_offline = clock, times_s, is_offline
        self._taken = 0

    def _there(self):
        return int(np.searchsorted(self._times_s, self._clock.now_s(), side="right"))

    @property
    def is_ready(self):
        return self._there() > self._taken

    def read(self, timeout_s):
        self._taken = self._there()
        number = None if self._is_offline else self._taken - 1
        return Frame(IMAGE, number, float(self._times_s[self._taken - 1]))


SECONDS = 15.0
ON_TIME_S = np.arange(0.0, SECONDS, PERIOD_S)
CHANCE = np.random.RandomState(5)
FAULTS = {
    "sound": (ON_TIME_S, WORK_S, False),
    "slow": (np.arange(0.2, SECONDS, 0.2), WORK_S, False),
    "stalled": (np.array([0.0]), WORK_S, False),
    "dead": (np.arange(0.0, SECONDS, 0.5), 0.0, True),
    "dropping": (ON_TIME_S[CHANCE.random_sample(len(ON_TIME_S)) < 0.5], WORK_S, False),
    "in bursts": (np.repeat(ON_TIME_S[3::4], 4), WORK_S, False),
    "at any time": (np.sort(CHANCE.uniform(0.0, SECONDS, len(ON_TIME_S))), WORK_S, False),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_one_of_four_costs_the_others_none_of_their_frames(kind):
    clock = FakeClock()
    times_s, work_s, is_offline = FAULTS[kind]
    cameras = [Scheduled(clock, times_s, is_offline)] + [Scheduled(clock, ON_TIME_S) for _ in range(3)]
    costs_s, shown = [work_s] + 3 * [WORK_S], [0] * 4
    lines = [Line(n, Member(None, None, None, 0.0, str(n)), camera, clock) for n, camera in enumerate(cameras)]
    turns = Turns(lines, Waiting(clock))
    while clock.now_s() < SECONDS:
        had = [line for line, _ in turns.next()]
        clock.advance(sum(costs_s[line.number] for line in had))
        turns.end(had)
        for line in had:
            turns.charge(line, costs_s[line.number])
            shown[line.number] += 1
    assert min(shown[1:]) >= 0.98 * len(ON_TIME_S)
