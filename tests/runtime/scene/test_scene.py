"""The drawn scene: purity, truth, the products, and how far colour alone gets."""

from collections import Counter
from functools import lru_cache
from typing import List, Tuple

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.errors import UsageError
from runtime.scene.hands import hand_for
from runtime.scene.motion import Pose
from runtime.scene.products import OUTSIDERS, PRODUCTS, SHAPES
from runtime.scene.render import Layer, matrix_of_pose, paint, sights
from runtime.scene.scene import Scene
from runtime.scene.settings import HELDOUT, TRAIN, SceneSettings
from runtime.scene.sprites import SOLID, product_sprite
from runtime.scene.truth import MIN_VISIBLE

SMALL = (160, 120)


def upright(x_px: float, y_px: float, scale: float = 0.4, roll: float = 0.0, yaw: float = 0.0) -> Pose:
    return Pose(x_px, y_px, scale, roll, yaw, 0.0, (0.0, 0.0), 0)


def layer_at(number: int, pose: Pose) -> Layer:
    return Layer(product_sprite(PRODUCTS[number]), matrix_of_pose(pose, 0.0), pose.scale, (0, 0))


# The products ---------------------------------------------------------------


def test_thirty_products_six_outsiders_four_shapes():
    assert len(PRODUCTS) == 30
    assert len(OUTSIDERS) == 6
    assert len({product.name for product in PRODUCTS + OUTSIDERS}) == 36
    assert {product.shape for product in PRODUCTS} == set(range(len(SHAPES)))
    assert {product.shape for product in OUTSIDERS} == set(range(len(SHAPES)))


def test_at_least_eight_pairs_differ_in_label_art_alone():
    families = Counter(product._replace(name="", motif="") for product in PRODUCTS)
    assert sum(members * (members - 1) // 2 for members in families.values()) >= 8
    assert len({product._replace(name="") for product in PRODUCTS + OUTSIDERS}) == 36


def test_label_art_can_be_told_apart_at_forty_pixels():
    """Within a family a good share of the pixels differs, in the small picture that a distant object leaves."""
    for family in {product._replace(name="", motif="") for product in PRODUCTS}:
        small = [
            cv2.resize(product_sprite(product).levels[0], (40, 40), interpolation=cv2.INTER_AREA).astype(int)
            for product in PRODUCTS
            if product._replace(name="", motif="") == family
        ]
        for first in range(len(small)):
            for second in range(first):
                apart = np.abs(small[first] - small[second]).max(-1) > 40
                assert np.count_nonzero(apart) >= 40, family


# Compositing ----------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    number=st.integers(0, 29),
    x_px=st.floats(-20, 220),
    y_px=st.floats(-20, 170),
    scale=st.floats(0.12, 0.7),
    roll=st.floats(-0.6, 0.6),
    yaw=st.floats(-0.5, 0.5),
)
def test_the_box_is_tight_on_what_was_painted(number, x_px, y_px, scale, roll, yaw):
    """Paint on black and on white: where the two differ by less than half, the object hides what is behind it."""
    layer = layer_at(number, upright(x_px, y_px, scale, roll, yaw))
    black, white = np.zeros((150, 200, 3), np.uint8), np.full((150, 200, 3), 255, np.uint8)
    stamp = paint(black, layer)
    paint(white, layer)
    (sight,) = sights([stamp], 200, 150)
    hidden = white[..., 1].astype(int) - black[..., 1] <= 255 - SOLID
    if sight is None:
        assert not hidden.any()
        return
    rows, columns = np.flatnonzero(hidden.any(1)), np.flatnonzero(hidden.any(0))
    box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    np.testing.assert_allclose(sight.box_px, box, atol=1)  # colour channels saturate by a grey level at the rim


def test_an_object_in_full_view_is_wholly_visible_and_half_outside_by_half():
    for number in range(30):
        whole, half = (paint(np.zeros((200, 200, 3), np.uint8), layer_at(number, upright(x, 100))) for x in (100, 0))
        assert sights([whole], 200, 200)[0].visible == pytest.approx(1, abs=0.03)
        assert sights([half], 200, 200)[0].visible == pytest.approx(0.5, abs=0.13)


