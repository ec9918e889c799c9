"""What an appearance is called: by two certain answers, and half of all, where stage 1 was once sure of it."""

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

import numpy as np

from runtime.frame import UNKNOWN
from runtime.seen import Box
from search.looking.appearances import MOST_ANSWERS, Answered, Appearance

BOX = Box(0.0, 0.0, 20.0, 20.0)
TEA, RICE = 0, 1


def answer(product, margin):
    return Answered(product, 0.5 + margin, margin, np.ones(2, np.float32), np.zeros((20, 20, 3), np.uint8))


def seen(*answers, score=0.9):
    """An appearance after answers of product and margin, one a second."""
    one = Appearance("box", 0.0, BOX, answer(*answers[0]))
    one.seen(0.0, score)
    for time_s, told in enumerate(answers[1:], 1):
        assert one.add(float(time_s), BOX, answer(*told)) is None
        one.seen(float(time_s), score)
    return one


def named(*answers, score=0.9, tea=0.2, rice=0.2):
    return seen(*answers, score=score).sighting(1, ["tea", "rice"], 0.7, [tea, rice]).product


def test_two_certain_answers_give_a_name_where_they_are_half_of_all():
    assert named((TEA, 0.3), (TEA, 0.2)) == "tea"
    assert named((UNKNOWN, 0.3), (TEA, 0.25), (TEA, 0.3), (TEA, 0.05)) == "tea"
    assert named((UNKNOWN, 0.3), (TEA, 0.1), (TEA, 0.25), (TEA, 0.3), (TEA, 0.05)) is None


def test_what_only_looks_like_it_stays_unknown_however_often():
    assert named((TEA, 0.1), (TEA, 0.15), (TEA, 0.3), (TEA, 0.1), (TEA, 0.15)) is None
    assert named((TEA, 0.1), (TEA, 0.15), tea=0.0) == "tea"


def test_certain_answers_about_another_do_not_count():
    assert named((TEA, 0.1), (TEA, 0.3), (RICE, 0.3), (TEA, 0.1)) is None


def test_no_name_without_stage_1():
    assert named((TEA, 0.3), (TEA, 0.3), score=0.6) is None


def test_what_takes_another_s_place_needs_its_own_answers():
    one = seen((TEA, 0.3), (TEA, 0.3), (RICE, 0.3), (RICE, 0.1))
    after = one.add(4.0, BOX, answer(RICE, 0.1))
    after.seen(4.0, 0.9)
    assert after.sighting(1, ["tea", "rice"], 0.7, [0.2, 0.2]).product is None
    assert after.sighting(1, ["tea", "rice"], 0.7, [0.2, 0.05]).product == "rice"


def test_a_name_is_looked_at_closely_until_it_is_certain_or_was_asked_about_often():
    assert not seen((TEA, 0.3), (TEA, 0.3)).is_unsettled([0.2, 0.2])
    assert seen((TEA, 0.3), (TEA, 0.1)).is_unsettled([0.2, 0.2])
    assert seen(*[(TEA, 0.1)] * (MOST_ANSWERS - 1)).is_unsettled([0.2, 0.2])
    assert not seen(*[(TEA, 0.1)] * MOST_ANSWERS).is_unsettled([0.2, 0.2])
    assert not seen((UNKNOWN, 0.1), (UNKNOWN, 0.1)).is_unsettled([0.2, 0.2])


def test_each_product_has_a_margin_of_its_own():
    assert named((TEA, 0.1), (TEA, 0.1), rice=0.0) is None
    assert named((RICE, 0.1), (RICE, 0.1), rice=0.1) == "rice"
