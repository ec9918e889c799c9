"""The same number of steps for all, within the hours; what does not fit is named."""

import pytest

from training.study.planning import OVERHEAD, planned, without_teachers

TIMES = {"small": 0.1, "middle": 0.2, "large": 0.7}


def test_all_fit_with_equal_steps():
    plan = planned(TIMES, seeds=2, hours=1, jobs=2, steps_an_epoch=100, longest=10**6)
    assert plan.variants == list(TIMES)
    assert plan.steps == int(7200 / (1.0 * 2 * OVERHEAD))
    assert plan.epochs == pytest.approx(plan.steps / 100)
    assert not plan.left_out


def test_what_has_no_time_for_an_epoch_is_left_out_from_the_end():
    plan = planned(TIMES, seeds=2, hours=0.05, jobs=1, steps_an_epoch=150, longest=10**6)
    assert plan.variants == ["small", "middle"]
    assert list(plan.left_out) == ["large"]
    assert "0.05 hours" in plan.left_out["large"]


def test_never_longer_than_asked():
    assert planned(TIMES, 2, 1000, 1, 100, longest=3000).steps == 3000


def test_who_learns_from_a_teacher_goes_with_it():
    plan = planned(TIMES, 2, 1000, 1, 100, longest=3000)
    assert without_teachers(plan, {"small": "large"}) == plan
    alone = without_teachers(plan, {"small": "a teacher"})
    assert alone.variants == ["middle", "large"]
    assert alone.left_out == {"small": "a teacher is not run"}