def test_what_is_in_front_takes_away_from_what_is_behind():
    frame = np.zeros((200, 300, 3), np.uint8)
    stamps = [paint(frame, layer_at(0, upright(x, 100, scale))) for x, scale in ((100, 0.4), (130, 0.4), (200, 0.6))]
    behind, middle, front = sights(stamps, 300, 200)
    assert 0.2 < behind.visible < 0.8
    assert behind.box_px[2] < middle.box_px[2]
    assert front.visible == pytest.approx(1, abs=0.03)
    hidden, _ = sights([paint(frame, layer_at(0, upright(100, 100, s))) for s in (0.2, 0.6)], 300, 200)
    assert hidden is None


# The scene ------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    products=st.integers(1, 30),
    time_s=st.floats(0, 5000),
    split=st.sampled_from(["train", "heldout"]),
    hard=st.booleans(),
    size=st.tuples(st.integers(48, 200), st.integers(48, 200)),
)
def test_any_scene_has_a_sane_truth(seed, products, time_s, split, hard, size):
    image, truth = Scene(SceneSettings(products, seed, 1.0, split, hard, 0.2), size).render(time_s)
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    count = len(truth.boxes_px)
    assert [part.dtype for part in truth] == [np.float32, np.int32, np.int32, np.int64, np.float32]
    assert all(len(part) == count for part in truth)
    assert count <= products
    left, top, right, bottom = truth.boxes_px.T
    assert ((left >= 0) & (top >= 0) & (right <= size[0]) & (bottom <= size[1])).all()
    assert ((right > left) & (bottom > top)).all()
    assert ((truth.visible >= MIN_VISIBLE) & (truth.visible <= 1)).all()
    assert len(set(truth.track_ids)) == count
    for shape, number in zip(truth.shapes, truth.products):
        assert number == -1 or PRODUCTS[number].shape == shape


def test_a_frame_is_a_pure_function_of_settings_size_and_time():
    asked = SceneSettings(products=6, seed=11)
    first, second = Scene(asked, SMALL), Scene(asked, SMALL)
    forwards = [first.render(time_s) for time_s in (0.0, 1.5, 30.0)]
    backwards = [second.render(time_s) for time_s in (30.0, 1.5, 0.0)][::-1]
    for mine, theirs in zip(forwards, backwards):
        np.testing.assert_array_equal(mine.image, theirs.image)
        for here, there in zip(mine.truth, theirs.truth):
            np.testing.assert_array_equal(here, there)


def test_seed_split_difficulty_and_time_each_change_the_frame():
    asked = SceneSettings(products=4, seed=5)
    frames = [
        Scene(asked._replace(**change), SMALL).render(2.0).image
        for change in ({}, {"seed": 6}, {"split": "heldout"}, {"hard": True}, {"speed": 3.0})
    ]
    for first in range(len(frames)):
        for second in range(first):
            assert not np.array_equal(frames[first], frames[second])


def test_speed_is_scene_time_over_real_time():
    slow, fast = (Scene(SceneSettings(products=4, speed=speed), SMALL) for speed in (1.0, 2.0))
    np.testing.assert_array_equal(slow.render(3.0).image, fast.render(1.5).image)


def test_furnishing_draws_everything_and_changes_nothing():
    asked = SceneSettings(products=4, seed=8)
    plain, furnished = Scene(asked, SMALL), Scene(asked, SMALL)
    assert set(furnished.furnish(2.0)) == set(PRODUCTS)
    np.testing.assert_array_equal(plain.render(2.0).image, furnished.render(2.0).image)


