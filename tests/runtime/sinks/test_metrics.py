"""What Prometheus gets: the report's figures by its names and units, with the token, in a form its linter takes."""

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
from prometheus_client.parser import text_string_to_metric_families

from runtime.figures.board import BoardReading
from runtime.figures.counts import Counts, LineCount, LineCounts, ZoneCount, ZoneCounts
from runtime.figures.figures import Figures, Stages
from runtime.figures.meter import Meter
from runtime.figures.shelf import ShelfNow, SlotNow
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.sinks.latency_histogram import LATENCY_BUCKETS_S, LatencyHistogram
from runtime.sinks.web import WebSink

# attrs 22.2, the last for Python 3.6, which aiohttp imports
pytestmark = pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning")

BOARD = BoardReading((("CPU", 51.5),), (("VDD_IN", 6200.0),), gpu_load_percent=80.0, throttled="GPU at 614 of 921 MHz")
FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(detect=25.0, classify=5.0), 120, 100, 77, 300, "detect")
COUNTS = Counts(
    (ZoneCounts("till", (("tea", ZoneCount(1, 3, 2, 7.0)),)),), (LineCounts("door", (("tea", LineCount(4, 1)),)),)
)
SHELF = ShelfNow((SlotNow("left", "tea", "low", 12.3, 1, 2, None, 0.9, (0.1, 0.2, 0.3, 0.4)),))
PICTURE = np.zeros((48, 64, 3), np.uint8)


def after_two_frames():
    """FIGURES, with what a meter has counted of their stages."""
    meter = Meter(30.0, True)
    for frame_id in range(3):  # the first one's own time counts for nothing
        meter.record(Frame(PICTURE, frame_id, frame_id / 30), frame_id / 30 + 0.04, FIGURES.stages_ms)
    return FIGURES._replace(stages_counted=meter.recent(0.2).stages_counted)


def shown(frame_id, age_s=0.04, source_s=None):
    """Two teas, one of them unknown, captured `age_s` ago."""
    detections = Detections(np.zeros((2, 4), np.float32), np.ones(2, np.float32), np.zeros(2, np.int32))
    names = Names(np.array([0, UNKNOWN], np.int32), np.ones(2, np.float32), 2, 0)
    frame = Frame(PICTURE, frame_id, time.monotonic() - age_s, source_s=source_s)
    return Observation(frame, detections, np.arange(2), names, Words(["jar"], ['te"a\\']))


def scraped(sink, token=None):
    request = urllib.request.Request(sink.url.partition("?")[0] + "metrics")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return answer.read().decode("utf-8")


def refused(sink):
    with pytest.raises(urllib.error.HTTPError) as caught:
        scraped(sink)
    with caught.value as answer:
        return answer.code, answer.read().decode()


def samples(text):
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[(sample[0],) + tuple(sorted(sample[1].items()))] = sample[2]
    return found


@pytest.fixture
def sink():
    with WebSink(port=0) as opened:
        yield opened


