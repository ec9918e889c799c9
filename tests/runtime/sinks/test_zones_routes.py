"""The page's tab Zones over HTTP: shown to whoever may look, drawn only with the token, from the page itself."""

import json
import urllib.error
import urllib.request

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from runtime.counting.desk import ZonesDesk
from runtime.counting.overlay import CountingOverlay
from runtime.counting.plan import Plan
from runtime.counting.plan_file import read_plan
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Observation, Words
from runtime.sinks.web import WebSink

# attrs 22.2, the last for Python 3.6, which aiohttp imports
pytestmark = pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning")

FIGURES = Figures(30.0, 30.0, 30.0, 40.0, 60.0, Stages(), 1, 1, 0, 0, "camera")
PICTURE = np.zeros((48, 64, 3), np.uint8)
ZONE = {"name": "till", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], "anchor": "centre"}
LINE = {"name": "door", "from": [0.5, 0.1], "to": [0.5, 0.9], "products": ["tea"]}


def seen(number=1, x=20):
    found = Detections(np.float32([[x, 10, x + 8, 20]]), np.float32([0.9]), np.int32([0]))
    return Observation(Frame(PICTURE, number, number / 10), found, np.array([4]), None, Words(["box"], ["tea", "milk"]))


@pytest.fixture
def served(tmp_path):
    desk = ZonesDesk(str(tmp_path / "zones.json"), Plan())
    with WebSink(port=0, token="secret") as sink:
        sink.show_zones(desk)
        sink.present(PICTURE, seen(), FIGURES)
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


def test_what_is_drawn_is_counted_and_kept(served):
    sink, desk = served
    overlay = CountingOverlay(desk.plan, desk=desk)
    assert asked(sink, "zones/plan", "PUT", {"zones": [ZONE], "lines": [LINE]})[0] == 200
    for number in range(5):
        overlay.see(seen(number))
    assert [zone.name for zone in read_plan(desk.path).zones] == ["till"]
    sink.present(PICTURE, seen(), overlay.told(FIGURES))
    content = json.loads(asked(sink, "zones.json")[1])
    assert content["lines"][0]["products"] == ["tea"]
    assert content["names"] == ["tea", "milk", "box", "unknown box"]
    assert content["counts"]["zones"]["till"]["now"] == 1
    assert b"Draw a zone" in asked(sink, "zones")[1]


def test_a_line_more_leaves_the_counts_of_the_rest(served):
    sink, desk = served
    overlay = CountingOverlay(desk.plan, desk=desk)
    asked(sink, "zones/plan", "PUT", {"zones": [ZONE, dict(ZONE, name="shop")]})
    for number in range(5):
        overlay.see(seen(number))
    asked(sink, "zones/plan", "PUT", {"zones": [ZONE, dict(ZONE, name="other")], "lines": [LINE]})
    for number in range(5, 10):
        overlay.see(seen(number))
    till, other = overlay.told(FIGURES).counts.zones
    assert (till.total.now, till.total.entered, till.total.left) == (1, 2, 1)
    assert (other.total.now, other.total.entered, other.total.left) == (1, 1, 0)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"zones": [dict(ZONE, products=["coffee"])]}, b"looks for 'coffee', which nothing here is called"),
        ({"zones": [ZONE], "lines": [dict(LINE, name="till")]}, b"'till' is taken twice"),
        ({"zones": [dict(ZONE, polygon=[[0.1, 0.1], [1.2, 0.1], [0.9, 0.9]])]}, b"outside the picture"),
        ({}, b"no zone and no line in it"),
    ],
)
def test_what_makes_no_sense_is_one_line(served, plan, said):
    sink, desk = served
    status, line = asked(sink, "zones/plan", "PUT", plan)
    assert status == 400
    assert said in line
    assert desk.take_given() is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Content_Type": "text/plain"}, 415),
    ],
)
def test_others_change_nothing(served, headers, status):
    sink, desk = served
    assert asked(sink, "zones/plan", "PUT", {"zones": [ZONE]}, **headers)[0] == status
    assert desk.take_given() is None


def test_without_a_plan_nothing_is_drawn():
    with WebSink(port=0, token="secret") as sink:
        assert json.loads(asked(sink, "zones.json")[1])["counted"] is False
        status, line = asked(sink, "zones/plan", "PUT", {"zones": [ZONE]})
        assert (status, line) == (409, b"nothing is counted: start the program with --zones FILE\n")
