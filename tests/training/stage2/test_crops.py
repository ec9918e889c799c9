"""Training crops are the device's crops."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.engines.engine import TensorSpec
from runtime.gallery import Gallery
from runtime.recognition.classifier import Classifier
from training.stage2.crops import cut, region_of

SIDE = 48
MARGIN = 0.1
WIDTH, HEIGHT = 90, 70
IMAGE = np.random.RandomState(0).randint(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


class Recorder:
    """An engine that keeps what it is given."""

    input = TensorSpec("images", (None, None, None, 3), np.dtype(np.uint8))

    def run(self, tensor):
        self.given = tensor.copy()
        return [np.tile(np.array([[1.0, 0.0]], np.float32), (len(tensor), 1))]


def device_crop(box_px):
    engine = Recorder()
    gallery = Gallery(np.eye(2, dtype=np.float32), np.arange(2, dtype=np.int32), 0.5)
    Classifier(engine, gallery, SIDE, MARGIN).name(IMAGE, box_px[None])
    return engine.given[0]


@st.composite
def boxes(draw):
    x = sorted(draw(st.lists(st.floats(0, WIDTH, width=32), min_size=2, max_size=2)))
    y = sorted(draw(st.lists(st.floats(0, HEIGHT, width=32), min_size=2, max_size=2)))
    return np.array([x[0], y[0], x[1], y[1]], np.float32)


@settings(max_examples=150, deadline=None)
@given(boxes())
def test_a_crop_is_what_the_device_cuts(box_px):
    np.testing.assert_array_equal(cut(IMAGE, box_px, MARGIN, SIDE), device_crop(box_px))


def test_a_region_has_room_for_the_whole_crop():
    box_px = np.array([30, 20, 50, 45], np.float32)
    region = region_of(IMAGE, box_px, 3)
    np.testing.assert_array_equal(cut(region.image, region.box_px, MARGIN, SIDE), cut(IMAGE, box_px, MARGIN, SIDE))
    assert region.product == 3
