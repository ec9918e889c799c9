"""The nominal rate against an absolute schedule, in made-up time."""

import threading

import pytest

from runtime.clock import FakeClock
from runtime.loop.pacer import Pacer


def test_work_that_fits_gives_exactly_the_nominal_rate():
    clock = FakeClock()
    pacer = Pacer(clock, 25.0, threading.Event())
    for work_ms in [0, 39, 5, 12, 30] * 20:
        pacer.wait()
        clock.advance(work_ms / 1e3)
    pacer.wait()
    assert clock.now_s() == pytest.approx(100 * 0.04)


def test_lateness_within_a_period_is_caught_up():
    clock = FakeClock()
    pacer = Pacer(clock, 10.0, threading.Event())
    for work_s in [0.15, 0.02, 0.02]:
        pacer.wait()
        clock.advance(work_s)
    pacer.wait()
    assert clock.now_s() == pytest.approx(0.3)


def test_after_a_stall_there_is_no_burst():
    clock = FakeClock()
    pacer = Pacer(clock, 10.0, threading.Event())
    pacer.wait()
    clock.advance(5.0)
    starts_s = []
    for _ in range(5):
        pacer.wait()
        starts_s.append(clock.now_s())
    assert starts_s == pytest.approx([5.0, 5.1, 5.2, 5.3, 5.4])


def test_zero_never_waits():
    clock = FakeClock()
    pacer = Pacer(clock, 0.0, threading.Event())
    for _ in range(10):
        pacer.wait()
    assert clock.now_s() == 0.0


def test_a_stop_ends_the_wait():
    clock = FakeClock()
    stop = threading.Event()
    pacer = Pacer(clock, 0.01, stop)
    pacer.wait()
    stop.set()
    pacer.wait()
    assert clock.now_s() == 0.0


@pytest.mark.parametrize(
    "camera_fps, nominal_fps, expected_fps",
    [
        (30.0, 30.0, 30.0),
        (30.03, 30.0, 30.0),
        (29.97, 30.0, 29.97),
        (30.0, 24.0, 24.0),
        (60.0, 30.0, 30.0),
        (25.0, 40.0, 25.0),
    ],
)
def test_live_frames_are_taken_at_the_nominal_rate_or_as_fast_as_they_come(camera_fps, nominal_fps, expected_fps):
    clock = FakeClock()
    pacer = Pacer(clock, nominal_fps, threading.Event())
    jitter_s = [0.0, 0.002, -0.001, 0.003, -0.002]
    taken = 0
    for number in range(6000):
        clock.advance(max(0.0, number / camera_fps + jitter_s[number % 5] - clock.now_s()))
        taken += pacer.is_due()
    assert taken / (6000 / camera_fps) == pytest.approx(expected_fps, rel=0.002)


def test_at_zero_every_live_frame_is_taken():
    assert all(Pacer(FakeClock(), 0.0, threading.Event()).is_due() for _ in range(10))
