"""The slot between a capturing thread and its reader. No test sleeps: threads meet at joins and generous time-outs."""

import threading

import numpy as np
import pytest

from runtime.errors import SourceError
from runtime.frame import EndOfStream, Frame
from runtime.newest import NewestSlot

LONG_S = 20.0
"""Longer than anything here takes on a busy machine; only a failing test waits this long."""


def frame(number: int) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), number, float(number))


def test_a_frame_is_taken_once():
    slot = NewestSlot()
    slot.put(frame(0))
    assert slot.take(0).id == 0
    assert slot.take(0) is None


def test_the_newest_frame_wins():
    slot = NewestSlot()
    for number in range(5):
        slot.put(frame(number))
    assert slot.take(0).id == 4
    assert slot.take(0) is None


def test_an_empty_slot_gives_nothing_when_the_time_is_up():
    assert NewestSlot().take(0.001) is None
    assert NewestSlot().take(-1) is None


def test_a_waiting_reader_gets_the_frame_that_comes():
    slot, taken = NewestSlot(), []
    reader = threading.Thread(target=lambda: taken.append(slot.take(LONG_S)))
    reader.start()
    slot.put(frame(7))
    reader.join(LONG_S)
    assert [f.id for f in taken] == [7]


def test_a_failure_reaches_a_waiting_reader():
    slot, raised = NewestSlot(), []

    def read() -> None:
        try:
            slot.take(LONG_S)
        except SourceError as error:
            raised.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    failure = SourceError("unplugged")
    slot.fail(failure)
    reader.join(LONG_S)
    assert raised == [failure]


def test_the_last_frame_comes_before_the_failure_and_the_failure_stays():
    slot = NewestSlot()
    slot.put(frame(3))
    slot.fail(EndOfStream())
    assert slot.take(0).id == 3
    for _ in range(2):
        with pytest.raises(EndOfStream):
            slot.take(0)


def test_the_first_failure_is_the_one_told():
    slot = NewestSlot()
    slot.fail(SourceError("cause"))
    slot.fail(SourceError("consequence"))
    with pytest.raises(SourceError, match="cause"):
        slot.take(0)


def test_ids_only_go_up_under_a_running_writer():
    slot, count = NewestSlot(), 2000

    def write() -> None:
        for number in range(count):
            slot.put(frame(number))
        slot.fail(EndOfStream())

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    with pytest.raises(EndOfStream):
        while True:
            seen.append(slot.take(LONG_S).id)
    writer.join(LONG_S)
    assert seen == sorted(set(seen))
    assert seen[-1] == count - 1


def test_frames_stay_fresh_under_a_slow_reader():
    """10,000 frames at 60 a second, a loop of 10: none is older than two periods and one loop when presented."""
    period_s, loop_s = 1 / 60, 0.1
    slot: NewestSlot = NewestSlot()
    image = np.zeros((1, 1, 3), np.uint8)
    ages_s, now_s, number = [], 0.0, 0
    while number < 10000:
        while number * period_s <= now_s:
            slot.put(Frame(image, number, number * period_s))
            number += 1
        taken = slot.take(0)
        if taken is None:
            now_s = number * period_s
            continue
        now_s += loop_s
        ages_s.append(now_s - taken.captured_s)
    assert len(ages_s) > 1500
    assert max(ages_s) < 2 * period_s + loop_s
    assert ages_s[-1] < 2 * period_s + loop_s, "no lag grows"
