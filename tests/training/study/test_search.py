"""A search tries the defaults first, draws within its bounds, goes on from rows, and learns from them."""

import math

import pytest

from training.study.rows import Row
from training.study.search import USUAL, name_of, next_flags, trials_of

pytest.importorskip("optuna", reason="needs optuna, a training extra")


def row(flags, top1, seed=0):
    return Row("search", name_of(flags), seed, flags, 10, 1.0, 1.0, top1=top1)


def test_the_defaults_come_first():
    assert next_flags([]) == USUAL
    assert name_of(USUAL) == "lr 0.2, weight decay 0.0001, mixup 0"


def test_it_goes_on_from_rows_alone_and_finds_the_better_rate():
    rows = []
    for _ in range(20):
        flags = next_flags(rows)
        assert flags == next_flags(rows)
        assert 0.02 <= flags["lr"] <= 1
        assert 0 <= flags["mixup"] <= 0.4
        rows += [row(flags, 1 - abs(flags["lr"] - 0.5), seed) for seed in (0, 1)]
    assert len(trials_of(rows)) == 20
    later = [one.settings["lr"] for one in rows[24:]]
    by_chance = math.log(0.7 / 0.3) / math.log(1 / 0.02)
    assert sum(0.3 < lr < 0.7 for lr in later) > 2 * by_chance * len(later)


def test_a_trial_that_failed_counts_as_the_worst():
    failed = row(USUAL, float("nan"))._replace(error="the loss is nan")
    assert next_flags([failed]) != USUAL
