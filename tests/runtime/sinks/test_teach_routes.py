"""Changes over HTTP: with the token, from our page, by POST; whatever is wrong is one line, and nothing is changed."""

import http.client
import json
import time

import cv2
import numpy as np
import pytest
import tiny_bundle as tiny

from runtime.bundle import Bundle
from runtime.catalogue.place import token_beside
from runtime.catalogue.store import Catalogue
from runtime.catalogue.teacher import Teacher
from runtime.figures.figures import Figures, Stages
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.sinks.web import WebSink

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning"),
]
FIGURES = Figures(30.0, 30.0, 29.9, 12.0, 20.0, Stages(detect=10.0), 10, 9, 0, 0, "detect")
PURPLE = (160, 20, 160)


class Page:
    """The server, and a client with its token."""

    def __init__(self, teacher, sink):
        self.teacher, self.sink = teacher, sink
        self.known = []
        teacher.knowledge.use(self.known.append)
        self.token = token_beside(teacher.knowledge.catalogue.path)[0]
        self.product = UNKNOWN
        self._frame = 0

    def ask(self, path, content=None, headers=None, method=None, body=None):
        port = int(self.sink.url.rsplit(":", 1)[1].strip("/"))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        given = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        given.update(headers or {})
        is_post = content is not None or body is not None
        data = body if body is not None else json.dumps(content) if is_post else None
        connection.request(method or ("POST" if is_post else "GET"), "/teach/" + path, data, given)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        kind = answer.getheader("Content-Type", "")
        return answer.status, json.loads(text.decode()) if "json" in kind else text.decode("utf-8", "replace")

    def show(self, colour=PURPLE, seconds=0.2):
        """One more frame with one unknown object on it."""
        image = np.full((120, 160, 3), 90, np.uint8)
        image[20:100, 40:120] = colour
        image[30 + self._frame % 40, 50:110] = 255
        boxes = Detections(np.array([[40, 20, 120, 100]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int32))
        embedding = np.ones(3, np.float32) / np.sqrt(np.float32(3))
        names = Names(np.array([self.product], np.int32), np.zeros(1, np.float32), 1, 0, [embedding])
        frame = Frame(image, self._frame, 100.0 + seconds * self._frame)
        observation = Observation(frame, boxes, np.array([5]), names, Words(["box"], tiny.PRODUCTS))
        self.sink.see(observation)
        self.sink.present(image, observation, FIGURES)
        self._frame += 1


@pytest.fixture
def page(tmp_path, tiny_folder):
    teacher = Teacher(Catalogue(str(tmp_path / "c.sqlite")), Bundle.open(str(tiny_folder)), "test")
    with WebSink(port=0, teacher=teacher) as sink:
        yield Page(teacher, sink)
    teacher.close()


def photo(colour=PURPLE, side=90):
    return cv2.imencode(".png", np.full((side, side, 3), colour, np.uint8))[1].tobytes()


def taught(page):
    return [(one["name"], one["views"]) for one in page.ask("products")[1]["taught"]]


CHANGES = [
    "check_token", "begin", "enough", "cancel", "learn", "ignore", "rename", "remove", "remove_view", "merge", "undo",
    "name_unknown", "never_mind", "photo",
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_without_the_token_from_elsewhere_or_by_get(page, change):
    for headers, status in (
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "http://elsewhere.example"}, 403),
    ):
        answer, told = page.ask(change, {}, headers)
        assert answer == status
        assert told.count("\n") == 1
    if change != "photo":  # of that GET shows a picture
        assert page.ask(change)[0] == 405
    assert taught(page) == []


def test_the_token_is_for_its_owner_alone(page, tmp_path):
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert len(page.token) > 20
    assert token_beside(page.teacher.knowledge.catalogue.path) == (page.token, False)


def followed(page, state):
    """Shown until five views of it were taken: one a picture, each waited for, however slow the machine is."""
    while state["views"] < 5:
        before, until_s = state["views"], time.monotonic() + 10
        page.show()
        while state["views"] == before:
            assert time.monotonic() < until_s
            time.sleep(0.01)
            state = page.ask("state")[1]
    return state


