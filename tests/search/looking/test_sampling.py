"""Which pictures are inferred on: fewer while nothing moves, more after a cut and where something is not settled."""

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

import numpy as np

from search.looking.sampling import Sampler, SamplingPolicy

FPS = 30


def sampled(thumbs, unsettled=(), policy=SamplingPolicy()):
    """Numbers of the pictures that are inferred on."""
    sampler, taken = Sampler(policy), []
    for number, thumb in enumerate(thumbs):
        if sampler.wants(number / FPS, thumb):
            taken.append(number)
            sampler.took(number / FPS, thumb, number in unsettled)
    return taken


def still(count, level=90):
    return [np.full((24, 32), level, np.float32)] * count


def moving(count):
    return [np.full((24, 32), 90 + 0.5 * number, np.float32) for number in range(count)]


def test_a_still_picture_is_looked_at_every_two_seconds():
    assert sampled(still(130)) == [0, 60, 120]


def test_what_moves_is_looked_at_twice_a_second():
    assert sampled(moving(46)) == [0, 15, 30, 45]


def test_a_cut_is_looked_at_at_once():
    assert sampled(still(20) + still(20, level=180)) == [0, 20]


def test_cuts_that_follow_at_once_are_not_all_looked_at():
    assert sampled(still(5) + still(1, 180) + still(1, 20) + still(1, 180) + still(10, 20)) == [0, 5, 8]


def test_what_is_not_settled_is_looked_at_again_soon():
    assert sampled(still(20), unsettled={0}) == [0, 6]


def test_every_picture_where_that_is_asked_for():
    assert sampled(still(5), policy=SamplingPolicy(every_picture=True)) == [0, 1, 2, 3, 4]


def test_the_cut_is_told_until_a_picture_after_it_was_looked_at():
    sampler = Sampler()
    first, other = still(1)[0], still(1, 180)[0]
    assert sampler.wants(0.0, first)
    sampler.took(0.0, first, False)
    assert not sampler.wants(0.05, other)  # too soon after the last
    assert sampler.wants(0.1, other)
    assert sampler.cut_s == 0.05
