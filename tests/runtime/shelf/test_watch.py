"""A drawn shelf with perfect eyes: taught, emptied, hidden, knocked; and the overlay and the desk around it."""

import logging
import threading

import numpy as np
import pytest

from runtime.figures.figures import Figures, Stages
from runtime.figures.report import figures_as_json
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.scene.products import PRODUCTS, SHAPES
from runtime.scene.shelf import KNOCK_S, ShelfScene, ShelfSettings
from runtime.seen import objects_in
from runtime.shelf.desk import ShelfDesk
from runtime.shelf.layout import FILLED, HIDDEN
from runtime.shelf.layout_file import read_layout, write_layout
from runtime.shelf.overlay import ShelfOverlay
from runtime.shelf.reference import grey_from_picture, grey_of, picture_of, small_of
from runtime.shelf.teaching import layout_of
from runtime.shelf.watch import ShelfWatch

RES = (640, 480)
FIGURES = Figures(30.0, 30.0, 30.0, 40.0, 60.0, Stages(), 1, 1, 0, 0, "camera")


def seen(scene, time_s, number=0):
    image, truth = scene.render(time_s)
    k = len(truth.shapes)
    names = Names(truth.products, np.full(k, 0.9, np.float32), 0, 0)
    words = Words(SHAPES, [product.name for product in PRODUCTS])
    frame = Frame(image, number, time_s, source_s=time_s)  # of a file: looked at on the thread that presents
    found = Detections(truth.boxes_px, np.ones(k, np.float32), truth.shapes)
    return Observation(frame, found, truth.track_ids, names, words)


@pytest.fixture(scope="module")
def scene():
    return ShelfScene(ShelfSettings(seed=3, pause_s=6.0), RES)


@pytest.fixture(scope="module")
def layout(scene):
    return layout_of(objects_in(seen(scene, 1.0)), RES)


def live(observation):
    return observation._replace(frame=observation.frame._replace(source_s=None))


def watched(scene, layout, begin_s, end_s):
    watch, changes = ShelfWatch(layout), []
    for number in range(int(3 * (end_s - begin_s))):
        now_s = begin_s + number / 3
        observation = seen(scene, now_s)
        changes += watch.update(now_s, observation.frame.image, objects_in(observation))
    return watch, changes


def test_what_is_taught_is_what_stands_there(scene, layout):
    truth = scene.slots(1.0)
    assert [slot.product for slot in layout.slots] == [slot.product for slot in truth]
    assert {slot.facings for slot in layout.slots} == {2}


def test_two_minutes_of_takes_and_hands_is_seen_and_nothing_else(scene, layout):
    watch, changes = watched(scene, layout, 0.0, 120.0)
    stock = scene.stock
    true = {(stock.products[n], stock.state(f, n)) for t in range(120) for n, f in enumerate(stock.at(t))}
    said = {([p.name for p in PRODUCTS].index(one.product), one.after) for one in changes}
    assert said <= true
    assert len([one for one in changes if one.before != HIDDEN]) >= 3
    assert watch.moved == 0


def test_a_knock_is_noticed_and_the_layout_goes_along(layout):
    scene = ShelfScene(ShelfSettings(seed=3, pause_s=3600.0), RES)
    watch, changes = watched(scene, layout, KNOCK_S - 10.0, KNOCK_S + 15.0)
    assert watch.moved == 1
    assert {one.after for one in changes} == {FILLED}
    for box, slot in zip(watch.boxes, scene.slots(KNOCK_S + 15.0)):
        assert (box[0] + box[2]) / 2 == pytest.approx((slot.box_px[0] + slot.box_px[2]) / 2, abs=14)
        assert box[3] == pytest.approx(slot.box_px[3], abs=14)


def test_an_edited_layout_keeps_to_the_shelf_after_a_knock(layout):
    scene = ShelfScene(ShelfSettings(seed=3, pause_s=3600.0), RES)
    before, _ = watched(scene, layout, KNOCK_S - 4.0, KNOCK_S + 6.0)
    watch = ShelfWatch(layout._replace(slots=layout.slots[:3]), before)
    observation = seen(scene, KNOCK_S + 7.0)
    watch.update(KNOCK_S + 7.0, observation.frame.image, objects_in(observation))
    assert watch.boxes == before.boxes[:3]
    assert watch.boxes != ShelfWatch(layout)._boxes(RES)[:3]


