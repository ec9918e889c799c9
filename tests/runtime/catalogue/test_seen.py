"""How often a product was named in this run, when last, and its clearest crop."""

import numpy as np

from runtime.catalogue.seen import Seen
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words

WORDS = Words(["box"], ["tea", "rice"])


def observed(frame, *rows):
    """`rows`: track, product, similarity; each in a box of its own colour."""
    image = np.zeros((100, 300, 3), np.uint8)
    boxes = np.array([[60 * place, 10, 60 * place + 50, 90] for place in range(len(rows))], np.float32).reshape(-1, 4)
    for place in range(len(rows)):
        image[:, 60 * place : 60 * place + 60] = 50 + frame
    detections = Detections(boxes, np.ones(len(rows), np.float32), np.zeros(len(rows), np.int32))
    tracks, products, similarities = (list(column) for column in zip(*rows)) if rows else ([], [], [])
    names = Names(np.array(products, np.int32), np.array(similarities, np.float32), len(rows), 0, ())
    return Observation(Frame(image, frame, 10.0 + frame), detections, np.array(tracks, np.int64), names, WORDS)


def test_tracks_are_counted_once_under_each_name_and_the_clearest_crop_is_kept():
    seen = Seen(0.0)
    seen.see(observed(0, (1, 0, 0.7), (2, UNKNOWN, 0.1)))
    seen.see(observed(1, (1, 0, 0.9), (2, 0, 0.8)))
    seen.see(observed(2, (1, 1, 0.91), (2, 0, 0.9)))
    seen.see(observed(3))
    products = seen.products()
    assert {name: (one.times, one.last_s) for name, one in products.items()} == {"tea": (2, 12.0), "rice": (1, 12.0)}
    assert abs(int(products["tea"].crop[40, 20, 0]) - 51) <= 2, "of frame 1, 0.9 sure; no surer later"
    assert products["tea"].similarity == np.float32(0.9)


def test_without_stage_2_nothing_is_counted():
    seen = Seen(0.0)
    seen.see(observed(0, (1, 0, 0.7))._replace(names=None))
    assert seen.products() == {}
