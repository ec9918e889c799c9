"""Who is who, where numbers are lost, exchanged and taken over."""

import pytest
from made_up_tracks import DOWN, LEFT_HALF, passed, played, thing, way

from runtime.counting.plan import Plan


def test_two_that_exchange_their_numbers_keep_their_names():
    """A tracker that goes by overlap takes one for the other where they meet; stage 2 says so a little later."""
    xs = way(200, 800, 120)
    frames = []
    for step, x in enumerate(xs):
        has_met, is_known = step >= 85, step >= 88
        tea = thing(2 if has_met else 1, x, 480, "tea" if is_known or not has_met else "milk")
        milk = thing(1 if has_met else 2, 1250 - x, 520, "milk" if is_known or not has_met else "tea")
        frames.append([tea, milk])
    lines = played(frames, plan=Plan((), (DOWN._replace(start=(0.7, 0.2), end=(0.7, 0.8)),))).counts().lines[0]
    assert dict(lines.by_name) == {"tea": (0, 1), "milk": (1, 0)}


def test_a_hand_that_comes_back_with_another_thing_is_two():
    first = [[thing(4, x, name="tea")] for x in way(200, 800, 60) + [800] * 30]
    second = [[thing(4, x, name="milk")] for x in way(800, 200, 60)]
    assert played(first + second).counts().lines[0].by_name == (("milk", (1, 0)), ("tea", (0, 1)))


def test_hidden_for_some_seconds_and_out_on_the_other_side():
    """Known by its name, and by where it would be by now."""
    xs = way(200, 800, 300)
    frames = [[thing(1 if step < 120 else 8, x)] if not 120 <= step < 240 else [] for step, x in enumerate(xs)]
    assert passed(frames) == (0, 1)


def test_another_product_from_behind_is_another():
    xs = way(200, 800, 300)
    frames = [
        [thing(1, x)] if step < 120 else [thing(8, x, name="milk")] if step >= 240 else [] for step, x in enumerate(xs)
    ]
    assert passed(frames) == (0, 0)


def test_who_was_hidden_had_not_left():
    frames = [[thing(1, 200)]] * 60 + [[]] * 120 + [[thing(5, 205)]] * 60
    zone = played(frames, plan=Plan((LEFT_HALF,))).counts().zones[0].total
    assert (zone.now, zone.entered, zone.left) == (1, 1, 0)
    assert 7.5 < zone.dwell_s < 8.1


def test_what_another_covers_at_the_line_has_passed():
    """Who comes towards it cuts its box off from the front, then from behind: small, its centre far from its own."""
    frames = []
    for number in range(200):
        x, cover = 470 + 0.5 * number, 620 - 3.0 * number
        in_front, behind = (x - 50, min(x + 50, cover)), (max(x - 50, cover + 100), x + 50)
        left, right = max(in_front, behind, key=lambda part: part[1] - part[0])
        track = 1 if (left, right) == in_front else 2
        frames.append([thing(track, (left + right) / 2, width=right - left)] if right - left >= 15 else [])
    assert passed(frames) == (0, 1)


def test_what_is_seen_for_three_frames_is_not_found_again_far_away():
    """Its box settles yet: so it has no speed."""
    unknown = [thing(1, x, name="unknown box")._replace(product=None) for x in (300, 320, 340)]
    later = thing(2, 700, name="unknown box")._replace(product=None)
    assert passed([[one] for one in unknown] + [[]] * 30 + [[later]] * 30) == (0, 0)


def test_a_second_box_on_one_thing_takes_over_when_the_first_ends():
    xs = way(200, 800, 120)
    frames = []
    for step, x in enumerate(xs):
        first = [thing(1, x)] if step < 62 else []
        second = [thing(2, x + 8, 505)] if step >= 58 else []
        frames.append(first + second)
    assert passed(frames) == (0, 1)


@pytest.mark.parametrize(("known", "name"), [(40, "tea"), (20, "unknown box")])
def test_what_is_unknown_for_a_while_counts_as_the_product_that_it_turns_out_to_be(known, name):
    """In a hand for 3 s, then known; what is a product for some frames alone is none."""
    frames = [[thing(1, x)] for x in way(200, 800, 90 + known)]
    for number in range(90):
        frames[number] = [frames[number][0]._replace(name="unknown box", product=None)]
    assert played(frames).counts().lines[0].by_name == ((name, (0, 1)),)
