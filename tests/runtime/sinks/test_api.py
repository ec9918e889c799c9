"""The API by its own description: each answer fits its schema, each refusal is problem+json."""

import json
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request

import cv2
import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from runtime.api.openapi import document
from runtime.api.operations import OPERATIONS
from runtime.figures.board import BoardReading
from runtime.figures.counts import Counts, LineCount, LineCounts, ZoneCount, ZoneCounts
from runtime.figures.figures import Figures, Stages
from runtime.figures.shelf import ShelfNow, SlotNow
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.sinks.web import WebSink

# attrs 22.2, the last for Python 3.6, which aiohttp imports
pytestmark = pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning")

BOARD = BoardReading((("CPU", 51.5),), (("VDD_IN", 6200.0),))
FIGURES = Figures(30.0, 29.9, float("nan"), None, 60.0, Stages(detect=25.0), 120, 100, 77, 300, "detect", board=BOARD)
COUNTS = Counts(
    (ZoneCounts("till", (("soap", ZoneCount(1, 1, 0, 1.0)), ("차", ZoneCount(1, 3, 2, 7.258)))),),
    (LineCounts("door", (("차", LineCount(4, 1)),)),),
)
BOX = (0.1, 0.2, 0.3, 0.4)
SHELF = ShelfNow((SlotNow("left", "차", "wrong", 12.34, 1, 2, "soap", 0.98765, BOX, "shelf/alerts/3.jpg"),), 1, True)
PICTURE = np.zeros((48, 64, 3), np.uint8)
EPOCH_S = 1_700_000_000.0


