"""Counting in a loop: on the picture, in the figures, in the report, in metrics."""

import json

import numpy as np
import pytest

from runtime.camera import main
from runtime.counting.overlay import CountingOverlay
from runtime.counting.plan import CENTRE, Line, Plan, Zone
from runtime.figures.counts import Counts, LineCount, LineCounts, ZoneCount, ZoneCounts
from runtime.figures.figures import Figures, Stages
from runtime.figures.report import figures_as_json
from runtime.frame import Detections, Frame, Names, Observation, Words

FIGURES = Figures(30.0, 30.0, 30.0, 40.0, 60.0, Stages(), 1, 1, 0, 0, "camera")
PLAN = Plan(
    (Zone("till", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), CENTRE),),
    (Line("door", (0.5, 0.0), (0.5, 1.0), CENTRE),),
    4 / 3,
)


def seen(x, number, size=(640, 480)):
    boxes = np.float32([[x - 20, 200, x + 20, 260]])
    frame = Frame(np.zeros((size[1], size[0], 3), np.uint8), number, number / 30)
    return Observation(frame, Detections(boxes, np.float32([0.9]), np.int32([0])), np.array([4]), None, Words(["jar"]))


def picture_by(overlay):
    picture = np.zeros((480, 640, 3), np.uint8)
    overlay.draw(picture)
    return picture


def test_what_passes_is_in_the_figures_and_on_the_picture():
    events = []
    overlay = CountingOverlay(PLAN, events.append)
    for number in range(60):
        overlay.see(seen(100 + 8 * number, number))
    content = figures_as_json(overlay.told(FIGURES))["counts"]
    assert content["lines"]["door"] == {"in": 0, "out": 1, "products": {"jar": {"in": 0, "out": 1}}}
    till = content["zones"]["till"]
    assert (till["now"], till["entered"], till["left"]) == (0, 1, 1)
    assert 0.8 < till["dwell_s"] < 1.5
    assert [(event.place, event.kind) for event in events] == [("till", "entered"), ("door", "out"), ("till", "left")]
    picture = picture_by(overlay)
    assert picture[400, 320].any()
    assert overlay.version == 3
    assert not picture[400, 500].any()
    json.dumps(content)


def test_who_comes_back_by_its_old_number_is_on_the_picture_at_once():
    overlay, names = CountingOverlay(PLAN), Names(np.int32([0]), np.float32([0.9]), 0, 1)

    def named(number):
        return seen(100, number)._replace(names=names, words=Words(["jar"], ["tea"]))

    for number in range(10):
        overlay.see(named(number))
    overlay.see(seen(100, 100)._replace(detections=Detections.none(), track_ids=np.empty(0, np.int64)))
    version, picture = overlay.version, picture_by(overlay)
    overlay.see(named(110))
    now = overlay.told(FIGURES).counts.zones[0].total
    assert (now.now, now.entered, now.left) == (1, 1, 0)
    assert (picture_by(overlay) != picture).any()
    assert overlay.version != version


def test_a_picture_of_another_shape_is_told(caplog):
    overlay = CountingOverlay(PLAN)
    overlay.see(seen(100, 0))
    assert not caplog.records
    overlay.see(seen(100, 1, (1280, 720)))
    assert "the zones were drawn on a picture of 1.33 to 1, this one is 1280x720" in caplog.text


def test_of_a_fast_camera_some_frames_are_looked_at():
    events = []
    overlay = CountingOverlay(PLAN, events.append)
    for number in range(480):
        found = seen(100 + number, number)
        overlay.see(found._replace(frame=found.frame._replace(captured_s=number / 240)))
    assert [(event.place, event.kind) for event in events] == [("till", "entered"), ("door", "out"), ("till", "left")]
    assert events[0].time_s == pytest.approx(3 * 0.025, abs=1 / 240)


def test_offline_pictures_are_nobody():
    overlay = CountingOverlay(PLAN)
    for number in range(10):
        overlay.see(seen(100, number))
    frame = Frame(np.zeros((480, 640, 3), np.uint8), None, 60.0)
    overlay.see(Observation(frame, Detections.none(), np.empty(0, np.int64), None))
    assert overlay.told(FIGURES).counts.zones[0].total.now == 0


def test_metrics_have_them_by_name():
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    from runtime.sinks.latency_histogram import LatencyHistogram
    from runtime.sinks.latest import Told
    from runtime.sinks.metrics import Metrics, OfCamera

    counts = Counts(
        (ZoneCounts("till", (("tea", ZoneCount(2, 5, 3, 12.5)),)),), (LineCounts("door", (("tea", LineCount(4, 1)),)),)
    )
    told = Told(FIGURES._replace(counts=counts), seen(100, 1))
    text = Metrics().text([OfCamera("", told, 0.0, LatencyHistogram())]).decode()
    assert 'shelfsight_zone_objects{name="tea",zone="till"} 2.0' in text.replace(
        'zone="till",name="tea"', 'name="tea",zone="till"'
    )
    assert "shelfsight_line_passed{" in text
    assert "} 4.0" in text


def test_the_program_counts_and_reports(tmp_path, capsys):
    zones = tmp_path / "zones.json"
    zones.write_text('{"zones": [{"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "anchor": "centre"}]}')
    report = tmp_path / "report.json"
    flags = [
        "--source",
        "demo://?products=3",
        "--size",
        "160",
        "--zones",
        str(zones),
        "--sink",
        "none",
        "--engine",
        "onnx",
    ]
    assert main(flags + ["--frames", "20", "--report", str(report)]) == 0
    everything = json.loads(report.read_text())["counts"]["zones"]["all"]
    assert everything["entered"] >= 2
    assert everything["dwell_s"] > 0

    zones.write_text('{"zones": [{"name": "a", "polygon": [[0, 0], [1, 0], [1, 1]], "products": ["beanz"]}]}')
    assert main(flags) == 2
    assert "'a' looks for 'beanz', which nothing here is called" in capsys.readouterr().err
