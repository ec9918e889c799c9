"""What is counted under which name, and what happened when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_tracks import DOWN, LEFT_HALF, RES, passed, played, thing, way

from runtime.counting.counter import Counter
from runtime.counting.plan import CENTRE, FOOT, Line, Plan, Zone


def test_a_zone_knows_who_is_there_came_left_and_for_how_long():
    counter = Counter(Plan((LEFT_HALF,)))
    xs = way(800, 200, 31) + [200] * 60 + way(200, 800, 31)
    events = [event for number, x in enumerate(xs) for event in counter.update(number / 30, [thing(1, x)], RES)]
    assert [(event.kind, event.place, event.name) for event in events] == [
        ("entered", "left", "tea"),
        ("left", "left", "tea"),
    ]
    zone = counter.counts().zones[0].total
    assert (zone.now, zone.entered, zone.left) == (0, 1, 1)
    assert zone.dwell_s == pytest.approx(3.3, abs=0.3)


def test_who_vanishes_in_a_zone_left_it_when_it_was_last_seen():
    counter = played([[thing(1, 200)]] * 31 + [[]] * 120, plan=Plan((LEFT_HALF,)))
    zone = counter.counts().zones[0].total
    assert (zone.now, zone.entered, zone.left) == (0, 1, 1)
    assert zone.dwell_s == pytest.approx(1.0)


def test_a_stay_that_goes_on_has_a_dwell_already():
    zone = played([[thing(1, 200)]] * 61, plan=Plan((LEFT_HALF,))).counts().zones[0].total
    assert (zone.now, zone.entered, zone.left) == (1, 1, 0)
    assert zone.dwell_s == pytest.approx(2.0)


def test_a_name_that_comes_late_takes_its_passages_along():
    """Stage 2 looks late, or sees only a part at first."""
    frames = [
        [thing(1, x, name="box" if step < 10 else "unknown box" if step < 20 else "tea", similarity=step >= 10 or None)]
        for step, x in enumerate(way(400, 900, 60))
    ]
    counter = played(frames, plan=Plan((), (DOWN._replace(start=(0.42, 0.2), end=(0.42, 0.8)),)))
    assert counter.counts().lines[0].by_name == (("tea", (0, 1)),)


def test_a_line_that_looks_for_one_product_counts_that_alone():
    both = [[thing(1, x, 400), thing(2, x, 600, "milk")] for x in way(200, 800, 50)]
    assert passed(both, plan=Plan((), (DOWN._replace(products=("milk",)),))) == (0, 1)


def test_foot_and_centre_are_different_points():
    level = Line("level", (0.0, 0.5), (1.0, 0.5), FOOT)
    falls = [[thing(1, 500, y)] for y in way(300, 480, 40)]  # its foot goes from 350 to 530
    assert sum(passed(falls, plan=Plan((), (level,)))) == 1
    assert sum(passed(falls, plan=Plan((), (level._replace(anchor=CENTRE),)))) == 0


def test_another_resolution_is_another_measure():
    counter = Counter(Plan((), (DOWN,)))
    for number, x in enumerate(way(100, 400, 40)):
        counter.update(number / 30, [thing(1, x, 250, width=50, height=50)], (500, 500))
    assert tuple(counter.counts().lines[0].total) == (0, 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1000), st.floats(0, 1000)), max_size=6), st.integers(0, 2**31)
)
def test_whatever_comes_a_zone_adds_up(things, seed):
    import random

    rng = random.Random(seed)
    narrow = Zone("narrow", ((0.4, 0.4), (0.45, 0.4), (0.45, 0.6)), CENTRE)
    counter = Counter(Plan((LEFT_HALF, narrow), (DOWN,)))
    for number in range(80):
        frame = [
            thing(track, x + rng.gauss(0, 200), y + rng.gauss(0, 50), rng.choice(["tea", "milk"]))
            for track, x, y in things
            if rng.random() < 0.7
        ]
        counter.update(number / 10, frame, RES)
        for zone in counter.counts().zones:
            for _, count in zone.by_name:
                assert 0 <= count.now == count.entered - count.left
                assert count.dwell_s >= -1e-9
