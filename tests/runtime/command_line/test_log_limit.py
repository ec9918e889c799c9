"""A line that is repeated is written once and counted; lines that differ are written."""

import io
import logging

import pytest

from runtime.clock import FakeClock
from runtime.command_line.log_limit import KINDS_OF_ONE, PERIOD_S, LimitedHandler, LogLimit


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def written():
    return io.StringIO()


@pytest.fixture
def log(clock, written):
    handler = LimitedHandler(written, LogLimit(clock.now_s))
    logger = logging.getLogger("log_limit_test")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
    handler.close()


def lines(written):
    return written.getvalue().splitlines()


def test_a_flood_is_one_line_and_a_count_a_minute(log, clock, written):
    for _ in range(1000):
        log.error("socket.accept() out of system resource")
    assert lines(written) == ["socket.accept() out of system resource"]
    clock.advance(PERIOD_S)
    log.error("socket.accept() out of system resource")
    assert lines(written)[1:] == ["socket.accept() out of system resource (and 999 more like this)"]
    for _ in range(7):
        clock.advance(PERIOD_S / 10)
        log.error("socket.accept() out of system resource")
    assert len(lines(written)) == 2


def test_another_line_brings_the_count(log, clock, written):
    for _ in range(3):
        log.warning("again")
    clock.advance(PERIOD_S)
    log.info("something else")
    assert lines(written) == ["again", "again (and 2 more like this)", "something else"]


def test_a_wording_with_ever_new_values_is_limited_as_well(log, written):
    for number in range(1000):
        log.warning("lost %d", number)
    for number in range(1000):
        log.warning("gone {}".format(number))
    assert len(lines(written)) == 2 * KINDS_OF_ONE


def test_two_of_one_wording_are_both_written(log, written):
    log.info("recorded %d pictures to %s", 5, "a.mp4")
    log.info("recorded %d pictures to %s", 5, "b.mp4")
    assert len(lines(written)) == 2


def test_what_is_periodic_on_purpose_is_written(log, written):
    for _ in range(50):
        log.info("true 30.0 fps", extra={"periodic": True})
    assert len(lines(written)) == 50


def test_the_end_tells_what_was_held_back(clock, written):
    handler = LimitedHandler(written, LogLimit(clock.now_s))
    for _ in range(5):
        handler.handle(logging.LogRecord("x", logging.WARNING, "", 0, "again", None, None))
    handler.close()
    assert lines(written) == ["again", "again (and 4 more like this)"]


def test_it_comes_back_after_a_quiet_time(log, clock, written):
    log.warning("gone")
    clock.advance(PERIOD_S + 1)
    log.warning("gone")
    assert lines(written) == ["gone", "gone"]
