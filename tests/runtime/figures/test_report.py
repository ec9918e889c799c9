"""The report file: whole or not there, valid JSON, told early where it cannot be written."""

import json

import pytest

from runtime.errors import SinkError
from runtime.figures.figures import Figures, Stages
from runtime.figures.report import check_report_path, figures_as_json, write_report

FIGURES = Figures(30.0, float("nan"), 24.876, None, float("inf"), Stages(detect=31.2345), 10, 8, 5, 2, "detect")


def test_figures_as_json():
    plain = figures_as_json(FIGURES)
    assert plain["true_fps"] == 24.88
    assert plain["camera_fps"] is None
    assert plain["latency_ms"] == {"p50": None, "p95": None}
    assert plain["stages_ms"]["detect"] == 31.23
    assert plain["frames"] == {"captured": 10, "presented": 8, "dropped": 2}
    assert plain["classify"] == {"asked": 5, "reused": 2}
    json.dumps(plain, allow_nan=False)


def test_it_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    check_report_path(str(path))
    write_report(str(path), {"a": 1})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_standard_output(capsys):
    check_report_path("-")
    write_report("-", {"a": 1})
    assert json.loads(capsys.readouterr().out) == {"a": 1}


@pytest.mark.parametrize("path, words", [("none/report.json", "no folder"), (".", "is a folder")])
def test_a_path_that_cannot_be_written_is_told_before_the_run(tmp_path, path, words):
    with pytest.raises(SinkError, match=words):
        check_report_path(str(tmp_path / path))


def test_a_failure_to_write_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(SinkError, match="No space left"):
        write_report(str(path), {"a": 1})
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
