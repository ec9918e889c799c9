"""What zones, lines and a shelf cost: which blocks are pairs, and whether they say that it is too much."""

import pytest

from benchmarks.zones import TURNS, Block, interval_of, ratios_of, verdict


def blocks(count, with_s=1.02, without_s=1.0, drift_s=0.0):
    turns = [TURNS[number % len(TURNS)] for number in range(count)]
    return [Block(turn, (with_s if turn else without_s) + drift_s * n, 0.0, 0.0) for n, turn in enumerate(turns)]


def test_neighbours_are_pairs_once_all_is_warm():
    assert ratios_of(blocks(13)) == [pytest.approx(1 / 1.02)] * 4


def test_what_drifts_costs_neither():
    ratios = ratios_of(blocks(44, 1.0, 1.0, drift_s=0.001))
    assert sum(ratios) / len(ratios) == pytest.approx(1.0, abs=1e-5)
    assert min(ratios) < 1 < max(ratios)


def test_the_interval_is_by_ranks():
    assert interval_of(range(100)) == (40, 59)
    assert interval_of([3.0, 1.0, 2.0]) == (1.0, 3.0)


def test_the_verdict_names_the_cost_and_how_sure_it_is():
    assert verdict([0.99, 0.995, 1.01]) == (
        "costs 0.50 % of the true FPS (median of 3 pairs; by 95 % -1.00 to 1.00): cannot be told from 1 %"
    )
    assert verdict([0.99 + 0.0001 * number for number in range(60)]).endswith(": less than 1 %")
    assert verdict([0.97, 0.98]).endswith("NOT less than 1 %")