def test_every_figure_has_its_name_and_unit(sink):
    for frame_id in range(3):
        figures = after_two_frames()._replace(board=BOARD, counts=COUNTS, shelf=SHELF)
        sink.present(PICTURE, shown(frame_id), figures)
    found = samples(scraped(sink))
    for name, value in (
        ("shelfsight_true_frames_per_second", 24.5),
        ("shelfsight_frames_captured_total", 120),
        ("shelfsight_frames_presented_total", 100),
        ("shelfsight_frames_dropped_total", 20),
        ("shelfsight_crops_classified_total", 77),
        ("shelfsight_names_reused_total", 300),
        ("shelfsight_source_online", 1),
        ("shelfsight_throttled", 1),
        ("shelfsight_latency_seconds_count", 3),
    ):
        assert found[(name,)] == value
    assert found["shelfsight_stage_seconds_count", ("stage", "detect")] == 2
    assert found["shelfsight_stage_seconds_sum", ("stage", "detect")] == pytest.approx(0.05)
    assert found["shelfsight_stage_seconds_bucket", ("le", "0.02"), ("stage", "detect")] == 0
    assert found["shelfsight_stage_seconds_bucket", ("le", "0.03"), ("stage", "detect")] == 2
    assert found["shelfsight_temperature_celsius", ("sensor", "CPU")] == 51.5
    assert found["shelfsight_power_watts", ("rail", "VDD_IN")] == pytest.approx(6.2)
    assert found["shelfsight_load_ratio", ("unit", "gpu")] == pytest.approx(0.8)
    assert found["shelfsight_objects_in_view", ("name", 'te"a\\')] == 1
    assert found["shelfsight_objects_in_view", ("name", "unknown jar")] == 1
    assert found["shelfsight_latency_seconds_bucket", ("le", "0.03")] == 0
    assert found["shelfsight_latency_seconds_bucket", ("le", "+Inf")] == 3
    assert 0.1 < found[("shelfsight_latency_seconds_sum",)] < 3
    of = (("name", "tea"), ("zone", "till"))
    stays = ("objects", 1.0), ("entered", 3.0), ("left", 2.0), ("dwell_seconds", 7.0)
    assert [found[("shelfsight_zone_" + key, *of)] for key, _ in stays] == [value for _, value in stays]
    passed = [
        ("shelfsight_line_passed", ("direction", way), ("line", "door"), ("name", "tea")) for way in ("in", "out")
    ]
    assert [found[key] for key in passed] == [4.0, 1.0]
    slot = (("product", "tea"), ("slot", "left"))
    assert found[("shelfsight_slot_state", *slot, ("state", "low"))] == 1.0
    assert found[("shelfsight_slot_facings", *slot)] == 1.0
    assert found[("shelfsight_slot_in_stock_ratio", *slot)] == 0.9


def test_latency_counts_new_live_frames_alone(sink):
    for observation in (shown(0), shown(0), shown(None), shown(1), shown(2, source_s=0.5)):
        sink.present(PICTURE, observation, FIGURES)
    assert samples(scraped(sink))[("shelfsight_latency_seconds_count",)] == 2


def test_offline_and_before_the_first_picture(sink):
    before = samples(scraped(sink))
    assert ("shelfsight_true_frames_per_second",) not in before
    assert any(name[0] == "shelfsight_build_info" for name in before)
    sink.present(PICTURE, shown(None), FIGURES)
    assert samples(scraped(sink))[("shelfsight_source_online",)] == 0


def test_sightings_are_counted_by_product_once_they_have_their_name(tmp_path):
    path = str(tmp_path / "h.sqlite")
    store = Store(path, "demo://")
    old = Sighting(1, "tea", "jar", 0.0, 1.0, 9, 0.5, (1, 2, 3, 4))
    store.write([old], None)
    with WebSink(port=0, history=path) as sink:
        sink.present(PICTURE, shown(0), FIGURES)
        assert ("shelfsight_sightings_total", ("product", "tea")) not in samples(scraped(sink))
        store.write([old._replace(track=track, product=None) for track in (2, 3, 4)], None)
        scraped(sink)
        store.write([old._replace(track=track) for track in (2, 3)], None)
        for _ in range(2):
            found = samples(scraped(sink))
            assert found["shelfsight_sightings_total", ("product", "tea")] == 2
            assert found["shelfsight_sightings_total", ("product", "unknown")] == 1
    store.close()


def test_it_wants_the_token():
    with WebSink(port=0, token="s3cret") as guarded:
        assert refused(guarded)[0] == 401
        assert "shelfsight_build_info" in scraped(guarded, "s3cret")


def test_without_the_package_it_says_so(sink, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    status, body = refused(sink)
    assert status == 501
    assert "pip install '.[metrics]'" in body


def test_prometheus_own_linter_takes_it(sink):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian package: prometheus)")
    sink.present(PICTURE, shown(0), after_two_frames()._replace(board=BOARD))
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=scraped(sink).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_buckets_are_cumulative():
    histogram = LatencyHistogram()
    for seconds in (0.001, LATENCY_BUCKETS_S[0], 0.02, 7.0):
        histogram.add(seconds)
    counted = histogram.counted()
    buckets = counted.cumulative()
    assert [count for _, count in buckets] == [2, 2, 3] + [3] * 8 + [4]
    assert buckets[-1][0] == "+Inf"
    assert counted.sum_s == pytest.approx(7.026)
