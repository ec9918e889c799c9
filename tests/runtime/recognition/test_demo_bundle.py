"""The newcomer's first minute: the shipped bundle on the built-in demo names the right products at the right places."""

import threading

import numpy as np
import pytest

from runtime.assembly import assemble
from runtime.frame import UNKNOWN
from runtime.recognition.iou import iou_matrix
from runtime.scene.products import PRODUCTS
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.settings import Settings
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource

FRAMES = 20
STEP_S = 0.5
"""Too far apart to follow anything: every candidate is asked about."""


@pytest.fixture(scope="module")
def watched():
    """The loop on a scene of the held-out split, and the truth of each of its frames."""
    scene = Scene(SceneSettings(products=6, seed=11, split="heldout"), (640, 480))
    rendered = [scene.render(number * STEP_S) for number in range(FRAMES)]
    sink = FakeSink()
    source = FakeSource([image.copy() for image, _ in rendered])
    with assemble(
        Settings(size=320, fps=0, threads=1, classify_every=1), threading.Event(), source, [sink]
    ) as assembly:
        assembly.loop.run()
        # A slow machine shows a picture again while it waits for the next.
        observations = list({each.frame.id: each for each in sink.observations}.values())
        return assembly, observations, [truth for _, truth in rendered]


def test_the_bundle_knows_the_products_of_the_scene(watched):
    assembly, _, _ = watched
    assert assembly.bundle.products == [product.name for product in PRODUCTS]
    assert len(assembly.bundle.products) == 30


def test_the_right_products_at_the_right_places(watched):
    _, observations, truths = watched
    right = wrong = missed = 0
    for observation, truth in zip(observations, truths):
        clear = truth.visible > 0.6
        overlap = iou_matrix(truth.boxes_px[clear], observation.detections.boxes_px)
        for row, product in zip(overlap, truth.products[clear]):
            best = int(row.argmax()) if len(row) else -1
            if best < 0 or row[best] < 0.5:
                missed += 1
            elif observation.names.products[best] == product:
                right += 1
            else:
                wrong += 1
    everything = right + wrong + missed
    assert everything > 3 * FRAMES
    assert right / everything > 0.9, (right, wrong, missed)


def test_what_it_has_never_seen_is_unknown():
    scene = Scene(SceneSettings(products=6, seed=5, split="heldout", unknown=1.0), (640, 480))
    sink = FakeSink()
    source = FakeSource([scene.render(number * STEP_S).image for number in range(FRAMES)])
    with assemble(
        Settings(size=320, fps=0, threads=1, classify_every=1), threading.Event(), source, [sink]
    ) as assembly:
        assembly.loop.run()
    products = np.concatenate([observation.names.products for observation in sink.observations])
    assert len(products) > FRAMES
    assert (products == UNKNOWN).mean() > 0.8
