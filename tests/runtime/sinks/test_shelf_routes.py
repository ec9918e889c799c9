"""The page's tab Shelf over HTTP: shown to whoever may look, changed only with the token, from the page itself."""

import json
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from runtime.figures.figures import Figures, Stages
from runtime.figures.shelf import ShelfNow, SlotNow
from runtime.frame import Detections, Frame, Observation, Words
from runtime.shelf.desk import ShelfDesk
from runtime.shelf.layout import Layout, Slot
from runtime.shelf.layout_file import read_layout
from runtime.shelf.reference import picture_of
from runtime.shelf.watch import Change
from runtime.sinks.web import WebSink

# attrs 22.2, the last for Python 3.6, which aiohttp imports
pytestmark = pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning")

BOX = (0.1, 0.2, 0.3, 0.4)
LAYOUT = Layout((Slot("tea", "tea", BOX, 2),), 1.5, picture_of(np.full((213, 320), 90, np.uint8)))
SHELF = ShelfNow((SlotNow("tea", "tea", "low", 12.34, 1, 2, None, 0.98765, BOX),), 1)
FIGURES = Figures(30.0, 30.0, 30.0, 40.0, 60.0, Stages(), 1, 1, 0, 0, "camera", shelf=SHELF)
PICTURE = np.zeros((48, 64, 3), np.uint8)


@pytest.fixture
def served(tmp_path):
    desk = ShelfDesk(str(tmp_path / "shelf.json"), LAYOUT.picture)
    with WebSink(port=0, token="secret") as sink:
        sink.show_shelf(desk)
        words = Words(["box"], ["tea", "milk"])
        observation = Observation(Frame(PICTURE, 1, 0.0), Detections.none(), np.empty(0, np.int64), None, words)
        sink.present(PICTURE, observation, FIGURES)
        yield sink, desk


def asked(sink, path, method="GET", body=None, **headers):
    """(status, body)"""
    given = {"Authorization": "Bearer secret", "Content-Type": "application/json"}
    given.update((name.replace("_", "-"), value) for name, value in headers.items())
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sink.url.partition("?")[0] + path, data, given, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_what_it_looks_like_and_alerts_with_their_crops(served):
    sink, desk = served
    desk.add_alert(0.0, Change(1.0, "tea", "tea", "filled", "low", (0, 0, 9, 9)), np.zeros((20, 10, 3), np.uint8))
    content = json.loads(asked(sink, "shelf.json")[1])
    assert content["slots"][0]["state"] == "low"
    assert content["slots"][0]["in_stock"] == 0.9877
    assert content["alerts"][0]["time"] == "1970-01-01T00:00:00.000Z"
    status, jpeg = asked(sink, content["alerts"][0]["crop"])
    assert status == 200
    assert jpeg[:2] == b"\xff\xd8"
    assert asked(sink, "shelf/alerts/7.jpg")[0] == 404
    assert b"This is how it should look" in asked(sink, "shelf")[1]


def test_teaching_waits_for_the_loop_and_keeps_what_it_says(served):
    sink, desk = served
    answers = []
    asking = threading.Thread(target=lambda: answers.append(asked(sink, "shelf/teach", "POST", {})))
    asking.start()
    while not desk.is_asked():
        asking.join(0.005)
    desk.answer(LAYOUT)
    asking.join(20)
    assert answers[0][0] == 200
    assert read_layout(desk.path) == LAYOUT


def test_an_empty_shelf_is_no_lesson(served):
    sink, desk = served
    answers = []
    asking = threading.Thread(target=lambda: answers.append(asked(sink, "shelf/teach", "POST", {})))
    asking.start()
    while not desk.is_asked():
        asking.join(0.005)
    desk.answer(Layout(()))
    asking.join(20)
    assert answers[0][0] == 409
    assert b"no product is in view" in answers[0][1]


def test_an_edited_layout_is_watched_and_kept(served):
    sink, desk = served
    slots = [{"name": "tea", "product": "tea", "box": list(BOX), "facings": 5}]
    assert asked(sink, "shelf/layout", "PUT", {"slots": slots})[0] == 200
    assert desk.take_given().slots[0].facings == 5
    assert desk.take_given() is None
    assert read_layout(desk.path).slots[0].facings == 5
    assert read_layout(desk.path).picture == LAYOUT.picture
    for wrong, said in (
        ({"slots": [dict(slots[0], product="coffee")]}, b"the bundle knows no 'coffee'"),
        ({"slots": []}, b"no slot in it"),
        ([], b"expected a table"),
    ):
        status, line = asked(sink, "shelf/layout", "PUT", wrong)
        assert status == 400
        assert said in line


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Content_Type": "text/plain"}, 415),
    ],
)
def test_others_change_nothing(served, headers, status):
    sink, desk = served
    assert asked(sink, "shelf/teach", "POST", {}, **headers)[0] == status
    assert asked(sink, "shelf/teach")[0] == 405
    assert not desk.is_asked()


def test_without_a_token_nothing_is_changed(tmp_path):
    with WebSink(port=0) as sink:
        sink.show_shelf(ShelfDesk(str(tmp_path / "shelf.json")))
        status, line = asked(sink, "shelf/teach", "POST", {})
        assert (status, line) == (403, b"changes need a token: start the program with --token\n")
