"""The page in a real browser: the picture moves, the numbers are the ones presented, a lost connection comes back."""

import json
import threading
import time
import urllib.request

import numpy as np
import pytest
from chromium import CHROMIUM, WAIT_S, Chromium

from runtime.figures.figures import Figures, Stages
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.sinks.web import WebSink

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian package: chromium)"),
    # attrs 22.2, the last for Python 3.6, which aiohttp imports
    pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning"),
]


class Feeding:
    """A loop that presents pictures of rising brightness until left."""

    def __init__(self, sink, figures):
        self.figures = figures
        self.products = [0, 1, 0]
        self._sink = sink
        self._resume = threading.Event()
        self._resume.set()
        self._is_over = False
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        count = 0
        while not self._is_over:
            if not self._resume.wait(0.05):
                continue
            count += 1
            picture = np.full((480, 640, 3), 4 * count % 256, np.uint8)
            boxes = Detections(np.zeros((3, 4), np.float32), np.ones(3, np.float32), np.zeros(3, np.int32))
            names = Names(np.array(self.products, np.int32), np.ones(3, np.float32), 0, 0)
            observation = Observation(Frame(picture, count, time.monotonic()), boxes, np.arange(3), names, WORDS)
            self._sink.present(picture, observation, self.figures._replace(presented=self.figures.presented + count))
            time.sleep(0.03)

    def stall(self):
        self._resume.clear()

    def resume(self):
        self._resume.set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over = True
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()


WORDS = Words(["jar"], ["물병 <i>", "tea"])
FIGURES = Figures(
    nominal_fps=30.0,
    camera_fps=29.97,
    true_fps=28.46,
    latency_p50_ms=41.24,
    latency_p95_ms=None,
    stages_ms=Stages(
        wait=6.1, preprocess=1.12, detect=14.32, track=0.08, classify=5.2, compose=0.6, present=1, delay=4
    ),
    captured=3000000,
    presented=1150,
    asked=100,
    reused=300,
    limited_by="camera <b>dim</b> light",
)
BRIGHTNESS = "document.getElementById('picture').getContext('2d').getImageData(320, 240, 1, 1).data[0]"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def text(name):
    return "document.getElementById('{}').textContent".format(name)


def picture_moves(chromium):
    chromium.wait_for("typeof {}".format(BRIGHTNESS), "number")
    first = chromium.value(BRIGHTNESS)
    chromium.wait_for("{} !== {}".format(BRIGHTNESS, first))


def test_what_is_seen_is_said_first_most_frequent_first(chromium):
    lines = "[...find('seen').children].map((line) => line.innerText.replace(/\\s+/g, ' '))"
    with WebSink(port=0) as sink, Feeding(sink, FIGURES) as feeding:
        chromium.open(sink.url)
        chromium.wait_for("{}.join('|')".format(lines), "물병 <i> ×2|tea")
        assert chromium.value("document.querySelector('aside section h2').textContent") == "In view 3"
        assert chromium.value("find('seen').getAttribute('aria-live')") == "polite"
        chromium.value("find('seen').children[1].dataset.kept = 'yes'")
        feeding.products = [1, UNKNOWN, 1]
        chromium.wait_for("{}.join('|')".format(lines), "tea ×2|unknown jar")
        # The same line moved up: a screen reader is not told of tea again.
        assert chromium.value("find('seen').children[0].dataset.kept") == "yes"
        assert chromium.value("find('seen').children[1].className") == "unnamed"


def test_the_picture_moves_and_the_numbers_are_the_ones_presented(chromium):
    with WebSink(port=0) as sink, Feeding(sink, FIGURES) as feeding:
        chromium.open(sink.url)
        chromium.wait_for(text("state"), "live")
        chromium.wait_for(text("notice"), "")
        picture_moves(chromium)
        picture_moves(chromium)
        expected = {
            "true_fps": "28.5",
            "nominal_fps": "30.0",
            "camera_fps": "30.0",
            "latency_p50": "41.2 ms",
            "latency_p95": "–",
            "limited_by": "camera <b>dim</b> light",
            "detections": "3",
            "captured": "3,000,000",
            "asked": "100",
            "reused": "300",
            "share": "75.0 %",
            "ms-detect": "14.32",
            "ms-track": "0.08",
            "ms-delay": "4.00",
            "period": "32.42",
        }
        assert {name: chromium.value(text(name)) for name in expected} == expected
        told = json.loads(urllib.request.urlopen(sink.url + "figures.json", timeout=WAIT_S).read().decode("utf-8"))
        stages = chromium.value(
            "Object.fromEntries(STAGES.map((name) => [name, Number(find('ms-' + name).textContent)]))"
        )
        assert stages == told["stages_ms"]
        share = chromium.value("find('bar-detect').getBoundingClientRect().width / find('bar').clientWidth")
        assert share == pytest.approx(14.32 / 32.42, abs=0.02)
        feeding.figures = FIGURES._replace(nominal_fps=0.0, true_fps=61.04, latency_p95_ms=55.5)
        chromium.wait_for(text("true_fps"), "61.0")
        chromium.wait_for(text("latency_p95"), "55.5 ms")
        chromium.wait_for(text("nominal_fps"), "no limit")


