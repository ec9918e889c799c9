"""Several cameras on one page, in one history, in one set of metrics."""

import json
import sqlite3
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.sinks.remembering import RememberingSink
from runtime.sinks.web import WebSink

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning"),
]
FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(detect=25.0, others=9.0), 120, 100, 77, 300, "detect")


def observed(number, track, seconds=0.0):
    image = np.full((48, 64, 3), 10 * track, np.uint8)
    boxes = Detections(np.array([[1, 2, 30, 40]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int32))
    names = Names(np.zeros(1, np.int32), np.full(1, 0.9, np.float32), 1, 0)
    words = Words(["bottle"], ["beans"])
    frame = Frame(image, number, seconds or time.monotonic())
    return Observation(frame, boxes, np.array([track]), names, words)


@pytest.fixture
def page():
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    with WebSink(port=0, cameras=["door", "shelf"]) as sink:
        for number, camera in enumerate(["door", "shelf"]):
            seen = observed(7 + number, number)
            sink.of(camera).present(seen.frame.image, seen, FIGURES._replace(true_fps=20.0 + number))
        yield sink


def ask(page, path):
    with urllib.request.urlopen(page.url.rstrip("/") + path, timeout=20) as answer:
        return answer.read()


def test_each_has_its_figures_and_the_others_in_short(page):
    first, second = (json.loads(ask(page, "/figures.json" + query).decode()) for query in ("", "?camera=shelf"))
    assert (first["camera"], first["true_fps"], first["frame_id"]) == ("door", 20.0, 7)
    assert (second["camera"], second["true_fps"], second["frame_id"]) == ("shelf", 21.0, 8)
    assert list(first["cameras"]) == ["door", "shelf"]
    assert first["cameras"]["shelf"]["true_fps"] == 21.0
    assert first["stages_ms"]["others"] == 9.0


@pytest.mark.parametrize(
    "path", ["/figures.json?camera=dor", "/snapshot.jpg?camera=*", "/api/v1/now?camera=dor", "/events?camera=dor"]
)
def test_a_camera_that_there_is_not(page, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(page, path)
    assert caught.value.code == 404
    assert "door, shelf" in caught.value.read().decode()


def test_one_stream_has_the_pictures_of_all(page):
    with urllib.request.urlopen(page.url.rstrip("/") + "/stream.mjpg?camera=*", timeout=20) as stream:
        read = b""
        for number in range(10, 200):
            for camera in ("door", "shelf"):
                seen = observed(number, 1)
                page.of(camera).present(seen.frame.image, seen, FIGURES)
            read += stream.read1(1 << 16)
            if b"X-Camera: door" in read and b"X-Camera: shelf" in read:
                break
    assert b"X-Camera: door" in read
    assert b"X-Camera: shelf" in read


def test_the_api_and_the_metrics_tell_whose(page):
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    (door, shelf) = json.loads(ask(page, "/api/v1/cameras").decode())["items"]
    assert (door["name"], shelf["name"], shelf["true_fps"], shelf["offline"]) == ("door", "shelf", 21.0, False)
    assert json.loads(ask(page, "/api/v1/now?camera=shelf").decode())["frame"] == 8
    text = ask(page, "/metrics").decode()
    assert 'shelfsight_true_frames_per_second{camera="shelf"} 21.0' in text
    assert 'shelfsight_objects_in_view{camera="door",name="beans"} 1.0' in text
    assert text.count("# TYPE shelfsight_true_frames_per_second ") == 1


def test_one_history_has_the_sightings_of_all_in_one_run(tmp_path):
    path = str(tmp_path / "history.sqlite")
    with RememberingSink(path, "door=0, shelf=1", camera="door") as door, door.beside("shelf") as shelf:
        for number in range(5):
            door.see(observed(number, 0, 100.0 + number))
            shelf.see(observed(number, 1, 100.5 + number))
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT run, camera, track, first_s, last_s FROM sightings ORDER BY track").fetchall()
    assert rows == [(1, "door", 0, 0.0, 4.0), (1, "shelf", 1, 0.5, 4.5)]
