"""Names by track: when stage 2 is asked, within what budget, and how its answers add up."""

import numpy as np
import pytest

from runtime.clock import FakeClock
from runtime.frame import PENDING, UNKNOWN, Detections
from runtime.gallery import Answer, Gallery
from runtime.recognition.naming import FORGET_FRAMES, GROWN, HASTE, SHARE_FOR_NEW, SURE, UNSURE, Naming, NamingPolicy
from runtime.recognition.naming_cost import NamingCost, measured_cost
from runtime.recognition.votes import LEAD, STREAK, Votes

IMAGE = np.zeros((100, 100, 3), np.uint8)


class ToldClassifier:
    """Answers what it is told, by the left edge of the box; takes a set time for each."""

    def __init__(self, clock=None, each_ms=2.0):
        self.says, self.margin = {}, 1.0
        self.calls = []
        self._clock, self._each_ms = clock, each_ms

    def measured_cost(self):
        return NamingCost(0.0, self._each_ms)

    def use(self, gallery):
        self.gallery = gallery

    def name(self, image, boxes_px, with_margins=True):
        left = [int(box[0]) for box in boxes_px]
        self.calls.append(left)
        if self._clock:
            self._clock.advance(self._each_ms * len(left) / 1e3)
        products = np.array([self.says.get(x, 7) for x in left], np.int32)
        likeness, margins = np.full(len(left), 0.9, np.float32), np.full(len(left), self.margin, np.float32)
        embeddings = np.array([[x, len(self.calls)] for x in left], np.float32)
        return Answer(products, likeness, margins, embeddings)


def seen(*lefts, width=20.0):
    boxes = np.array([[x, 10, x + width, 40] for x in lefts], np.float32).reshape(-1, 4)
    return Detections(boxes, np.ones(len(lefts), np.float32), np.zeros(len(lefts), np.int32))


def make(budget_ms=0.0, every=10, **classifier):
    clock = FakeClock()
    told = ToldClassifier(clock, **classifier)
    return told, Naming(told, NamingPolicy(every, budget_ms), clock)


def run(naming, detections, frames=1, detect_ms=8.0):
    for _ in range(frames):
        names = naming.name(IMAGE, detections, np.arange(len(detections.scores)), detect_ms)
    return names


def test_a_new_track_is_asked_at_once_and_again_after_k_frames():
    told, naming = make()
    names = run(naming, seen(0, 30))
    assert (names.products.tolist(), names.asked, names.reused) == ([7, 7], 2, 0)
    names = run(naming, seen(0, 30), 9)
    assert (names.products.tolist(), names.asked, names.reused) == ([7, 7], 0, 2)
    assert run(naming, seen(0, 30)).asked == 2
    assert len(told.calls) == 2


def test_k_of_1_asks_about_everything_whatever_it_costs():
    told, naming = make(every=1, budget_ms=0.001)
    names = run(naming, seen(0, 30, 60), 5)
    assert (names.asked, names.reused) == (3, 0)
    assert told.calls == [[0, 30, 60]] * 5


@pytest.mark.parametrize("budget_ms, crops", [(6.0, 3), (7.9, 3), (0.1, 1), (0.0, 4)])
def test_no_more_than_the_budget_on_one_frame_and_the_rest_on_the_next(budget_ms, crops):
    told, naming = make(budget_ms)
    names = run(naming, seen(0, 20, 40, 60), detect_ms=16.0)
    assert names.asked == crops
    assert (names.products == PENDING).sum() == 4 - crops
    names = run(naming, seen(0, 20, 40, 60), 3, detect_ms=16.0)
    assert sorted(x for call in told.calls for x in call) == [0, 20, 40, 60]
    assert names.products.tolist() == [7] * 4


def test_without_a_budget_new_ones_may_take_more_than_others():
    told, naming = make(None)
    five = seen(0, 10, 20, 30, 40)
    asked = [run(naming, five, detect_ms=4.0).asked for _ in range(20)]
    assert asked[:2] == [int(SHARE_FOR_NEW * 4.0 / 2.0), 5 - 3] == [3, 2]
    assert set(asked[2:10]) == {0}
    assert asked[10:15] == [1] * 5, "a quarter of 4 ms, at least one"


def test_new_ones_come_before_those_already_named():
    told, naming = make(budget_ms=2.0)
    run(naming, seen(0))
    run(naming, seen(0), 9)
    names = naming.name(IMAGE, seen(0, 50), np.array([0, 1]), 8.0)
    assert (told.calls[-1], names.products.tolist()) == ([50], [7, 7])


def test_a_box_that_changed_is_asked_about_again():
    told, naming = make()
    run(naming, seen(0))
    run(naming, seen(0, width=20.0 * GROWN * 0.98))
    assert len(told.calls) == 1
    run(naming, seen(0, width=20.0 * GROWN * 1.02))
    assert len(told.calls) == 2


