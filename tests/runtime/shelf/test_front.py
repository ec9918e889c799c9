"""Who is in front is told from the board below a slot: not the light, not a price tag, not those beside."""

import numpy as np
import pytest

from runtime.shelf.front import STILL_LOOKS, Front
from runtime.shelf.layout import Slot

SLOTS = [
    Slot("{} {}".format(row, column), "tea", (0.25 * column, 0.5 * row + 0.1, 0.25 * column + 0.24, 0.5 * row + 0.4))
    for row in range(2)
    for column in range(4)
]
NOTHING_SEEN, ALL_SEEN = [False] * 8, [True] * 8


def board(light=1.0):
    picture = np.full((240, 320, 3), (60.0, 100.0, 140.0))
    picture[:, ::2] *= 1.1
    return np.clip(picture * light, 0, 255)


def somebody(picture, first, last, top=0):
    """From column `first` to `last`, in eighths of the width."""
    picture[top:, 40 * first : 40 * last] = (20, 60, 30)
    return picture


@pytest.fixture
def front():
    front = Front(SLOTS)
    for _ in range(5):
        front.look(board().astype(np.uint8), ALL_SEEN)
    return front


def covered(front, picture, seen=NOTHING_SEEN):
    front.look(picture.astype(np.uint8), seen)
    return "".join(str(int(one)) for one in front.covered)


@pytest.mark.parametrize("light", [0.7, 1.0, 1.3])
def test_somebody_hides_what_he_is_in_front_of_in_any_light(front, light):
    assert covered(front, board(light)) == "00000000"
    assert covered(front, somebody(board(light), 0, 5)) == "11101110"
    assert covered(front, board(light)) == "00000000"


def test_who_is_in_front_of_a_slot_is_in_front_of_those_below(front):
    picture = somebody(board(), 0, 1)
    picture[150:] = board()[150:]  # a coat of the colour of the lower board
    assert covered(front, picture) == "10001000"
    assert covered(front, somebody(board(), 0, 1, top=150)) == "00001000"


def test_a_coat_of_the_boards_own_colour_has_not_its_edge():
    front, picture = Front(SLOTS), board()
    for bottom in (96, 216):  # of the slots; their strips begin five lines below
        picture[bottom + 5 : bottom + 9] *= 1.3
        picture[bottom + 9 : bottom + 13] *= 0.7
    for _ in range(5):
        front.look(picture.astype(np.uint8), ALL_SEEN)
    coat = picture.copy()
    coat[:, :40] = board()[:, :40]
    assert covered(front, picture) == "00000000"
    assert covered(front, coat) == "10001000"


def test_another_price_tag_is_learnt_where_the_product_is_seen(front):
    tagged = somebody(board(), 0, 1)
    said = [covered(front, tagged, ALL_SEEN) for _ in range(STILL_LOOKS + 3)]
    assert said[1] == "10001000"
    assert said[-1] == "00000000"


def test_a_trolley_is_never_learnt(front):
    said = {covered(front, somebody(board(), 0, 1), NOTHING_SEEN) for _ in range(STILL_LOOKS + 3)}
    assert said == {"10001000"}