def test_from_a_tap_to_a_name_over_http(page):
    assert page.ask("begin", {"x": 0.5, "y": 0.5})[0] == 409, "nothing was seen yet"
    page.show()
    assert page.ask("begin", {"x": 0.01, "y": 0.01}) == (409, "nothing is found there: tap on an object with a frame "
        "around it\n")  # fmt: skip
    status, state = page.ask("begin", {"x": 0.5, "y": 0.5})
    assert (status, state["phase"]) == (200, "following")
    told = page.ask("begin", {"x": 0.5, "y": 0.5})
    assert told[0] == 409
    assert "another lesson" in told[1]
    state = followed(page, state)
    lesson = {"lesson": state["number"]}
    assert page.ask("enough", lesson)[1]["phase"] == "ready"
    assert page.ask("lesson?lesson={lesson}".format(**lesson))[1]["suggestions"]
    assert page.ask("view?view=0&lesson={lesson}".format(**lesson))[0] == 200
    for name, words in (("", "empty"), ("a" * 300, "letters"), ("../x", "path"), ("red", "known already")):
        status, told = page.ask("learn", dict(lesson, name=name))
        assert status == 409
        assert words in told
    assert page.ask("learn", dict(lesson, name="<script>plum"))[0] == 200
    ((name, views),) = taught(page)
    assert (name, views >= 1) == ("<script>plum", True)
    assert "<script>plum" in page.known[-1].products
    assert page.ask("learn", dict(lesson, name="again"))[0] == 409, "the lesson is over"
    number = page.ask("products")[1]["taught"][0]["id"]
    assert page.ask("rename", {"id": number, "name": "plum"})[0] == 200
    assert "plum" in page.known[-1].products
    assert page.ask("products")[1]["seen"] == {}, "unknown on every frame"
    assert page.ask("undo", {}) == (200, "renamed <script>plum")
    assert page.ask("undo", {})[0] == 200
    assert taught(page) == []
    assert list(page.known[-1].products) == tiny.PRODUCTS


def test_an_object_that_leaves_at_once_teaches_nothing(page):
    page.show()
    number = page.ask("begin", {"x": 0.5, "y": 0.5})[1]["number"]
    page.show(seconds=0.0)
    page.teacher.lessons._lesson.following.track = 99  # another one from here on
    page._frame += 20
    page.show()
    state = page.ask("state")[1]
    assert state["phase"] in ("lost", "ready"), state
    if state["phase"] == "lost":
        assert "nothing was seen" in page.ask("learn", {"lesson": number, "name": "x"})[1]
    assert page.ask("cancel", {"lesson": number})[0] == 200


def lesson_of(page):
    """One that has views, begun by a tap."""
    page.show()
    state = page.ask("begin", {"x": 0.5, "y": 0.5})[1]
    state = followed(page, state)
    return {"lesson": state["number"]}


def test_what_was_named_wrong_becomes_a_correction_or_is_never_named(page):
    page.product = 0
    lesson = lesson_of(page)
    assert page.ask("learn", dict(lesson, name="plum"))[0] == 200
    (taught,) = page.teacher.knowledge.catalogue.taught(page.teacher.knowledge.embedder.network)
    assert len(taught.corrections) == len(taught.embeddings)
    assert page.ask("products")[1]["seen"][tiny.PRODUCTS[0]]["times"] == 1
    assert page.ask("cover?name=" + tiny.PRODUCTS[0])[0] == 200, "as it was seen"
    assert page.ask("cover?name=" + tiny.PRODUCTS[1])[0] == 409
    assert page.ask("ignore", lesson)[0] == 409, "that lesson is over"
    assert page.ask("ignore", lesson_of(page))[0] == 200
    assert [one["kind"] for one in page.ask("products")[1]["taught"]] == ["product", "nothing"]


def test_a_lesson_that_was_left_is_taken_over_though_somebody_looks_on(page, monkeypatch):
    lesson_of(page)
    assert page.ask("begin", {"x": 0.5, "y": 0.5})[0] == 409
    monkeypatch.setattr("runtime.catalogue.lessons.LEFT_S", 0.2)
    time.sleep(0.3)
    assert page.ask("state", headers={"Authorization": ""})[0] == 200
    assert page.ask("begin", {"x": 0.5, "y": 0.5})[0] == 200


