"""The scoring: by hand, by property, against the definitions written out, and against Ultralytics' own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scoring.matching import (
    Found,
    Truth,
    ap50,
    ap50_by_class,
    ap50_ignoring_class,
    area_as_coco,
    area_as_ultralytics,
    average_precision,
    hits,
)

AREAS = [area_as_coco, area_as_ultralytics]
PERFECT = {area_as_coco: 1.0, area_as_ultralytics: 0.995}


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def found(rows, scores, classes):
    return Found(boxes(*rows), np.array(scores, np.float32), np.array(classes, np.int32))


def truth(rows, classes):
    return Truth(boxes(*rows), np.array(classes, np.int64))


A, B, C = (0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10)
NEAR_A = (0, 0, 10, 8)
"""IoU 0.8 with A."""
OFF_A = (0, 0, 10, 4)
"""IoU 0.4 with A."""


def test_by_hand():
    # Three true boxes. Best first: right, wrong, right; the third box is missed.
    # recall 1/3, 1/3, 2/3; precision 1, 1/2, 2/3; the best precision from there on 1, 2/3, 2/3.
    # COCO: recalls 0 to 0.33, 34 of them, at 1; 0.34 to 0.66, 33 of them, at 2/3; the other 34 at 0.
    one = [found([A, OFF_A, NEAR_A], [0.9, 0.8, 0.1], [0, 0, 0]), found([B], [0.7], [0])]
    # NEAR_A comes last and finds A taken: a false positive below everything else.
    true = [truth([A, C], [0, 0]), truth([B], [0])]
    expected = (34 * 1 + 33 * 2 / 3) / 101
    assert ap50(one, true) == pytest.approx(expected, abs=1e-9)
    assert ap50_by_class(one, true) == {0: pytest.approx(expected)}
    assert [list(hits(each, of)) for each, of in zip(one, true)] == [[0, -1, -1], [0]]


def test_the_best_score_takes_the_box_and_each_box_is_taken_once():
    assert list(hits(found([A, NEAR_A], [0.5, 0.9], [0, 0]), truth([A], [0]))) == [-1, 0]


def test_a_detection_takes_the_free_box_that_it_overlaps_most():
    # Both true boxes overlap the detections by more than half; the second detection is left the second best.
    true = truth([NEAR_A, A], [0, 0])
    assert list(hits(found([A, A], [0.9, 0.8], [0, 0]), true)) == [1, 0]


def test_class_counts_unless_it_is_ignored():
    one, true = [found([A, B], [0.9, 0.8], [1, 0])], [truth([A, B], [0, 1])]
    assert ap50_by_class(one, true) == {0: 0.0, 1: 0.0}
    assert ap50_ignoring_class(one, true) == 1.0


def test_the_mean_is_over_the_classes_that_have_a_true_box():
    one = [found([A, B, C], [0.9, 0.8, 0.7], [0, 1, 5])]
    assert ap50_by_class(one, [truth([A, C], [0, 1])]) == {0: 1.0, 1: 0.0}
    assert ap50(one, [truth([A, C], [0, 1])]) == 0.5


def test_without_a_true_box_there_is_no_figure():
    one, true = [found([A], [0.9], [0])], [truth([], [])]
    assert np.isnan(ap50(one, true))
    assert np.isnan(ap50_ignoring_class(one, true))
    assert np.isnan(ap50([], []))


def test_pictures_must_be_paired():
    with pytest.raises(ValueError, match="2 pictures with detections, 1 with true boxes"):
        ap50([found([], [], [])] * 2, [truth([], [])])


@st.composite
def pictures(draw, min_detections=0):
    """(detections, true boxes) of a few pictures; no two scores are equal, so that the order is fixed."""
    count = draw(st.integers(1, 4))
    ks = [draw(st.integers(min_detections, 6)) for _ in range(count)]
    ms = [draw(st.integers(1, 4)) for _ in range(count)]
    random = np.random.RandomState(draw(st.integers(0, 2**31)))
    scores = list(random.permutation(np.arange(1, sum(ks) + 1)) / (sum(ks) + 1.0))

    def some(n):
        corner = random.randint(0, 12, (n, 2))
        return np.concatenate([corner, corner + random.randint(6, 14, (n, 2))], axis=1).astype(np.float32)

    return (
        [Found(some(k), np.array([scores.pop() for _ in range(k)]), random.randint(0, 3, k)) for k in ks],
        [Truth(some(m), random.randint(0, 3, m)) for m in ms],
    )


@pytest.mark.parametrize("area", AREAS)
@given(drawn=pictures())
def test_it_lies_between_0_and_1(area, drawn):
    for value in (ap50(*drawn, area=area), ap50_ignoring_class(*drawn, area=area)):
        assert 0 <= value <= PERFECT[area] + 1e-9


@pytest.mark.parametrize("area", AREAS)
@given(drawn=pictures())
def test_finding_every_box_and_nothing_else_is_perfect(area, drawn):
    _, true = drawn
    # Far apart, so that each box can only be taken by its own detection.
    apart = [
        each._replace(boxes_px=boxes(*[(50 * i, 0, 50 * i + 10, 10) for i in range(len(each.classes))]))
        for each in true
    ]
    perfect = [Found(each.boxes_px, np.linspace(0.5, 1, len(each.classes)), each.classes) for each in apart]
    assert ap50(perfect, apart, area) == pytest.approx(PERFECT[area])
    assert ap50_ignoring_class(perfect, apart, area) == pytest.approx(PERFECT[area])


@pytest.mark.parametrize("area", AREAS)
@given(drawn=pictures())
def test_finding_nothing_is_zero(area, drawn):
    nothing = [found([], [], [])] * len(drawn[1])
    assert ap50(nothing, drawn[1], area) == 0.0
    assert ap50_ignoring_class(nothing, drawn[1], area) == 0.0


@given(drawn=pictures(), seed=st.integers(0, 2**31))
def test_neither_the_order_of_pictures_nor_that_of_boxes_matters(drawn, seed):
    random = np.random.RandomState(seed)

    def shuffled(each):
        order = random.permutation(len(each.classes))
        return type(each)(*(column[order] for column in each))

    # Among true boxes that are equally good for a detection their own order decides: it stays.
    pairs = [(shuffled(each), true) for each, true in zip(*drawn)]
    pairs = [pairs[index] for index in random.permutation(len(pairs))]
    assert ap50(*zip(*pairs)) == pytest.approx(ap50(*drawn))
    assert ap50_ignoring_class(*zip(*pairs)) == pytest.approx(ap50_ignoring_class(*drawn))


@pytest.mark.parametrize("area", AREAS)
@given(drawn=pictures(), number=st.integers(0, 2))
def test_a_false_positive_below_all_others_never_helps(area, drawn, number):
    before, true = drawn
    extra = Found(
        np.vstack([before[0].boxes_px, boxes((500, 500, 510, 510))]),
        np.append(before[0].scores, 1e-4),
        np.append(before[0].classes, number),
    )
    after = [extra] + before[1:]
    assert ap50(after, true, area) <= ap50(before, true, area) + 1e-12
    assert ap50_ignoring_class(after, true, area) <= ap50_ignoring_class(before, true, area) + 1e-12


@given(is_hit=st.lists(st.booleans(), min_size=1, max_size=12), missed=st.integers(0, 5))
def test_coco_written_out(is_hit, missed):
    boxes_there = max(1, sum(is_hit) + missed)
    right = np.cumsum(is_hit)
    recall, precision = right / boxes_there, right / np.arange(1, len(right) + 1)
    best = [max([p for r, p in zip(recall, precision) if r >= wanted] or [0.0]) for wanted in np.linspace(0, 1, 101)]
    scores = np.linspace(1, 0.1, len(is_hit))
    assert average_precision(np.array(is_hit), scores, boxes_there) == pytest.approx(np.mean(best))


@settings(deadline=None)
@given(drawn=pictures(min_detections=1))
def test_ultralytics_own_scorer_agrees(drawn):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    from benchmarks.peer_loops.frameworks import ultralytics_ap50

    assert ap50(*drawn, area=area_as_ultralytics) == pytest.approx(ultralytics_ap50(*drawn), abs=1e-9)