def test_a_shelf_that_was_moved_while_the_program_was_off_is_found_at_the_start(layout, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    scene = ShelfScene(ShelfSettings(seed=3, pause_s=3600.0), RES)
    grey = grey_of(small_of(scene.render(1.0).image))
    path = str(tmp_path / "shelf.json")
    write_layout(path, layout._replace(picture=picture_of(grey)))
    desk = ShelfDesk(path)
    overlay = ShelfOverlay(read_layout(path), desk)
    for number in range(30):
        overlay.see(seen(scene, KNOCK_S + 10.0 + number / 3, number))
    now = overlay.told(FIGURES).shelf
    assert now.moved == 1
    assert {slot.state for slot in now.slots} == {FILLED}
    assert desk.alerts() == []
    assert caplog.text.count("the camera was moved: the layout of the shelf goes along") == 1


def test_a_layout_of_another_camera_is_one_line_and_no_alarm(layout, tmp_path, caplog):
    scene, other = (ShelfScene(ShelfSettings(seed=seed, pause_s=3600.0), RES) for seed in (3, 4))
    grey = grey_of(small_of(scene.render(1.0).image))
    desk = ShelfDesk(str(tmp_path / "shelf.json"))
    overlay = ShelfOverlay(layout._replace(picture=picture_of(grey)), desk)
    for number in range(90):
        overlay.see(seen(other, 1.0 + number / 3, number))
    assert {slot.state for slot in overlay.told(FIGURES).shelf.slots} == {HIDDEN}
    assert desk.alerts() == []
    assert [record.getMessage()[:42] for record in caplog.records] == ["the shelf is not where it was taught, or i"]


def test_a_camera_that_looks_elsewhere_says_so_and_alarms_nobody(scene, layout):
    watch = ShelfWatch(layout)
    for number in range(30):
        observation = seen(scene, 1.0 + 0.01 * number)
        watch.update(number / 3, observation.frame.image, objects_in(observation))
    elsewhere = np.random.RandomState(0).randint(0, 255, (480, 640, 3)).astype(np.uint8)
    changes = [one for n in range(30, 150) for one in watch.update(n / 3, elsewhere, [])]
    assert changes == []
    assert watch.view.is_off
    assert {state.state for state in watch.states} == {HIDDEN}


def test_the_overlay_is_taught_through_the_desk_and_tells(scene, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    desk = ShelfDesk(str(tmp_path / "shelf.json"))
    overlay = ShelfOverlay(None, desk)
    assert overlay.told(FIGURES).shelf.slots == ()
    answers = []
    asking = threading.Thread(target=lambda: answers.append(desk.teach(20.0)))
    asking.start()
    number = 0
    while asking.is_alive():
        number += 1
        overlay.see(seen(scene, 1.0 + 0.001 * (number % 5), number))
        asking.join(0.001)
    assert len(answers[0].slots) == 8
    assert grey_from_picture(answers[0].picture).shape == (240, 320)
    for frame in range(270):
        overlay.see(seen(scene, 10.0 + frame / 3, number + 1 + frame))
    rows = figures_as_json(overlay.told(FIGURES))["shelf"]["slots"]
    assert len(rows) == 8
    assert all(row["in_stock"] is not None for row in rows)
    newest = desk.alerts()[0]
    assert newest.crop.shape[2] == 3
    assert newest.number == len(desk.alerts())
    assert "shelf: {} is {}".format(newest.change.slot, newest.change.after) in caplog.text
    picture = np.zeros((480, 640, 3), np.uint8)
    overlay.draw(picture)
    assert picture.any()


def test_a_picture_of_another_shape_is_told(scene, layout, tmp_path, caplog):
    overlay = ShelfOverlay(layout._replace(aspect=1.78), ShelfDesk(str(tmp_path / "s.json")))
    overlay.see(seen(scene, 1.0))
    overlay.see(seen(scene, 1.1))
    assert caplog.text.count("taught on a picture of 1.78 to 1, this one is 640x480") == 1


def settled(overlay):
    """Once the look under way is over; the next one begins a thread anew."""
    overlay.end()
    return overlay.told(FIGURES).shelf


def test_a_live_shelf_is_looked_at_beside_and_comes_out_the_same(scene, layout, tmp_path):
    both = [ShelfOverlay(layout, ShelfDesk(str(tmp_path / "s.json"))) for _ in range(2)]
    for number in range(60):
        observation = seen(scene, 10.0 + number / 3, number)
        both[0].see(observation)
        copy = observation.frame.image.copy()
        both[1].see(live(observation._replace(frame=observation.frame._replace(image=copy))))
        copy[:] = 255  # what is drawn on a picture is not looked at
        assert settled(both[1]) == both[0].told(FIGURES).shelf
    assert {slot.state for slot in both[0].told(FIGURES).shelf.slots} != {HIDDEN}
    pictures = [np.zeros((480, 640, 3), np.uint8) for _ in both]
    for overlay, picture in zip(both, pictures):
        overlay.draw(picture)
    assert (pictures[0] == pictures[1]).all()


def test_what_is_found_by_a_layout_that_is_no_more_is_not_told(scene, layout, tmp_path, monkeypatch):
    goes_on, begun = threading.Event(), threading.Event()
    update = ShelfWatch.update

    def slow_update(*arguments):
        begun.set()
        assert goes_on.wait(20.0)
        return update(*arguments)

    monkeypatch.setattr(ShelfWatch, "update", slow_update)
    desk = ShelfDesk(str(tmp_path / "s.json"))
    overlay = ShelfOverlay(layout, desk)
    overlay.see(live(seen(scene, 1.0, 0)))
    assert begun.wait(20.0)
    desk.give(layout._replace(slots=layout.slots[:3]))
    overlay.see(live(seen(scene, 1.1, 1)))
    assert len(overlay.told(FIGURES).shelf.slots) == 3
    goes_on.set()
    assert len(settled(overlay).slots) == 3
    assert overlay.told(FIGURES).shelf.slots == overlay._found.now.slots


def test_a_shelf_that_cannot_be_looked_at_is_one_line_and_hidden(scene, layout, tmp_path, monkeypatch, caplog):
    overlay = ShelfOverlay(layout, ShelfDesk(str(tmp_path / "s.json")))
    for number in range(30):
        overlay.see(live(seen(scene, 1.0 + number / 3, number)))
        overlay.end()
    assert {slot.state for slot in settled(overlay).slots} == {FILLED}

    def failing(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(ShelfWatch, "update", failing)
    for number in range(30, 45):
        overlay.see(live(seen(scene, 1.0 + number / 3, number)))
        overlay.end()
    assert {slot.state for slot in settled(overlay).slots} == {HIDDEN}
    assert [record.getMessage() for record in caplog.records] == [
        "the shelf cannot be looked at, the rest goes on: MemoryError: no room"
    ]