def test_hands_are_drawn_before_their_visit_and_dropped_after_it(monkeypatch):
    drawn = []

    def hand_drawn(product, person):
        drawn.append(product)
        return hand_for(product, person)

    monkeypatch.setattr("runtime.scene.scene.hand_for", hand_drawn)
    scene = Scene(SceneSettings(products=4), SMALL)
    for second in range(40):
        list(scene.furnish(float(second)))
        before = len(drawn)
        scene.render(float(second))
        assert len(drawn) == before
    assert 5 <= len(drawn) <= 7, "each visit's, once"
    assert scene._hand_for.cache_info().currsize == 2


def test_a_track_keeps_its_product_and_products_come_and_go():
    scene = Scene(SceneSettings(products=8, seed=2, unknown=0.2), SMALL)
    product_of_track = {}
    for step in range(100):
        truth = scene.render(step * 0.8).truth
        for track_id, number in zip(truth.track_ids, truth.products):
            assert product_of_track.setdefault(track_id, number) == number
    assert len(product_of_track) > 16
    assert len(set(product_of_track.values())) > 12


def test_a_frame_too_small_is_refused():
    with pytest.raises(UsageError, match="48"):
        Scene(SceneSettings(), (640, 40))


def test_outsiders_come_as_asked():
    for unknown, low, high in ((0.0, 0.0, 0.0), (0.3, 0.1, 0.5), (1.0, 1.0, 1.0)):
        numbers: List[int] = []
        for seed in range(6):
            numbers.extend(Scene(SceneSettings(12, seed, unknown=unknown), SMALL).render(1.0).truth.products)
        assert low <= np.mean(np.array(numbers) == -1) <= high


def test_objects_in_clear_view_are_60_to_180_pixels_tall_at_480_lines():
    for seed in range(3):
        truth = Scene(SceneSettings(seed=seed), (640, 480)).render(3.0).truth
        whole = truth.boxes_px[truth.visible > 0.97]
        heights = whole[:, 3] - whole[:, 1]
        assert (heights >= 60).all()
        assert (heights <= 180).all()


def test_held_out_scenes_draw_from_other_ranges():
    for field in TRAIN._fields:
        ours, theirs = getattr(TRAIN, field), getattr(HELDOUT, field)
        if isinstance(ours[0], str):
            assert not set(ours) & set(theirs), field
        else:
            assert max(ours) < min(theirs) or max(theirs) < min(ours), field


# How hard it is -------------------------------------------------------------


@lru_cache(maxsize=None)
def mean_colours(split: str, first_seed: int) -> Tuple[np.ndarray, np.ndarray]:
    """(k, 3) float mean BGR of true crops, and (k,) their products, over four clean scenes of a split."""
    colours, numbers = [], []
    for seed in range(first_seed, first_seed + 4):
        scene = Scene(SceneSettings(products=30, seed=seed, split=split), (320, 240))
        for time_s in (0.0, 7.0, 14.0, 21.0):
            image, truth = scene.render(time_s)
            for (left, top, right, bottom), number in zip(truth.boxes_px.astype(int), truth.products):
                colours.append(image[top:bottom, left:right].reshape(-1, 3).mean(0))
                numbers.append(number)
    return np.array(colours), np.array(numbers)


def colour_baseline(test_split: str) -> float:
    """Top-1 of naming some 400 true crops by the nearest mean colour, learnt from as many crops of training scenes."""
    colours, numbers = mean_colours("train", 0)
    prototypes = np.array([colours[numbers == number].mean(0) for number in range(len(PRODUCTS))])
    colours, numbers = mean_colours(test_split, 100)
    distances = np.linalg.norm(colours[:, None] - prototypes[None], axis=2)
    return float(np.mean(distances.argmin(1) == numbers))


@pytest.mark.parametrize("split", ["heldout", "train"])
def test_colour_alone_does_not_name_the_products(split):
    """Neither in held-out light nor in light drawn from the ranges that the colours were learnt in."""
    assert colour_baseline(split) < 0.60


def test_every_product_is_seen():
    _, numbers = mean_colours("heldout", 100)
    assert set(numbers) == set(range(len(PRODUCTS)))
