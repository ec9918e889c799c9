"""schemathesis, which makes up requests from the API's own description: no answer may be one that it does not have."""

import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytest.importorskip("schemathesis", reason="schemathesis needs a newer Python")

from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.sinks.web import WebSink

FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(detect=25.0), 120, 100, 77, 300, "detect")
PICTURE = np.zeros((48, 64, 3), np.uint8)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_made_up_requests(tmp_path):
    path = str(tmp_path / "h.sqlite")
    store = Store(path, "demo://")
    rows = [
        Sighting(n, ["tea", None][n % 2], "jar", n, n + 5.0, 9, 0.5, (1, 2, 3, 4), crop=b"\xff\xd8") for n in range(60)
    ]
    store.write(rows, time.time() - 100)
    store.close()
    detections = Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), np.zeros(1, np.int32))
    names = Names(np.zeros(1, np.int32), np.ones(1, np.float32), 1, 0)
    shown = Observation(Frame(PICTURE, 1, time.monotonic()), detections, np.arange(1), names, Words(["jar"], ["tea"]))
    with WebSink(port=0, history=path) as sink:
        sink.present(PICTURE, shown, FIGURES)
        command = [sys.executable, "-m", "schemathesis.cli", "run", sink.url + "api/v1/openapi.json"]
        # a stream has no end, and no picture comes here; cursors and times that do not fit are well-formed and refused
        command += ["--exclude-path", "/api/v1/events", "--exclude-path", "/api/v1/snapshot"]
        command += ["--exclude-checks", "positive_data_acceptance", "--max-examples", "30", "--seed", "1"]
        done = subprocess.run(command, cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180)
    assert done.returncode == 0, done.stdout.decode()[:6000]
    assert b"No issues found" in done.stdout, done.stdout.decode()[-1000:]