@pytest.mark.parametrize("product, margin", [(7, UNSURE / 2), (UNKNOWN, 1.0)])
def test_what_is_unsure_or_unknown_is_asked_about_sooner_but_not_for_ever(product, margin):
    told, naming = make()
    told.says, told.margin = {0: product}, margin
    asked = []
    for frame in range(60):
        asked += [frame] * run(naming, seen(0)).asked
    gaps = np.diff(asked).tolist()
    assert gaps[:4] == [2, 4, 6, 8]
    assert set(gaps[4:]) == {10}


def test_one_odd_answer_does_not_flicker_and_is_followed_up_at_once():
    told, naming = make()
    told.margin = SURE / 2
    run(naming, seen(0), 10)
    told.says = {0: 3}
    assert run(naming, seen(0)).products.tolist() == [7]
    told.says = {}
    names = run(naming, seen(0))
    assert (names.products.tolist(), names.asked) == ([7], 1)
    assert run(naming, seen(0)).asked == 0


def test_another_name_with_a_streak_takes_its_place():
    told, naming = make()
    told.margin = SURE / 2
    run(naming, seen(0), 31)
    told.says = {0: 3}
    shown = [run(naming, seen(0)).products.tolist()[0] for _ in range(20)]
    first = shown.index(3)
    assert shown == [7] * first + [3] * (20 - first)
    assert len(told.calls) <= 4 + STREAK + 2


@pytest.mark.parametrize("says, shown", [(3, 3), (UNKNOWN, 7)])
def test_one_sure_answer_takes_its_place_unless_it_is_unknown(says, shown):
    told, naming = make()
    run(naming, seen(0), 10)
    told.says, told.margin = {0: says}, SURE
    names = run(naming, seen(0))
    assert (names.products.tolist(), names.asked) == ([shown], 1)


def test_what_was_lost_and_found_again_is_asked_about_sooner():
    told, naming = make()
    run(naming, seen(0, 30))
    run(naming, seen(0))
    asked = [frame for frame in range(2, 20) for _ in range(run(naming, seen(0, 30)).asked)]
    assert asked[:2] == [10 / HASTE, 10]
    assert told.calls[1:3] == [[30], [0]]


def test_the_doubtful_come_before_those_that_waited_longer():
    told, naming = make(budget_ms=2.0)
    for left, told.margin in ((30, SURE), (0, SURE / 2)):
        naming.name(IMAGE, seen(left), np.array([left]), 8.0)
    run(naming, seen(), 20)
    for _ in range(2):
        naming.name(IMAGE, seen(30, 0), np.array([30, 0]), 8.0)
    assert told.calls == [[30], [0], [0], [30]]


def test_a_track_not_seen_for_long_is_forgotten():
    told, naming = make()
    run(naming, seen(0))
    run(naming, seen(), 2 * FORGET_FRAMES)
    assert run(naming, seen(0)).asked == 1


def test_another_gallery_names_what_is_in_view_without_another_look():
    told, naming = make()
    run(naming, seen(0, 30))
    run(naming, seen(0))  # the other has left
    prototypes = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    gallery = Gallery(prototypes, np.array([3, 4], np.int32), 0.5)
    naming.use(gallery)
    names = run(naming, seen(0, 30))
    assert names.products.tolist() == [3, 7]
    assert names.similarities.tolist() == pytest.approx([1.0, 0.9])
    assert told.calls[1:] == [[30]]
    assert told.gallery is gallery


def test_nothing_seen_is_nothing_asked():
    told, naming = make()
    names = run(naming, seen(), 3)
    assert (names.asked, names.reused, len(names.products)) == (0, 0, 0)
    assert not told.calls


def test_a_slower_machine_fits_less():
    cost = NamingCost(1.0, 2.0)
    assert cost.crops_within(9.0) == 4
    for _ in range(100):
        cost.learn(2, 10.0)
    assert cost.crops_within(9.0) == 1
    assert cost.crops_within(0.0) == 1


def test_an_accelerator_takes_many_for_the_price_of_one():
    assert NamingCost(8.0, 0.01).crops_within(1.0) >= 1
    assert NamingCost(8.0, 0.01).crops_within(9.0) >= 16


def test_the_cost_is_measured_on_few_and_many():
    taken = []
    measured_cost(taken.append, 1, 4)
    assert sorted(taken) == [1, 4]


def test_a_lead_takes_the_place_too_and_unknown_gives_way_at_once():
    votes = Votes(1, 0.9, 1.0)
    for product in (2, 1, 2, 2):
        votes.add(product, 0.8, 1.0)
    assert votes.product == 1
    votes.add(2, 0.8, 1.0)
    assert LEAD == 2.0
    assert votes.product == 2
    votes = Votes(UNKNOWN, 0.1, 0.1)
    votes.add(5, 0.8, 1.0)
    assert votes.product == 5
    assert not votes.is_contested


def test_a_track_carries_the_embedding_of_the_last_look_at_it():
    told, naming = make(budget_ms=0.1)
    names = run(naming, seen(0, 30))
    assert [None if row is None else row.tolist() for row in names.embeddings] == [[0, 1], None]
    names = run(naming, seen(0, 30))
    assert [row.tolist() for row in names.embeddings] == [[0, 1], [30, 2]]
    assert run(make(every=1)[1], seen(0)).embeddings[0].tolist() == [0, 1]