def test_what_changes_nothing_puts_no_gallery_in_use(page):
    before = len(page.known)
    page.ask("check_token", {})
    page.ask("cancel", lesson_of(page))
    assert len(page.known) == before
    page.ask("photo?name=plum", body=photo())
    assert len(page.known) == before + 1


@pytest.mark.parametrize("pragma, words", [("query_only = 1", "readonly"), ("max_page_count = 1", "full")])
def test_a_catalogue_that_cannot_be_written_is_one_line_and_nothing_changes(page, pragma, words):
    page.ask("photo?name=plum", body=photo())
    page.teacher.knowledge.catalogue._database.execute("PRAGMA " + pragma)
    status, told = page.ask("photo?name=other", body=cv2.imencode(".png", np.random.RandomState(0).randint(
        0, 255, (600, 600, 3)).astype(np.uint8))[1].tobytes())  # fmt: skip
    assert (status, told.count("\n")) == (503, 1)
    assert words in told
    assert taught(page) == [("plum", 1)]


def test_photos_and_what_is_none(page):
    assert page.ask("photo?name=plum", body=photo())[0] == 200
    status, told = page.ask("photo?name=plum", body=photo())
    assert (status, "known already" in told) == (409, True)
    assert page.ask("photo?name=plum&more=1", body=photo())[0] == 200
    for body, words in ((b"no photo", "not a photo"), (photo(side=1), "1x1 pixels"), (b"", "not a photo")):
        status, told = page.ask("photo?name=other", body=body)
        assert status == 409
        assert words in told
    assert taught(page) == [("plum", 2)]


@pytest.mark.parametrize("content", [{"id": "x"}, {"id": -1}, {"id": 2**70}, {"id": None}, {}, {"id": 7}, []])
def test_nonsense_changes_nothing(page, content):
    page.ask("photo?name=plum", body=photo())
    for change in ("remove", "merge", "rename", "never_mind", "name_unknown"):
        status, told = page.ask(change, content)
        assert status in (400, 409)
        assert told.count("\n") == 1
    assert taught(page) == [("plum", 1)]


@pytest.mark.parametrize("body", [b"[" * 2000, b'{"id": Infinity}', b'{"id": 1e999, "name": "x"}', b"\xff", b""])
def test_what_is_no_request_of_ours_is_one_line(page, body):
    for change in ("remove", "rename", "learn"):
        status, told = page.ask(change, body=body)
        assert status in (400, 409)
        assert told.count("\n") == 1


def test_another_program_s_change_is_in_use_without_a_restart(page):
    other = Catalogue(page.teacher.knowledge.catalogue.path)
    view = page.teacher.knowledge.view_of(cv2.imencode(".jpg", np.full((90, 90, 3), PURPLE, np.uint8))[1].tobytes())
    other.teach("from elsewhere", [view], page.teacher.knowledge.embedder.network, "test")
    other.close()
    page.teacher._look_around()
    assert "from elsewhere" in page.known[-1].products


def test_what_stays_unknown_is_asked_about_once(page):
    for _ in range(2):
        for _ in range(20):
            page.show(PURPLE)
        page._frame += 20  # gone for 4 s
        observation = page.teacher.lessons._newest
        page.sink.see(
            observation._replace(
                frame=Frame(np.zeros((120, 160, 3), np.uint8), 999, 100.0 + 0.2 * page._frame),
                detections=Detections.none(), track_ids=np.empty(0, np.int64),
                names=Names(np.empty(0, np.int32), np.empty(0, np.float32), 0, 0, [None]),
            )
        )  # fmt: skip
        page._frame += 1
        page.teacher._look_around()
    ((unknown),) = page.ask("unknowns")[1]
    assert (unknown["shape"], unknown["times"]) == ("box", 2)
    assert page.ask("unknown?id={id}".format(**unknown))[0] == 200
    assert page.ask("name_unknown", {"id": unknown["id"], "name": "plum"})[0] == 200
    assert page.ask("unknowns")[1] == []
    assert taught(page) == [("plum", 1)]
