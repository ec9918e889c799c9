"""Whose turn it is at the networks: shares by weight, nobody starved, nothing saved up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passing_time import Waiting

from runtime.clock import FakeClock
from runtime.frame import EndOfStream, Frame
from runtime.loop.member import Member
from runtime.loop.turns import Line, Turns

IMAGE = np.zeros((4, 4, 3), np.uint8)


class Camera:
    """Stands for a ReadAhead: a new frame whenever `period_s` has passed, 0: always."""

    live = True

    def __init__(self, clock, period_s=0.0, until_s=float("inf")):
        self._clock, self._period_s, self._until_s = clock, period_s, until_s
        self._taken_s, self._id = -1e9, -1

    @property
    def is_ready(self):
        return self._clock.now_s() - self._taken_s >= self._period_s

    def read(self, timeout_s):
        if self._clock.now_s() >= self._until_s:
            raise EndOfStream
        self._taken_s = self._clock.now_s()
        self._id += 1
        return Frame(IMAGE, self._id, self._taken_s)


def work(turns, had, costs_s, clock):
    """What the loop does with a turn: those that had it."""
    lines = [line for line, frame in had if frame is not None]
    for line in lines:
        clock.advance(costs_s[line.number])
        for other in lines:
            other.watch.lap("detect" if other is line else "others")
    turns.end(lines)
    for line in lines:
        turns.charge(line, costs_s[line.number])
    return lines


def run(cameras, costs_s, weights, clock, seconds=20.0):
    """How often each had its turn, and how long the networks worked for it."""
    lines = [
        Line(number, Member(None, None, None, 0.0, str(number), weight), camera, clock)
        for number, (camera, weight) in enumerate(zip(cameras, weights))
    ]
    turns, given_turns, ended = Turns(lines, Waiting(clock)), [0] * len(lines), []
    end_s = clock.now_s() + seconds
    while clock.now_s() < end_s and turns.lines:
        had = turns.next()
        ended += [line.number for line, frame in had if frame is None]
        for line in work(turns, had, costs_s, clock):
            given_turns[line.number] += 1
    return given_turns, [count * cost_s for count, cost_s in zip(given_turns, costs_s)], lines, ended


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0.01, 0.05), st.floats(0.5, 4.0)), min_size=1, max_size=6))
def test_time_is_shared_by_weight_whatever_a_frame_costs(each):
    clock = FakeClock()
    costs_s, weights = zip(*each)
    _, spent_s, _, _ = run([Camera(clock) for _ in each], costs_s, weights, clock, 10.0)
    for one_s, weight in zip(spent_s, weights):
        # to within a turn: nobody may be further behind than the longest frame
        assert one_s == pytest.approx(10.0 * weight / sum(weights), abs=2 * max(costs_s) * max(weights) / min(weights))


def test_a_slow_camera_gets_each_of_its_frames_and_the_rest_is_the_others():
    clock = FakeClock()
    count, _, _, _ = run([Camera(clock, 0.1), Camera(clock), Camera(clock)], [0.02] * 3, [1, 1, 1], clock)
    assert count[0] >= 0.7 * 20 / 0.1
    assert abs(count[1] - count[2]) <= 2
    assert sum(count) == pytest.approx(20 / 0.02, rel=0.01)


def test_who_was_away_takes_nobodys_time_when_it_is_back():
    clock = FakeClock()
    away, here = Camera(clock), Camera(clock)
    away._taken_s, away._period_s = clock.now_s(), 10.0
    lines = [Line(n, Member(None, None, None, 0.0), camera, clock) for n, camera in enumerate((away, here))]
    turns, order = Turns(lines, Waiting(clock)), []
    while clock.now_s() < 15.0:
        for line in work(turns, turns.next(), [0.02, 0.02], clock):
            order.append(line.number)
            if line.number == 0:
                away._period_s = 0.0
    back = order[order.index(0) :]
    assert abs(back.count(0) - back.count(1)) <= 2
    assert "".join(map(str, back)).find("000") < 0


def test_the_stages_of_each_add_up_to_the_time_that_passed():
    clock = FakeClock()
    began_s = clock.now_s()
    _, _, lines, _ = run([Camera(clock, 0.05), Camera(clock, 0.07)], [0.02, 0.03], [1, 1], clock, 10.0)
    for line in lines:
        line.watch.lap("wait")
        stages_ms = line.watch.take()
        assert stages_ms.period == pytest.approx(1e3 * (clock.now_s() - began_s))
        assert stages_ms.others > 1000
        assert stages_ms.wait > 100


def test_one_that_ends_leaves_the_line():
    clock = FakeClock()
    count, _, lines, ended = run([Camera(clock, until_s=5.0), Camera(clock)], [0.01] * 2, [1, 1], clock, 20.0)
    assert ended == [0]
    assert count[1] == pytest.approx(250 + 1500, abs=5)
