"""What is told of changes: once each, no flicker, nothing for a picture that is shown again."""

import numpy as np

from runtime.events.changes import GONE_S, SURE_FRAMES, UNKNOWN_S, Changes
from runtime.events.event import as_json
from runtime.events.event_log import KEPT, EventLog
from runtime.figures.counts import Counts, LineCount, LineCounts, ZoneCount, ZoneCounts
from runtime.figures.figures import Figures, Stages
from runtime.figures.shelf import ShelfNow, SlotNow
from runtime.frame import PENDING, UNKNOWN, Detections, Frame, Names, Observation, Words

FIGURES = Figures(30.0, 30.0, 29.9, 12.0, 20.0, Stages(), 10, 9, 0, 0, "detect")
PICTURE = np.zeros((48, 64, 3), np.uint8)
WORDS = Words(["jar"], ["tea", "soap"])


def shown(frame_id, seconds, tracks, source_s=None):
    """`tracks`: (track, product) each."""
    count = len(tracks)
    detections = Detections(np.zeros((count, 4), np.float32), np.ones(count, np.float32), np.zeros(count, np.int32))
    products = np.array([product for _, product in tracks], np.int32)
    names = Names(products, np.ones(count, np.float32), count, 0)
    frame = Frame(PICTURE, frame_id, 1000.0 + seconds, source_s=source_s)
    return Observation(frame, detections, np.array([track for track, _ in tracks], np.int64), names, WORDS)


def told(observations):
    changes = Changes()
    return [(event.kind, event.product) for each in observations for event in changes.note(each, FIGURES)]


def test_a_product_appears_once_and_goes_once():
    frames = [shown(n, n / 10, [(1, 0), (2, 0)]) for n in range(9)]
    frames += [shown(9 + n, 0.9 + n / 10, []) for n in range(int(GONE_S * 10) + 3)]
    assert told(frames) == [("appears", "tea"), ("gone", "tea")]


def test_a_flicker_and_an_arm_that_reaches_across_tell_nothing():
    flicker = [shown(n, n / 10, [(1, 0)] if n < SURE_FRAMES - 1 else []) for n in range(60)]
    assert told(flicker) == []
    arm = [shown(n, n / 10, [] if 10 <= n < 10 + GONE_S * 10 - 1 else [(1, 0)]) for n in range(80)]
    assert told(arm) == [("appears", "tea")]


def test_what_stays_unknown_is_told_once_and_what_gets_a_name_never():
    count = int(UNKNOWN_S * 10) + 10
    frames = [
        shown(n, n / 10, [(1, UNKNOWN), (2, PENDING if n < 3 else UNKNOWN if n < 9 else 1)]) for n in range(count)
    ]
    assert told(frames) == [("appears", "soap"), ("unknown", None)]


def test_offline_and_online_and_repeats():
    frames = [shown(0, 0.0, [])] * 3 + [shown(None, 1.0, [])] * 4 + [shown(1, 2.0, [])] * 2
    assert told(frames) == [("offline", None), ("online", None)]


def test_of_a_file_an_event_has_no_date():
    changes = Changes()
    events = [event for n in range(4) for event in changes.note(shown(n, 0.0, [(7, 1)], source_s=n / 25), FIGURES)]
    assert as_json(events[0]) == {
        "number": 1, "kind": "appears", "time": None, "seconds": 0.08, "product": "soap", "shape": "jar", "track": 7,
        "place": None, "direction": None, "crop": None,
    }  # fmt: skip


def test_the_log_keeps_the_newest():
    log = EventLog()
    assert log.last_number == 0
    changes = Changes()
    for n in range(2 * KEPT):
        log.add(changes.note(shown(None if n % 2 else n, n / 10, []), FIGURES))
    assert log.last_number == 2 * KEPT - 1
    assert len(log.since(0)) == KEPT
    assert [event.kind for event in log.since(log.last_number - 1)] == ["offline"]


def test_a_slot_tells_its_states_and_an_arm_before_it_does_not():
    changes, told = Changes(), []
    for number, state in enumerate(
        "unknown filled filled hidden filled low hidden low empty unknown empty filled".split()
    ):
        slot = SlotNow("A1", "tea", state, 1.0, 3, 4, None, None, (0.0, 0.0, 1.0, 1.0), "shelf/alerts/1.jpg")
        told += changes.note(shown(number, number / 10, []), FIGURES._replace(shelf=ShelfNow((slot,))))
    assert [(event.kind, event.place, event.product) for event in told] == [
        ("low", "A1", "tea"), ("empty", "A1", "tea"), ("filled", "A1", "tea"),
    ]  # fmt: skip
    assert {event.crop for event in told} == {"shelf/alerts/1.jpg"}


def test_who_comes_and_goes_is_told_once_and_another_name_is_no_news():
    changes, told = Changes(), []
    tea = ZoneCount(1, 2, 1)
    for number, by_name in enumerate([(), (("tea", ZoneCount(1, 1)),), (("tea", tea),), (("soap", tea),), ()]):
        counts = Counts((ZoneCounts("till", by_name),), ())
        told += changes.note(shown(number, number / 10, []), FIGURES._replace(counts=counts))
    assert [(event.kind, event.place, event.product) for event in told] == [
        ("entered", "till", "tea"), ("entered", "till", "tea"), ("left", "till", "tea"),
    ]  # fmt: skip


def test_each_crossing_is_told_once():
    changes, told = Changes(), []
    for number, (into, out) in enumerate([(0, 0), (2, 0), (2, 0), (2, 1)]):
        counts = Counts((), (LineCounts("door", (("person", LineCount(into, out)),)),))
        told += changes.note(shown(number, number / 10, []), FIGURES._replace(counts=counts))
    assert [(event.kind, event.place, event.product, event.direction) for event in told] == [
        ("crossed", "door", "person", "in"), ("crossed", "door", "person", "in"), ("crossed", "door", "person", "out"),
    ]  # fmt: skip