def shown(frame_id, product=0):
    """A product and something unknown."""
    detections = Detections(np.array([[1, 2, 3, 4]] * 2, np.float32), np.ones(2, np.float32), np.zeros(2, np.int32))
    names = Names(np.array([product, UNKNOWN], np.int32), np.array([0.9, 0.1], np.float32), 2, 0)
    return Observation(
        Frame(PICTURE, frame_id, time.monotonic()), detections, np.arange(2), names, Words(["jar"], ["차", "soap"])
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Two runs of 60 sightings; those of the second are also in it with a crop."""
    path = str(tmp_path_factory.mktemp("history") / "h.sqlite")
    for run in range(2):
        store = Store(path, "demo://")
        store.write(
            [
                Sighting(
                    n,
                    ["차", "soap", None][n % 3],
                    "jar",
                    n,
                    n + 5.0,
                    9,
                    0.5,
                    (1, 2, 3, 4),
                    crop=b"\xff\xd8jpeg" if run else None,
                )
                for n in range(60)
            ],
            EPOCH_S + 1000 * run,
        )
        store.close()
    return path


@pytest.fixture
def sink(history):
    with WebSink(port=0, history=history) as opened:
        yield opened


def asked(sink, path, headers=(), method="GET"):
    """(status, content type, body)."""
    request = urllib.request.Request(sink.url.partition("?")[0] + "api/v1" + path, headers=dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers["Content-Type"].partition(";")[0], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"].partition(";")[0], error.read()


def checked(sink, path, status=200):
    """The answer as JSON, once it fits the schema that the document gives for it."""
    found, content_type, body = asked(sink, path)
    assert found == status, body
    content = json.loads(body.decode("utf-8"))
    whole = json.loads(asked(sink, "/openapi.json")[2].decode())
    template = "/api/v1" + path.partition("?")[0].replace("/17", "/{id}").replace("/999", "/{id}")
    schema = whole["paths"][template]["get"]["responses"][str(status)]["content"][content_type]["schema"]
    fits(content, schema, whole)
    return content


def fits(content, schema, whole):
    """By jsonschema where it is installed (it is not on Python 3.6)."""
    try:
        import jsonschema
    except ImportError:
        return
    jsonschema.Draft202012Validator(dict(schema, components=whole["components"])).validate(content)


def test_the_document_is_openapi():
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator needs a newer Python")
    validator.validate(document())


def test_now_figures_and_products(sink):
    assert checked(sink, "/now", 503)["detail"] == "no picture yet: ask again in a moment"
    sink.present(PICTURE, shown(5), FIGURES)
    now = checked(sink, "/now")
    assert [one["product"] for one in now["objects"]] == ["차", None]
    assert now["seen"] == [
        {"name": "차", "named": True, "objects": 1},
        {"name": "unknown jar", "named": False, "objects": 1},
    ]
    assert now["time"].endswith("Z")
    figures = checked(sink, "/figures")
    assert (figures["true_fps"], figures["hottest_celsius"], figures["power_w"]) == (None, 51.5, 6.2)
    products = checked(sink, "/products")["items"]
    assert [(one["name"], one["in_view"], one["last_seen"]) for one in products] == [
        ("soap", 0, "2023-11-14T22:31:03.000Z"), ("차", 1, "2023-11-14T22:31:02.000Z"),
    ]  # fmt: skip
    sink.present(PICTURE, shown(None), FIGURES)
    assert checked(sink, "/now")["offline"] is True


def test_zones_lines_and_the_shelf(sink):
    sink.present(PICTURE, shown(6), FIGURES)
    assert checked(sink, "/counts") == {"zones": [], "lines": []}
    assert checked(sink, "/shelf") == {"slots": [], "moved": 0, "off": False}
    sink.present(PICTURE, shown(7), FIGURES._replace(counts=COUNTS, shelf=SHELF))
    counts = checked(sink, "/counts")
    assert counts["zones"][0]["by_name"][1] == {"name": "차", "now": 1, "entered": 3, "left": 2, "dwell_s": 7.26}
    assert {**counts["zones"][0], "by_name": None} == {
        "zone": "till", "now": 2, "entered": 4, "left": 2, "dwell_s": 8.26, "by_name": None,
    }  # fmt: skip
    passed = {"name": "차", "into": 4, "out": 1}
    assert counts["lines"] == [{"line": "door", "into": 4, "out": 1, "by_name": [passed]}]
    shelf = checked(sink, "/shelf")
    assert (shelf["moved"], shelf["off"]) == (1, True)
    assert shelf["slots"] == [{
        "slot": "left", "product": "차", "state": "wrong", "for_s": 12.3, "facings": 1, "full": 2, "wrong": "soap",
        "in_stock": 0.9877, "crop": "shelf/alerts/3.jpg",
    }]  # fmt: skip


def walked(sink, query):
    found, cursor = [], None
    while True:
        page = checked(sink, "/sightings?" + query + ("&cursor=" + cursor if cursor else ""))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def test_sightings_a_page_at_a_time_newest_first(sink):
    found = walked(sink, "limit=7")
    assert [one["last_seen"] for one in found] == sorted((one["last_seen"] for one in found), reverse=True)
    assert len({one["id"] for one in found}) == 120
    assert len(walked(sink, "limit=19&product=" + urllib.parse.quote("차"))) == 40
    assert {one["product"] for one in walked(sink, "unknown=true")} == {None}
    inside = walked(sink, "limit=4&from=2023-11-14T22:13:30Z&to=2023-11-14T22:13:40Z")
    assert sorted(one["last_s"] for one in inside) == [10.0 + n for n in range(10)]


def test_what_has_no_date_is_asked_for_by_itself(history, tmp_path):
    """A run whose clock was never set, between two that have a date."""
    path = str(tmp_path / "h.sqlite")
    for number, epoch_s in enumerate((EPOCH_S, None, EPOCH_S + 1000)):
        store = Store(path, "demo://")
        store.write([Sighting(1, "soap", "jar", 0.5, 2.0 + number, 9, 0.5, (1, 2, 3, 4))], epoch_s)
        store.close()
    with WebSink(port=0, history=path) as sink:
        everything = checked(sink, "/sightings")["items"]
        assert [one["run"] for one in everything] == [3, 2, 1]
        (only,) = checked(sink, "/sightings?undated=true")["items"]
        assert (only["run"], only["first_seen"], only["last_seen"], only["first_s"], only["last_s"]) == (
            2, None, None, 0.5, 3.0,
        )  # fmt: skip
        assert asked(sink, "/sightings.csv?undated=true")[2].count(b"\n") == 2
        assert checked(sink, "/sightings?undated=true&product=tea")["items"] == []
        assert b"leave out" in asked(sink, "/sightings?undated=true&from=2026-11-27T09:00:00Z")[2]


def test_one_sighting_and_its_crop(sink):
    assert [checked(sink, "/sightings/17")[name] for name in ("track", "crop")] == [16, False]
    assert json.loads(asked(sink, "/sightings/77")[2].decode())["crop"] is True
    assert asked(sink, "/sightings/77/crop")[1:] == ("image/jpeg", b"\xff\xd8jpeg")
    assert checked(sink, "/sightings/17/crop", 404)["title"] == "Not Found"
    assert "aged" in checked(sink, "/sightings/999", 404)["detail"]


def test_a_table_for_a_spreadsheet(sink, tmp_path):
    status, content_type, body = asked(sink, "/sightings.csv?product=soap")
    lines = body.decode("utf-8-sig").splitlines()
    assert (status, content_type, len(lines)) == (200, "text/csv", 41)
    assert lines[0].startswith("id,run,source,track,product,shape,first_seen,last_seen,")
    path = str(tmp_path / "h.sqlite")
    store = Store(path, "demo://")
    store.write([Sighting(1, "=1+1", "jar", 0.0, 1.0, 9, 0.5, (1, 2, 3, 4))], EPOCH_S)
    store.close()
    with WebSink(port=0, history=path) as other:
        assert ",'=1+1," in asked(other, "/sightings.csv")[2].decode()


def test_what_changed_and_a_strip(sink):
    changes = checked(sink, "/changes?since=2023-11-14T22:13:21Z&until=2023-11-14T22:13:26Z")
    assert changes["items"] == [
        {"product": "soap", "before": 1, "after": 2}, {"product": "차", "before": 1, "after": 2},
        {"product": None, "before": 0, "after": 2},
    ]  # fmt: skip
    sink.present(PICTURE, shown(5), FIGURES)
    until_now = checked(sink, "/changes?since=2023-11-14T22:13:21Z")
    assert until_now["items"] == [
        {"product": "soap", "before": 1, "after": 0},
        {"product": None, "before": 0, "after": 1},
    ]
    strips = checked(sink, "/strips?from=2023-11-14T22:13:20Z&to=2023-11-14T22:14:20Z&parts=6")
    assert [one["product"] for one in strips["items"]] == ["soap", "차", None]
    assert strips["items"][1]["sightings"] == [2, 3, 4, 3, 3, 4]


@pytest.mark.parametrize(
    "path, status, words",
    [
        ("/sightings?limit=0", 400, "limit: expected"),
        ("/sightings?limit=1&limit=2", 400, "given 2 times"),
        ("/sightings?from=noon", 400, "RFC 3339"),
        ("/sightings?cursor=AAAA", 400, "take it from 'next'"),
        ("/sightings/0", 400, "id: expected"),
        ("/changes", 400, "since: is missing"),
        ("/strips?from=2023-01-01T00:00:00Z&to=2022-01-01T00:00:00Z", 400, "before 'to'"),
        ("/nothing", 404, "Not Found"),
    ],
)
def test_what_is_wrong_is_said_in_problem_json(sink, path, status, words):
    found, content_type, body = asked(sink, path)
    problem = json.loads(body.decode())
    assert (found, content_type, problem["status"]) == (status, "application/problem+json", status)
    assert words in problem["detail"]


def test_nothing_is_changed_by_it(sink):
    for method in ("POST", "PUT", "DELETE"):
        assert asked(sink, "/sightings", method=method)[:2] == (405, "application/problem+json")


def test_it_wants_the_token(history):
    with WebSink(port=0, token="s3cret", history=history) as guarded:
        assert asked(guarded, "/sightings")[:2] == (401, "application/problem+json")
        assert asked(guarded, "/sightings", {"Authorization": "Bearer s3cret"})[0] == 200
    with WebSink(port=0) as local:
        assert asked(local, "/now", {"Host": "shop.example"})[:2] == (403, "application/problem+json")


def test_without_a_history_it_says_how_to_keep_one(tmp_path):
    with WebSink(port=0) as sink:
        assert "--sink shelf.sqlite" in checked(sink, "/sightings", 404)["detail"]
        assert checked(sink, "/products") == {"items": []}
    broken = tmp_path / "h.sqlite"
    broken.write_bytes(b"no database" * 1000)
    with WebSink(port=0, history=str(broken)) as sink:
        assert "cannot be read" in checked(sink, "/sightings", 503)["detail"]


def test_the_snapshot_is_a_picture(sink):
    import threading

    ended = threading.Event()

    def feed():
        number = 0
        while not ended.wait(0.01):
            number += 1
            sink.present(PICTURE, shown(number), FIGURES)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        status, content_type, body = asked(sink, "/snapshot")
    finally:
        ended.set()
        thread.join()
    assert (status, content_type) == (200, "image/jpeg")
    assert cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR).shape == PICTURE.shape


def test_events_come_as_they_happen_and_those_that_were_missed(sink):
    for number in range(3):
        sink.present(PICTURE, shown(number), FIGURES)
    url = sink.url + "api/v1/events"
    request = urllib.request.Request(url, headers={"Last-Event-ID": "0"})
    with urllib.request.urlopen(request, timeout=20) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        first = [stream.readline().decode().rstrip("\n") for _ in range(4)]
        assert first[:2] == ["id: 1", "event: appears"]
        assert json.loads(first[2][len("data: ") :])["product"] == "차"
        sink.present(PICTURE, shown(None), FIGURES)
        assert [stream.readline() for _ in range(2)] == [b"id: 2\n", b"event: offline\n"]


def test_every_operation_is_in_the_document():
    assert len(document()["paths"]) == len(OPERATIONS) == 14


@pytest.mark.parametrize("wanted", ["", "product", "unknown"])
def test_a_page_of_sightings_is_found_by_an_index_and_never_sorted(history, wanted):
    from runtime.history.reading import PRESENT, STRIP, Filter, Place, Run, page_statement

    chosen = Filter("soap" if wanted == "product" else None, wanted == "unknown", 0.0, 2e9)
    values = []
    statement = page_statement(chosen, Run(1, "demo://", EPOCH_S), Place(1, 9.0, 9), values)
    database = sqlite3.connect(history)
    try:
        plans = [
            " ".join(row[3] for row in database.execute("EXPLAIN QUERY PLAN " + text, given))
            for text, given in ((statement, values + [9]), (PRESENT, (1, 2, 3)), (STRIP, (0, 1, 1, 2, 3)))
        ]
    finally:
        database.close()
    assert "USING INDEX sightings_by_" + ("product" if wanted else "time") in plans[0]
    assert "TEMP B-TREE" not in plans[0]
    assert all("USING COVERING INDEX sightings_by_time" in plan for plan in plans[1:])