def test_a_lost_connection_is_said_and_comes_back_with_the_picture(chromium):
    first = WebSink(port=0)
    port = int(first.url.rpartition(":")[2].strip("/"))
    with first:
        chromium.open(first.url)
        chromium.wait_for(text("notice"), "waiting for the first picture")
        with Feeding(first, FIGURES):
            chromium.wait_for(text("state"), "live")
            picture_moves(chromium)
    chromium.wait_for(text("notice"), "connection lost, retrying")
    chromium.wait_for(text("state"), "connection lost, retrying")
    with WebSink(port=port) as second, Feeding(second, FIGURES):
        chromium.wait_for(text("state"), "live")
        chromium.wait_for(text("notice"), "")
        picture_moves(chromium)


def test_a_picture_that_stands_still_is_said(chromium):
    with WebSink(port=0) as sink, Feeding(sink, FIGURES) as feeding:
        chromium.open(sink.url)
        chromium.wait_for(text("state"), "live")
        feeding.stall()
        chromium.wait_for("/^no new frames for [3-9] s$/.test({})".format(text("notice")))
        assert chromium.value(text("true_fps")) == "0.0"
        feeding.resume()
        chromium.wait_for(text("true_fps"), "28.5")
        chromium.wait_for(text("notice"), "")
        picture_moves(chromium)


def test_a_source_that_is_away_is_said(chromium):
    with WebSink(port=0) as sink, Feeding(sink, FIGURES) as feeding:
        chromium.open(sink.url)
        chromium.wait_for(text("state"), "live")
        feeding.stall()
        time.sleep(0.2)
        offline = Frame(np.zeros((480, 640, 3), np.uint8), None, time.monotonic())
        sink.present(offline.image, Observation(offline, Detections.none(), np.arange(0), None), FIGURES)
        chromium.wait_for(text("state"), "offline")
        assert "the source is away" in chromium.value(text("notice"))
        assert chromium.value(text("true_fps")) == "0.0"
        feeding.resume()
        chromium.wait_for(text("state"), "live")


def test_a_stream_that_breaks_alone_comes_back(chromium):
    with WebSink(port=0) as sink, Feeding(sink, FIGURES):
        chromium.open(sink.url)
        chromium.wait_for(text("state"), "live")
        chromium.wait_for(text("notice"), "")
        chromium.value("link.player.abort(), keepPlaying((link.player = new AbortController()).signal), 0")
        picture_moves(chromium)


def test_the_token_leaves_the_address_even_when_a_strange_page_links_here(chromium):
    """A Strict cookie survives the way from another site only because the page moves on by itself."""
    with WebSink(listen="127.0.0.1", port=0, token="s3cret") as sink, Feeding(sink, FIGURES):
        with WebSink(listen="localhost", port=0) as stranger:  # another name is another site to a browser
            chromium.open(stranger.url.replace("127.0.0.1", "localhost"))
            chromium.wait_for("document.title", "Now – Shelfsight")
            chromium.value("setTimeout(() => {{ location.href = {}; }})".format(json.dumps(sink.url)))
            chromium.wait_for("location.href", sink.url.partition("?")[0])
            chromium.wait_for(text("state"), "live")
            picture_moves(chromium)
        assert chromium.value("document.cookie") == ""


def test_the_page_breaks_none_of_its_own_rules_and_fits_a_phone(chromium):
    with WebSink(port=0) as sink, Feeding(sink, FIGURES):
        chromium.ask("Page.enable")
        chromium.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            source="window.broken = []; addEventListener('securitypolicyviolation', (e) => broken.push(e.blockedURI));"
            "addEventListener('error', (e) => broken.push(e.message), true)",
        )
        chromium.ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        try:
            chromium.open(sink.url)
            chromium.wait_for(text("state"), "live")
            picture_moves(chromium)
            assert chromium.value("document.documentElement.scrollWidth") == 390
            assert chromium.value("broken") == []
        finally:
            chromium.ask("Emulation.clearDeviceMetricsOverride")


def test_several_cameras_are_a_grid_and_a_tap_shows_one(chromium):
    tile = "find('grid').children[{}]"
    with WebSink(port=0, cameras=["door", "shelf", "desk"]) as sink, Feeding(sink.of("door"), FIGURES):
        with Feeding(sink.of("shelf"), FIGURES._replace(true_fps=7.5)):
            chromium.open(sink.url)
            chromium.wait_for("find('grid').hidden", False)
            chromium.wait_for((tile + ".innerText.replace(/\\s+/g, ' ')").format(1), "shelf 7.5 fps")
            chromium.wait_for((tile + ".className").format(2), "tile away")
            chromium.wait_for(text("state"), "2 of 3 live")
            pixel = (tile + ".firstChild.getContext('2d').getImageData(320, 240, 1, 1).data[0]").format(1)
            first = chromium.value(pixel)
            chromium.wait_for("{} !== {}".format(pixel, first))
            chromium.value("({}.click(), 1)".format(tile.format(1)))
            chromium.wait_for(text("true_fps"), "7.5")
            chromium.wait_for("find('grid').hidden && !find('one').hidden")
            picture_moves(chromium)
            assert chromium.value("document.querySelector('nav a[href^=shelf]').href").endswith("/shelf?camera=shelf")
            chromium.value("(find('cameras').children[0].click(), 1)")
            chromium.wait_for("find('grid').hidden", False)
