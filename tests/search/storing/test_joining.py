"""What is in view where a video was cut into pieces."""

import numpy as np
import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

from runtime.history.sighting import Sighting
from runtime.seen import Box
from search.storing.joining import joined


def sighting(track, product, first_s, last_s, towards=0, similarity=0.8, shape="box"):
    embedding = np.eye(8, dtype="<f2")[towards].tobytes()
    box = Box(0.0, 0.0, 9.0, 9.0)
    return Sighting(track, product, shape, first_s, last_s, 5, similarity, box, crop=b"c", embedding=embedding)


def test_it_is_one_from_its_first_moment_to_its_last():
    (one,) = joined([sighting(1, "tea", 90.0, 119.97)], [sighting(1000001, "tea", 120.0, 130.0)], 120.0)
    assert (one.track, one.first_s, one.last_s, one.frames) == (1, 90.0, 130.0, 10)


def test_the_better_moment_is_kept():
    before, after = sighting(1, "tea", 90.0, 119.97, similarity=0.6), sighting(2, "tea", 120.0, 130.0, towards=3)
    (one,) = joined([before], [after], 120.0)
    assert (one.similarity, one.embedding) == (after.similarity, after.embedding)
    (one,) = joined(
        [after._replace(first_s=90.0, last_s=119.97)], [before._replace(first_s=120.0, last_s=130.0)], 120.0
    )
    assert (one.similarity, one.embedding) == (after.similarity, after.embedding)


def test_a_name_is_kept_with_a_moment_that_bears_it():
    unknown = sighting(1, None, 119.0, 119.97, similarity=0.9)
    (one,) = joined([unknown], [sighting(2, "tea", 120.0, 130.0, similarity=0.7)], 120.0)
    assert (one.product, one.similarity, one.first_s) == ("tea", 0.7, 119.0)


@pytest.mark.parametrize(
    "before",
    [
        sighting(1, "oil", 90.0, 119.97),
        sighting(1, "tea", 90.0, 119.0),
        sighting(1, "tea", 90.0, 119.97, shape="tube"),
        sighting(1, None, 90.0, 119.97, towards=1),
    ],
    ids=["another name", "gone before", "another shape", "unknown and unlike"],
)
def test_what_stays_apart(before):
    after = sighting(2, "tea", 120.0, 130.0)
    assert joined([before], [after], 120.0) == [after]


def test_what_comes_later_is_another():
    after = sighting(2, "tea", 121.0, 130.0)
    assert joined([sighting(1, "tea", 90.0, 119.97)], [after], 120.0) == [after]


def test_two_of_one_name_go_on_each_with_what_is_most_like_it():
    before = [sighting(1, "tea", 90.0, 119.97, towards=1), sighting(2, "tea", 100.0, 119.97, towards=2)]
    after = [sighting(11, "tea", 120.0, 130.0, towards=2), sighting(12, "tea", 120.0, 140.0, towards=1)]
    assert [(one.track, one.first_s) for one in joined(before, after, 120.0)] == [(2, 100.0), (1, 90.0)]
    third = sighting(13, "tea", 120.0, 125.0, towards=3)
    assert joined(before, after + [third], 120.0)[2] == third
