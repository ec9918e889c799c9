"""What is seen, in words, for the page and for whoever reads figures.json."""

import numpy as np

from runtime.frame import PENDING, UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.seen import Seen, objects_in, seen_in

WORDS = Words(["box", "jar"], ["tea", "물병"])


def detections(shapes):
    k = len(shapes)
    return Detections(np.zeros((k, 4), np.float32), np.ones(k, np.float32), np.array(shapes, np.int32))


def names(products):
    return Names(np.array(products, np.int32), np.ones(len(products), np.float32), 0, 0)


def test_the_most_frequent_first_and_what_has_no_name_last():
    seen = seen_in(detections([0, 1, 0, 1, 0, 1]), names([1, 0, 1, UNKNOWN, PENDING, UNKNOWN]), WORDS)
    assert seen == [
        Seen("물병", True, 2),
        Seen("tea", True, 1),
        Seen("unknown jar", False, 2),
        Seen("box", False, 1),
    ]


def test_without_stage_2_shapes_are_the_names():
    assert seen_in(detections([1, 0, 1, 7]), None, Words(["person", "bus"])) == [
        Seen("bus", True, 2),
        Seen("class 7", True, 1),
        Seen("person", True, 1),
    ]


def test_nothing_is_nothing():
    assert seen_in(Detections.none(), None, Words()) == []


def test_objects_carry_their_embeddings_where_there_are_any():
    embedding = np.array([0.6, 0.8], np.float32)
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0, 0.0)
    told = names([1, PENDING])._replace(embeddings=[embedding, None])
    for given, expected in ((told, [embedding, None]), (names([1, PENDING]), [None, None]), (None, [None, None])):
        objects = objects_in(Observation(frame, detections([0, 1]), np.arange(2), given, WORDS))
        assert all(one.embedding is row for one, row in zip(objects, expected))
