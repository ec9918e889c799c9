"""The thread that looks at a shelf: a full queue, the order, the end. No test sleeps: threads meet at events."""

import threading

import numpy as np
import pytest

from runtime.frame import Frame
from runtime.shelf import looking
from runtime.shelf.looking import Look, LookingThread

LONG_S = 20.0


class HeldLooker:
    """Looks when it may, and remembers at what."""

    def __init__(self):
        self.looked, self.begun, self.may = [], threading.Event(), threading.Event()

    def look(self, look):
        self.begun.set()
        assert self.may.wait(LONG_S)
        self.looked.append(look.frame.id)


def look(number):
    return Look(None, Frame(np.zeros((4, 4, 3), np.uint8), number, float(number)))


@pytest.fixture
def busy():
    """A thread that looks at frame 0 until it may go on."""
    looker = HeldLooker()
    thread = LookingThread(looker)
    thread.put(look(0))
    assert looker.begun.wait(LONG_S)
    yield looker, thread
    looker.may.set()
    thread.close()


def test_the_newest_takes_the_place_of_what_waits_and_nobody_is_held_up(busy):
    looker, thread = busy
    for number in (1, 2, 3):
        thread.put(look(number))
    assert looker.looked == []
    looker.may.set()
    thread.close()
    assert looker.looked == [0, 3]


def test_looks_are_in_order():
    looker = HeldLooker()
    looker.may.set()
    thread = LookingThread(looker)
    for number in range(50):
        thread.put(look(number))
    thread.close()
    assert looker.looked == sorted(looker.looked)
    assert looker.looked[-1] == 49


def test_the_end_does_not_wait_for_ever(busy, monkeypatch):
    looker, thread = busy
    monkeypatch.setattr(looking, "CLOSE_S", 0.01)
    thread.close()
    assert thread._thread.is_alive()
    looker.may.set()
    thread._thread.join(LONG_S)
    assert not thread._thread.is_alive()


def test_the_end_may_come_twice():
    thread = LookingThread(HeldLooker())
    thread.close()
    thread.close()
    assert not thread._thread.is_alive()
