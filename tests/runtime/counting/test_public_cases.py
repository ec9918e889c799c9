"""What users of other programs report of their counts, each as made-up tracks: here it counts right."""

import random

import pytest
from made_up_tracks import DOWN, LEFT_HALF, RES, passed, played, thing, way

from runtime.counting.counter import Counter
from runtime.counting.plan import Plan


def test_what_waits_on_the_line_is_counted_once():
    """opendatacam #204: a car that waits on the line was counted fifteen times."""
    rng = random.Random(204)
    approach = way(200, 500, 60)
    waits = [500 + rng.uniform(-6, 6) for _ in range(900)]
    leaves = way(500, 800, 60)
    assert passed([[thing(7, x)] for x in approach + waits + leaves]) == (0, 1)


def test_detections_without_a_number_are_nobody():
    """supervision #2578: detections without a tracker id were one track; 7 crossings became 97."""
    xs = way(200, 800, 60)
    seven = [[thing(track, xs[step], 240 + 80 * track) for track in range(7)] for step in range(60)]
    rng = random.Random(2578)
    unconfirmed = [[thing(-1, rng.uniform(0, 1000), rng.uniform(0, 1000)) for _ in range(5)] for _ in range(60)]
    assert passed([a + b for a, b in zip(seven, unconfirmed)]) == (0, 7)


@pytest.mark.parametrize("y", [60.0, 150.0, 860.0, 990.0])
def test_a_line_has_ends(y):
    """supervision #518, #210: a line counted what passed beyond its ends."""
    assert passed([[thing(1, x, y)] for x in way(200, 800, 60)]) == (0, 0)


def test_who_goes_round_an_end_has_not_passed():
    """supervision #210 again: over the line's continuation, and back beside it."""
    round_the_end = (
        [(x, 500) for x in way(200, 440, 30)] + [(440, y) for y in way(500, 100, 40)]
        + [(x, 100) for x in way(440, 560, 20)] + [(560, y) for y in way(100, 500, 40)]
        + [(x, 500) for x in way(560, 800, 30)]
    )  # fmt: skip
    assert passed([[thing(1, x, y)] for x, y in round_the_end]) == (0, 0)


@pytest.mark.parametrize("period", [1, 2, 4])
def test_a_flickering_box_does_not_cross_to_and_fro(period):
    """supervision #1540: a box that changes between whole and half crosses with every change."""
    line = DOWN._replace(start=(0.2, 0.5), end=(0.8, 0.5))
    frames = []
    for number in range(600):
        is_cut = number // period % 2 == 1
        frames.append([thing(1, 500, 505 - (35 if is_cut else 0), height=60.0 if is_cut else 130.0)])
    assert passed(frames, plan=Plan(lines=(line,))) == (0, 0)


def test_one_pass_adds_one():
    """ultralytics #9998: one pass added two, one each for in and out."""
    assert passed([[thing(3, x)] for x in way(200, 800, 40)]) == (0, 1)
    assert passed([[thing(3, x)] for x in way(800, 200, 40)]) == (1, 0)


def test_an_hour_on_the_line_with_a_box_that_trembles_by_5_percent():
    rng = random.Random(1)
    counter = Counter(Plan((LEFT_HALF,), (DOWN,)))
    for number in range(3600 * 5):
        x, y = 500 + rng.uniform(-5, 5), 500 + rng.uniform(-5, 5)
        counter.update(number / 5.0, [thing(1, x, y, width=rng.uniform(95, 105), height=rng.uniform(95, 105))], RES)
    counts = counter.counts()
    assert tuple(counts.lines[0].total) == (0, 0)
    assert counts.zones[0].total.entered <= 1
    assert counts.zones[0].total.left == 0


def test_two_at_once():
    frames = [[thing(1, x, 350), thing(2, 1000 - x, 650)] for x in way(200, 800, 50)]
    assert passed(frames) == (1, 1)
    side_by_side = [[thing(1, x, 450), thing(2, x + 20, 560, "milk")] for x in way(200, 800, 50)]
    lines = played(side_by_side).counts().lines[0]
    assert lines.by_name == (("milk", (0, 1)), ("tea", (0, 1)))


def test_what_comes_in_from_behind_another():
    """The second is hidden while both pass, and comes out on the far side: nobody saw it pass."""
    frames = []
    for step, x in enumerate(way(200, 800, 60)):
        frames.append([thing(1, x)] + ([thing(2, x - 60, 520)] if step > 45 else []))
    assert passed(frames) == (0, 1)


def test_what_comes_out_before_the_line_passes():
    frames = []
    for step, x in enumerate(way(200, 800, 60)):
        frames.append([thing(1, x)] + ([thing(2, x - 100, 560)] if step > 20 else []))
    assert passed(frames) == (0, 2)


@pytest.mark.parametrize("fps", [2, 5, 10, 60])
def test_cameras_of_other_rates(fps):
    steps = max(4, int(2 * fps))
    assert passed([[thing(1, x)] for x in way(100, 900, steps)], fps=fps) == (0, 1)


def test_a_number_lost_on_the_line_and_found_as_another():
    xs = way(200, 800, 90)
    frames = [[thing(1 if step < 44 else 2, x)] if not 44 <= step < 56 else [] for step, x in enumerate(xs)]
    assert passed(frames) == (0, 1)


def test_a_number_that_changes_with_every_few_frames():
    assert passed([[thing(step // 4, x)] for step, x in enumerate(way(200, 800, 90))]) == (0, 1)


def test_after_an_offline_gap_everything_begins_anew():
    counter = played([[thing(1, x)] for x in way(200, 470, 30)])
    counter.update(100.0, [], RES)
    played([[thing(9, x)] for x in way(530, 800, 30)], start_s=200.0, counter=counter)
    assert tuple(counter.counts().lines[0].total) == (0, 0)
    played([[thing(12, x)] for x in way(200, 800, 30)], start_s=300.0, counter=counter)
    assert tuple(counter.counts().lines[0].total) == (0, 1)


def test_a_moment_beyond_the_border_is_no_passage():
    """A hand holds it over the line for a second; once its box trembles to beyond the band."""
    held = [450] * 15 + [505] * 15 + [520] + [505] * 15 + [450] * 30
    assert passed([[thing(1, x)] for x in held]) == (0, 0)


def test_a_short_offline_gap_on_the_line_does_not_lose_who_passes():
    xs = way(200, 800, 90)
    assert passed([[] if 40 <= step < 60 else [thing(1, x)] for step, x in enumerate(xs)]) == (0, 1)


@pytest.mark.parametrize(("frames", "count"), [(2, 0), (3, 0), (4, 1)])
def test_a_flicker_is_not_counted(frames, count):
    assert passed([[], [thing(1, 200)]] + [[thing(1, 800)]] * (frames - 1) + [[]] * 100) == (0, count)


def test_what_comes_into_view_on_a_line_has_no_side_yet():
    """A hand brings it: at first half of it is covered, so its box's centre lies elsewhere."""
    assert passed([[thing(1, 492)]] * 10 + [[thing(1, x)] for x in way(505, 800, 30)]) == (0, 0)
    assert passed([[thing(1, 485)]] * 10 + [[thing(1, x)] for x in way(505, 800, 30)]) == (0, 1)


@pytest.mark.parametrize(("before", "count"), [(10, 0), (11, 1)])
def test_the_last_box_of_what_was_hardly_seen_is_no_passage(before, count):
    assert passed([[thing(1, 450)]] * before + [[thing(1, 520)]] + [[]] * 100) == (0, count)
