"""Zones, lines and slots are drawn in a browser, with a mouse and with a finger, and stored."""

import json
import time

import numpy as np
import pytest
from chromium import CHROMIUM, Chromium

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from runtime.counting.desk import ZonesDesk
from runtime.counting.plan import Plan
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Observation, Words
from runtime.shelf.desk import ShelfDesk
from runtime.sinks.web import WebSink

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian package: chromium)"),
    pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning"),
    pytest.mark.timeout(120),
]
FIGURES = Figures(30.0, 30.0, 30.0, 40.0, 60.0, Stages(), 1, 1, 0, 0, "camera")
PICTURE = np.full((480, 640, 3), 90, np.uint8)


@pytest.fixture
def served(tmp_path):
    zones, shelf = ZonesDesk(str(tmp_path / "zones.json"), Plan()), ShelfDesk(str(tmp_path / "shelf.json"))
    with WebSink(port=0, token="secret") as sink:
        sink.show_zones(zones)
        sink.show_shelf(shelf)
        observation = Observation(
            Frame(PICTURE, 1, 0.0), Detections.none(), np.empty(0, np.int64), None, Words(["box"], ["tea", "milk"])
        )
        sink.present(PICTURE, observation, FIGURES)
        yield sink, observation, tmp_path


def kept(path):
    deadline_s = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    return json.loads(path.read_text(encoding="utf-8"))


def press(browser, name):
    browser.value("document.getElementById({!r}).click()".format(name))


def inside(browser, name, *shares):
    """Points of an element, in shares of its sides, in pixels of the window."""
    left, top, width, height = browser.value("""(() => {
        document.getElementById(%r).scrollIntoView({ block: "nearest" });
        const box = document.getElementById(%r).getBoundingClientRect();
        return [box.left, box.top, box.width, box.height];
    })()""" % (name, name))  # fmt: skip
    return [(left + x * width, top + y * height) for x, y in shares]


@pytest.mark.parametrize("hand", ["mouse", "finger"])
def test_a_zone_and_a_line_are_drawn_named_moved_and_stored(served, hand):
    sink, observation, folder = served
    browser = Chromium(folder / "profile")
    try:
        browser.open(sink.url)
        browser.wait_for("document.title", "Now – Shelfsight")
        browser.open(sink.url.partition("?")[0] + "zones")
        browser.wait_for("document.getElementById('names').children.length", 4)
        for _ in range(40):  # a snapshot is of the next picture
            sink.present(PICTURE, observation, FIGURES)
            if browser.value("Boolean(document.getElementById('picture').getAttribute('href'))"):
                break
            time.sleep(0.1)
        use = getattr(browser, hand)
        press(browser, "zone")
        for corner in ((0.1, 0.1), (0.4, 0.1), (0.4, 0.5), (0.1, 0.1)):
            use(*inside(browser, "view", corner))
        use(*inside(browser, "view", (0.4, 0.5), (0.42, 0.55), (0.45, 0.6)))
        press(browser, "line")
        use(*inside(browser, "view", (0.7, 0.2), (0.7, 0.5), (0.7, 0.8)))
        browser.value("""{
            const name = document.querySelector("#list input");
            name.value = "till"; name.dispatchEvent(new Event("change"));
        }""")
        press(browser, "save")
        plan = kept(folder / "zones.json")
        browser.screenshot(folder / "zones.png")
    finally:
        browser.close()
    (zone,), (line,) = plan["zones"], plan["lines"]
    assert (zone["name"], line["name"], plan["aspect"]) == ("till", "line 1", 1.3333)
    assert np.allclose(zone["polygon"], [[0.1, 0.1], [0.4, 0.1], [0.45, 0.6]], atol=0.01)
    assert np.allclose([line["from"], line["to"]], [[0.7, 0.2], [0.7, 0.8]], atol=0.01)


@pytest.mark.parametrize("hand", ["mouse", "finger"])
def test_a_slot_is_added_moved_sized_and_stored(served, hand):
    sink, _, folder = served
    browser = Chromium(folder / "profile")
    try:
        browser.open(sink.url)
        browser.wait_for("document.title", "Now – Shelfsight")
        browser.open(sink.url.partition("?")[0] + "shelf")
        browser.wait_for("products.length", 2)
        press(browser, "edit")
        press(browser, "add")
        for path in (((0.5, 0.45), (0.4, 0.45), (0.3, 0.45)), ((0.4, 0.6), (0.45, 0.7), (0.5, 0.8))):
            getattr(browser, hand)(*inside(browser, "plan", *path))
        browser.value("""{
            const product = document.querySelector("#slots select");
            product.value = "tea"; product.dispatchEvent(new Event("change"));
        }""")
        press(browser, "edit")
        layout = kept(folder / "shelf.json")
        browser.screenshot(folder / "shelf.png")
    finally:
        browser.close()
    (slot,) = layout["slots"]
    assert (slot["product"], layout["aspect"]) == ("tea", 1.3333)
    assert np.allclose(slot["box"], [0.2, 0.4, 0.5, 0.8], atol=0.01)
