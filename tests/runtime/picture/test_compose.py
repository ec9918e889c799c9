"""The finished picture against a golden one, and what must hold whatever is drawn."""

import os
from pathlib import Path

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runtime.figures.figures import Figures, Stages
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation
from runtime.picture.compose import Composer
from runtime.picture.tiles import LabelTiles

GOLDEN = str(Path(__file__).resolve().parents[2] / "golden" / "compose.png")
FIGURES = Figures(30.0, 29.97, 24.8, 38.2, 61.0, Stages(), 250, 248, 900, 80, "detect: 31.2 of 40.1 ms")


def observed(image, boxes, products=None, frame_id=0):
    k = len(boxes)
    detections = Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.linspace(0.9, 0.5, k).astype(np.float32),
        np.arange(k, dtype=np.int32) % 2,
    )
    names = None
    if products is not None:
        names = Names(np.array(products, np.int32), np.linspace(0.95, 0.4, k).astype(np.float32), k, 0)
    return Observation(Frame(image, frame_id, 0.0), detections, np.arange(k), names)


def gradient(width=640, height=480):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns * 255 // width, rows * 255 // height, np.full_like(rows, 90)], axis=2).astype(np.uint8)


def test_the_golden_picture():
    """Written anew with: UPDATE_GOLDEN=1 pytest tests/runtime/picture/test_compose.py (then look at it)."""
    composer = Composer(["square", "bar"], ["rose serum", "Müller crème", "mint"])
    boxes = [[40, 200, 200, 400], [250, 220, 380, 330], [500, 10, 639, 120]]
    picture = composer.compose(observed(gradient(), boxes, [0, 1, UNKNOWN]), FIGURES)
    if os.environ.get("UPDATE_GOLDEN"):
        cv2.imwrite(GOLDEN, picture)
    golden = cv2.imread(GOLDEN)
    assert golden.shape == picture.shape
    # One FreeType rasterises a little differently from the next: edges of letters may differ, nothing else.
    different = np.abs(golden.astype(int) - picture).max(axis=2) > 40
    assert different.mean() < 0.004


def test_it_draws_on_the_frame_itself():
    image = gradient()
    assert Composer(["a", "b"], None).compose(observed(image, [[10, 200, 50, 300]]), FIGURES) is image


def test_a_new_panel_covers_the_old_one():
    composer, fresh = Composer([], None), gradient()
    twice = composer.compose(observed(gradient(), []), FIGURES)
    later = FIGURES._replace(true_fps=7.0, limited_by="x")
    composer.draw_panel(twice, later)
    composer.draw_panel(fresh, later)
    assert (twice == fresh).all()


def test_offline_is_said_on_the_picture():
    composer = Composer([], None)
    online = composer.compose(observed(gradient(), []), FIGURES)
    offline = composer.compose(observed(gradient(), [], frame_id=None), FIGURES)
    assert (online != offline).any()


BOXES = st.lists(st.tuples(*[st.floats(-50, 900)] * 4), max_size=6)


@given(st.integers(1, 900), st.integers(1, 700), BOXES)
def test_any_box_on_any_picture_can_be_drawn(width, height, boxes):
    picture = Composer(["square"], None).compose(observed(np.zeros((height, width, 3), np.uint8), boxes), FIGURES)
    assert picture.shape == (height, width, 3)


def test_labels_are_rendered_once():
    tiles = LabelTiles()
    assert tiles.tile("a", (1, 2, 3), 14) is tiles.tile("a", (1, 2, 3), 14)


def test_the_panel_may_be_left_out_but_offline_is_always_said():
    composer = Composer([], None, panel=False)
    assert (composer.compose(observed(gradient(), []), FIGURES) == gradient()).all()
    offline = composer.compose(observed(gradient(), [], frame_id=None), FIGURES)
    assert (offline != gradient()).any()


def test_the_panel_keeps_away_from_boxes():
    composer, picture = Composer([], None), gradient()
    composer.compose(observed(picture, [[10, 10, 200, 200]]), FIGURES)
    assert (picture[100:190, 20:190] == gradient()[100:190, 20:190]).all()
    assert (picture[:100, 400:] != gradient()[:100, 400:]).any()
