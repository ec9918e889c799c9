"""A knock is a movement of everything; a row of equal things that is emptied or filled is none."""

import cv2
import numpy as np
import pytest

from runtime.shelf.alignment import OFF_S, Alignment

RES = (320, 240)
PITCH_PX = 60


def wall():
    noise = np.random.RandomState(1).randint(20, 235, (60, 80)).astype(np.uint8)
    picture = cv2.resize(noise, RES, interpolation=cv2.INTER_CUBIC)
    picture[:150] = 128  # plain, where things stand
    return picture


def shelf(places):
    """Equal things at these places, before a wall."""
    thing = cv2.resize(np.random.RandomState(2).randint(0, 255, (14, 8)).astype(np.uint8), (40, 70))
    picture = wall()
    for place in places:
        picture[60:130, 20 + PITCH_PX * place : 60 + PITCH_PX * place] = thing
    return picture


def looked(alignment, picture, begin_s, looks=8):
    return [alignment.look(begin_s + number, picture) for number in range(looks)]


def test_a_row_of_equal_things_that_is_filled_is_no_knock():
    alignment = Alignment()
    looked(alignment, shelf([0, 2]), 0.0)
    for number, places in enumerate(([0], [1], [1, 3], [0, 1, 2, 3])):
        assert not any(looked(alignment, shelf(places), 10.0 * (number + 1)))
        assert alignment.is_fitted


@pytest.mark.parametrize("shift", [(4, -3), (21, 9)])
def test_a_knock_is_found_at_the_second_look(shift):
    alignment, picture = Alignment(), shelf([0, 1, 3])
    assert not any(looked(alignment, picture, 0.0))
    knocked = cv2.warpAffine(picture, np.float32([[1, 0, shift[0]], [0, 1, shift[1]]]), RES, borderMode=1)
    assert looked(alignment, knocked, 10.0) == [False, True] + [False] * 6
    assert alignment.matrix[:, 2] == pytest.approx(shift, abs=1.0)


def test_what_was_taught_in_another_run_is_found_where_it_is():
    taught = shelf([0, 1, 3])
    alignment = Alignment(taught)
    assert not any(looked(alignment, shelf([0, 3]), 0.0, 2))
    assert alignment.is_fitted
    alignment = Alignment(taught)
    moved = cv2.warpAffine(shelf([0, 3]), np.float32([[1, 0, 21], [0, 1, 9]]), RES, borderMode=1)
    assert looked(alignment, moved, 0.0) == [False, True] + [False] * 6
    assert alignment.matrix[:, 2] == pytest.approx((21, 9), abs=1.0)


def test_another_camera_than_the_taught_one_is_off_and_never_fits():
    alignment = Alignment(shelf([0, 1, 3]))
    other = cv2.flip(shelf([0, 1, 3]), 0)
    for number in range(int(OFF_S) + 1):
        assert not alignment.look(float(number), other)
        assert not alignment.is_fitted
    assert alignment.is_off


def test_in_the_dark_nothing_is_where_it_was():
    alignment = Alignment()
    looked(alignment, shelf([0, 1]), 0.0)
    looked(alignment, shelf([0, 1]) // 20, 10.0, 1)
    assert not alignment.is_fitted
    looked(alignment, shelf([0, 1]), 11.0, 1)
    assert alignment.is_fitted


def test_a_picture_of_something_else_is_off_after_a_while():
    alignment = Alignment()
    looked(alignment, shelf([0, 1]), 0.0)
    other = np.random.RandomState(7).randint(0, 255, RES[::-1]).astype(np.uint8)
    looked(alignment, other, 10.0, 2)
    assert not alignment.is_fitted
    assert not alignment.is_off
    looked(alignment, other, 12.0, int(OFF_S))
    assert alignment.is_off
