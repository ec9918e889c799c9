"""Letterbox and back: properties, and the same pixels whoever draws them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.recognition.letterbox import PADDING, Letterbox, LetterboxBuffer
from runtime.sides import Sides, square

SIDES = st.integers(1, 2000)
NETWORK = st.sampled_from([32, 96, 160, 320, 416, 640])
INPUTS = st.builds(Sides, NETWORK, NETWORK)


@given(SIDES, SIDES, INPUTS, st.booleans())
def test_it_fits_inside_and_touches_two_sides(width, height, sides, centred):
    fit = Letterbox.fit(width, height, sides, centred)
    assert fit.left >= 0
    assert fit.top >= 0
    assert fit.left + fit.inner_width <= sides.width
    assert fit.top + fit.inner_height <= sides.height
    # YOLOX cuts where Ultralytics rounds, and a product of floats may lie just below the whole number.
    spare = min(sides.width - fit.inner_width, sides.height - fit.inner_height)
    assert spare <= (0 if centred else 1)


@given(SIDES, SIDES, INPUTS, st.booleans(), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_boxes_come_back(width, height, sides, centred, corners):
    x1, x2 = sorted(c * width for c in corners[:2])
    y1, y2 = sorted(c * height for c in corners[2:])
    box = np.array([[x1, y1, x2, y2]], np.float32)
    fit = Letterbox.fit(width, height, sides, centred)
    inside = box * np.float32(fit.scale) + np.array([fit.left, fit.top, fit.left, fit.top], np.float32)
    back = fit.boxes_out(inside.tolist())
    assert back.dtype == np.float32
    assert np.allclose(back, box, atol=2e-3 / fit.scale + 1e-3)


def test_boxes_outside_are_clipped():
    fit = Letterbox.fit(640, 480, square(160))
    assert fit.boxes_out([(-50.0, -50.0, 500.0, 500.0)]).tolist() == [[0, 0, 640, 480]]


@pytest.mark.parametrize(
    "width, height, left, top", [(640, 480, 0, 20), (480, 640, 20, 0), (640, 479, 0, 20), (7, 3, 0, 45)]
)
def test_where_the_padding_goes(width, height, left, top):
    fit = Letterbox.fit(width, height, square(160))
    assert (fit.left, fit.top) == (left, top)
    assert (
        Letterbox.fit(width, height, square(160), centred=False).left,
        Letterbox.fit(width, height, square(160), False).top,
    ) == (
        0,
        0,
    )


def test_a_kept_square_has_no_trace_of_the_picture_before():
    kept, fresh = np.empty((64, 64, 3), np.uint8), np.empty((64, 64, 3), np.uint8)
    wide = np.full((20, 80, 3), 255, np.uint8)
    tall = np.full((80, 20, 3), 9, np.uint8)
    square = LetterboxBuffer(kept)
    square.draw(wide)
    square.draw(tall)
    LetterboxBuffer(fresh).draw(tall)
    assert (kept == fresh).all()
    assert set(np.unique(kept)) == {9, PADDING}


def test_stretched_boxes_come_back_where_they_were():
    fit = Letterbox.stretched(1280, 720, Sides(640, 640))
    assert fit.boxes_out([(0, 0, 640, 640), (100, 160, 320, 320)]).tolist() == [[0, 0, 1280, 720], [200, 180, 640, 360]]


def test_a_stretched_picture_leaves_no_bars():
    canvas = np.zeros((64, 64, 3), np.uint8)
    LetterboxBuffer(canvas, stretch=True).draw(np.full((36, 64, 3), 200, np.uint8))
    assert (canvas == 200).all()
