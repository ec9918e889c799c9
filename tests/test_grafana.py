"""The dashboard against a real Prometheus (Debian's) that scrapes a page: each panel's question has an answer."""

import json
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
from real_mosquitto import free_port

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")

from runtime.figures.board import BoardReading
from runtime.figures.figures import Figures, Stages
from runtime.figures.meter import Meter
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.history.store import Store
from runtime.sinks.web import WebSink

# attrs 22.2, the last for Python 3.6, which aiohttp imports
pytestmark = pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning")

BOARD = BoardReading((("CPU", 51.5),), (("VDD_IN", 6200.0),))
FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(detect=25.0), 120, 100, 77, 300, "detect", board=BOARD)
PICTURE = np.zeros((48, 64, 3), np.uint8)
CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: shelfsight
    authorization: {{credentials: s3cret}}
    static_configs: [{{targets: ["127.0.0.1:{}"]}}]
"""


def questions(root):
    """(panel, expression) of each, with Grafana's own variables filled in as it does."""
    dashboard = json.loads((root / "docs" / "grafana" / "shelfsight.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "5s")
            yield panel["title"], expression.replace("[1h]", "[5s]")


class Feeding:
    """A loop that presents, with something that goes in and out of view, is unknown, and a source that goes away."""

    def __init__(self, sink):
        self._sink, self._ended = sink, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        names = Names(np.array([0, UNKNOWN], np.int32), np.ones(2, np.float32), 2, 0)
        detections = Detections(np.zeros((2, 4), np.float32), np.ones(2, np.float32), np.zeros(2, np.int32))
        number, meter = 0, Meter(30.0, True)
        while not self._ended.wait(0.02):
            number += 1
            frame = Frame(PICTURE, None if number % 150 > 147 else number, time.monotonic() - 0.02)
            shown = Observation(frame, detections, np.array([1, 2 + number // 130]), names, Words(["jar"], ["tea"]))
            meter.record(frame, time.monotonic(), FIGURES.stages_ms)
            counted = meter.recent(time.monotonic()).stages_counted
            self._sink.present(
                PICTURE, shown, FIGURES._replace(captured=number, presented=number, stages_counted=counted)
            )

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


@pytest.mark.slow
def test_each_panel_has_something_to_draw(root, tmp_path):
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian package of the same name)")
    history = str(tmp_path / "h.sqlite")
    store = Store(history, "demo://")
    port = free_port()
    with WebSink(port=0, token="s3cret", history=history) as sink, Feeding(sink):
        target = urllib.parse.urlsplit(sink.url).port
        (tmp_path / "prometheus.yml").write_text(CONFIG.format(target))
        command = ["prometheus", "--config.file=" + str(tmp_path / "prometheus.yml"), "--log.level=error"]
        command += ["--storage.tsdb.path=" + str(tmp_path / "tsdb"), "--web.listen-address=127.0.0.1:{}".format(port)]
        prometheus = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            open_questions = list(questions(root))
            assert len(open_questions) >= 16
            deadline_s = time.monotonic() + 40
            while open_questions and time.monotonic() < deadline_s:
                open_questions = [each for each in open_questions if not answered(port, each[1])]
                time.sleep(0.3)
            assert open_questions == []
        finally:
            prometheus.terminate()
            prometheus.wait()
            store.close()


def answered(port, expression):
    """Whether there is a series to draw."""
    url = "http://127.0.0.1:{}/api/v1/query?{}".format(port, urllib.parse.urlencode({"query": expression}))
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(json.loads(answer.read().decode())["data"]["result"])
    except OSError:  # not up yet; or a question that it does not understand, which is then never answered
        return False
