"""A state changes on evidence over time, never on a frame, and nothing that is hidden is missing."""

import random

import pytest

from runtime.shelf.layout import EMPTY, FILLED, HIDDEN, LOW, UNKNOWN, WRONG
from runtime.shelf.slot_state import Look, SlotState


class Played:
    """A slot of two facings that is looked at three times a second."""

    def __init__(self):
        self.slot, self.now_s, self.states = SlotState(2), 0.0, []

    def see(self, seconds, look):
        for _ in range(int(3 * seconds)):
            self.now_s += 1 / 3
            given = look() if callable(look) else look
            is_new = self.slot.cover(self.now_s) if given is None else self.slot.look(self.now_s, given)
            if is_new:
                self.states.append(self.slot.state)
        return self


def test_nothing_is_said_before_enough_was_seen():
    assert Played().see(1, Look(2)).states == []
    assert Played().see(3, Look(2)).states == [FILLED]


@pytest.mark.parametrize(
    ("look", "state"),
    [
        (Look(1), LOW),
        (Look(0), EMPTY),
        (Look(1, ("milk",)), WRONG),
        (Look(0, (), 1), UNKNOWN),
        (Look(2, ("milk",)), WRONG),
    ],
)
def test_each_state_within_five_seconds(look, state):
    played = Played().see(10, Look(2)).see(1, None).see(5, look)
    assert played.states == [FILLED, state]
    assert played.now_s - played.slot.since_s < 3.5 + 1.5


@pytest.mark.parametrize("called", [Look(1, ("milk",)), Look(0, (), 2), Look(1, (), 1)])
def test_nothing_becomes_another_product_by_itself(called):
    played = Played()
    for _ in range(5):
        played.see(10, Look(2)).see(15, called)
    assert played.states == [FILLED]
    assert played.see(30, called).states[1:] != []


def test_what_nobody_has_touched_changes_only_after_long():
    played = Played().see(20, Look(2))
    for _ in range(5):
        played.see(10, Look(1)).see(5, Look(2))
    assert played.states == [FILLED]
    assert played.see(20, Look(1)).states == [FILLED, LOW]


def test_what_had_a_name_has_it_until_somebody_comes():
    played = Played().see(10, Look(2)).see(1, None).see(20, Look(0, ("milk",))).see(60, Look(0, (), 1))
    assert played.states == [FILLED, WRONG]
    assert played.slot.wrong == "milk"
    assert played.see(1, None).see(5, Look(0, (), 1)).states == [FILLED, WRONG, UNKNOWN]
    assert played.slot.wrong is None


def test_what_is_put_beside_what_stands_there_is_wrong_at_once():
    played = Played().see(10, Look(1)).see(1, None).see(5, Look(1, ("milk",)))
    assert played.states == [LOW, WRONG]


def test_a_thing_that_is_called_otherwise_is_missed_all_the_same():
    played = Played().see(10, Look(2)).see(5, Look(1, ("milk",))).see(14, Look(0, ("milk",)))
    assert played.states == [FILLED, LOW]


def test_a_second_without_a_box_changes_nothing():
    played = Played().see(10, Look(2))
    for _ in range(50):
        played.see(0.7, Look(0)).see(3, Look(2))
    assert played.states == [FILLED]


def test_an_hour_in_which_every_tenth_look_overlooks_something():
    rng = random.Random(5)
    played = Played().see(3600, lambda: Look(2 if rng.random() < 0.9 else rng.choice([0, 1])))
    assert played.states == [FILLED]
    assert played.slot.in_stock == pytest.approx(1.0)


def test_a_hand_is_no_alarm():
    played = Played().see(10, Look(2)).see(1.5, None).see(10, Look(2))
    assert played.states == [FILLED]


def test_a_trolley_hides_and_then_all_is_as_before():
    played = Played().see(10, Look(2)).see(60, None).see(10, Look(2))
    assert played.states == [FILLED, HIDDEN, FILLED]
    assert played.slot.in_stock == 1.0


def test_share_of_the_time_in_stock():
    played = Played().see(60, Look(2)).see(1, None).see(60, Look(0)).see(30, None)
    assert played.slot.in_stock == pytest.approx(0.5, abs=0.05)
