"""The sweep: a tiny bundle on labelled pictures through real cells, and everything that can go wrong on the way."""

import csv
import json
import os
import signal
import subprocess
import sys

import cv2
import pytest
import tiny_bundle as tiny
from labelled_scenes import write_data

from benchmarks import fps_sweep
from benchmarks.sweep.child import Outcome, outcome_of, run_module
from benchmarks.sweep.pareto import plot
from benchmarks.sweep.plan import Cell, SweepFolder
from benchmarks.sweep.rows import best_of, checks_of, pareto_of, row_of
from benchmarks.sweep.writing import flags_text, markdown_of, write_csv
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import UsageError


def figures(true_fps=(23.9, 24.0, 23.8), ceiling=(71.0, 75.0, 70.0), f1=0.9, ap50=0.95, **more):
    """What a cell's process writes, as far as rows need it."""
    runs = [
        dict(
            true_fps=rate,
            camera_fps=24.0,
            latency_ms={"p50": 12.0, "p95": None},
            stages_ms={"detect": 5.0, "classify": 3.0},
            frames={"dropped": 1},
            classify={"asked": 30, "reused": 10},
            limited_by="nominal",
            engine="fake",
            bundle="tiny",
            **more,
        )
        for rate in true_fps
    ]
    unbound = [dict(run, true_fps=rate) for run, rate in zip(runs, ceiling)]
    return {"accuracy": {"ap50": ap50, "f1": f1, "precision": 0.9, "recall": 0.9}, "runs": runs, "ceiling": unbound}


def rows(*cells):
    """Rows of (cell, keyword arguments of `figures`)."""
    return [row_of(cell, figures(**kinds)) for cell, kinds in cells]


SLOW, FAST, WIDE = Cell("640x480", 320, 24.0), Cell("640x480", 320, 40.0), Cell("320x240", 160, 40.0)


def test_a_row_holds_medians_range_and_what_the_board_tells():
    board = {
        "temperatures_celsius": {"GPU": {"mean": 50.0, "max": 61.5}, "CPU": {"mean": 50.0, "max": 59.0}},
        "total_mw": {"mean": 4200.0},
        "rails_mw": "not available",
        "throttled": "",
    }
    (row,) = rows((SLOW, {"board": board}))
    assert (row["true_fps"], row["true_fps_min"], row["true_fps_max"]) == (23.9, 23.8, 24.0)
    assert (row["ceiling_fps"], row["ceiling_fps_min"], row["ceiling_fps_max"]) == (71.0, 70.0, 75.0)
    assert (row["model"], row["engine"]) == ("bundle tiny", "fake")
    assert (row["asked"], row["reused_share"], row["latency_p95_ms"], row["wait_ms"]) == (90, 0.25, None, None)
    assert (row["board.total_mw.mean"], row["hottest_celsius"]) == (4200.0, 61.5)
    assert not any("rails" in key or "throttled" in key for key in row)
    assert " hottest C | mW |" in markdown_of([row], {})
    assert "| 62 | 4200 |" in markdown_of([row], {})
    assert "mW" not in markdown_of(rows((SLOW, {})), {})


def test_the_checks_hold_on_honest_figures():
    checks = checks_of(rows((SLOW, {}), (FAST, {"true_fps": (33.0,)}), (WIDE, {"true_fps": (40.0,), "f1": 0.7})))
    assert [check.passes for check in checks] == [True, True]


@pytest.mark.parametrize("doctored", [{"f1": 0.91}, {"ap50": 0.9}])
def test_accuracy_that_moves_with_the_nominal_rate_is_found(doctored):
    changed, _ = checks_of(rows((SLOW, {}), (FAST, doctored)))
    assert not changed.passes
    assert "640x480 320" in changed.seen


def test_a_true_rate_above_the_nominal_one_is_found_in_any_run():
    _, above = checks_of(rows((SLOW, {"true_fps": (23.9, 24.0, 24.5)})))
    assert not above.passes
    assert "24.50 of 24" in above.seen
    assert checks_of(rows((Cell("640x480", 160, 0.0), {"true_fps": (90.0,)})))[1].passes, "0 is no limit"


def test_the_best_is_the_most_accurate_of_those_that_are_fast_enough_in_every_run():
    table = rows(
        (SLOW, {"true_fps": (19.5, 25.0, 25.0), "f1": 0.99}),
        (FAST, {"true_fps": (21.0, 22.0, 23.0), "f1": 0.95}),
        (WIDE, {"true_fps": (40.0, 40.0, 40.0), "f1": 0.90}),
    )
    assert best_of(table, 20.0)["nominal_fps"] == 40.0
    assert best_of(table, 20.0)["size"] == 320
    assert best_of(table, 30.0)["size"] == 160
    assert best_of(table, 60.0) is None
    assert best_of([], 20.0) is None
    assert [row["f1"] for row in pareto_of(table)] == [0.99, 0.90], "the third is slower and worse than the first"


def test_flags_are_read_back_as_they_were_meant(tmp_path):
    path = tmp_path / "best.flags"
    path.write_text(flags_text(SLOW, ["--bundle", "my bundle", "-v", "--threads", "2"], "best of 4"))
    settings = settings_from_arguments(["@" + str(path)])
    assert (settings.res, settings.size, settings.fps) == ((640, 480), 320, 24.0)
    assert (settings.bundle, settings.verbose, settings.threads) == ("my bundle", True, 2)


def test_csv_has_a_row_a_cell_and_names_failures(tmp_path):
    path = tmp_path / "sweep.csv"
    failures = [{"res": "320x240", "size": 160, "nominal_fps": 24.0, "failure": "crashed"}]
    write_csv(str(path), rows((SLOW, {}), (FAST, {})), failures)
    read = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["failure"] for row in read] == ["", "", "crashed"]
    assert read[1]["nominal_fps"] == "40.0"


def test_without_matplotlib_there_is_a_reason_instead_of_a_plot(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install matplotlib" in plot(str(tmp_path / "p.png"), rows((SLOW, {})), 20.0, "title")
    assert not (tmp_path / "p.png").exists()


def test_the_plot_needs_no_display(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib", reason="needs matplotlib, an extra")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert plot(str(tmp_path / "p.png"), rows((SLOW, {}), (FAST, {"f1": None})), 20.0, "title") is None
    assert (tmp_path / "p.png").stat().st_size > 1000
    same = rows(*[(Cell("640x480", size, 24.0), {}) for size in range(32, 320, 32)])
    assert plot(str(tmp_path / "q.png"), same, 20.0, "nine at one place") is None


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (0, None, Outcome(None)),
        (1, "shelfsight: no camera", Outcome("no camera")),
        (2, "shelfsight: no such flag", Outcome("no such flag", True)),
        (1, "KeyError: 3", Outcome("ended with status 1; it last said: KeyError: 3")),
        (-signal.SIGSEGV, None, Outcome("crashed (SIGSEGV); it last said: nothing")),
        (-signal.SIGKILL, "x", Outcome("killed by the system, most likely for want of memory")),
    ],
)
def test_how_a_cell_ended_in_one_line(status, said, expected):
    assert outcome_of(status, said) == expected


def test_a_cell_that_takes_too_long_is_ended(tmp_path):
    outcome = run_module("http.server", ["0", "--bind", "127.0.0.1"], str(tmp_path / "log"), 1.0)
    assert "not done after 1 s" in outcome.failure


def test_a_cell_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert run_module("benchmarks.sweep.cell", ["--help"], str(tmp_path / "log"), 30.0) == Outcome(None)


def test_figures_of_other_settings_are_not_mixed_in(tmp_path):
    folder = SweepFolder(str(tmp_path / "out"), {"seconds": 4.0, "machine": "a"}, False)
    SweepFolder(folder.path, {"seconds": 5.0, "machine": "a"}, False)  # nothing measured yet
    (tmp_path / "out" / "cells" / "x.json").write_text("{}")
    with pytest.raises(UsageError, match=r"other seconds \(seconds: 5.0\).*--fresh"):
        SweepFolder(folder.path, {"seconds": 4.0, "machine": "a"}, False)
    fresh = SweepFolder(folder.path, {"seconds": 4.0, "machine": "a"}, True)
    assert os.listdir(os.path.join(fresh.path, "cells")) == []


def test_half_a_cell_is_no_cell(tmp_path):
    folder = SweepFolder(str(tmp_path), {}, False)
    with open(folder.cell_path(SLOW), "w") as file:
        file.write('{"runs": [')
    assert folder.read(SLOW) is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--res", "640"], "WIDTHxHEIGHT"),
        (["--res", "640x480,"], "is no list"),
        (["--size", "160,161"], "multiple of 32"),
        (["--size", "small"], "is no list"),
        (["--fps", "24;40"], "is no list"),
        (["--fps", "-1"], "from 0 to 1000"),
        (["--repeats", "0"], "above 0"),
        (["--source", "0"], "a camera has no labels"),
        (["--source", "rtsp://x"], "a camera has no labels"),
        (["--source", "nowhere"], "no such file or folder"),
        (["--source", "demo://?moons=2"], "knows no 'moons'"),
        (["--seconds=3", "--frames", "9"], "--frames is not for a sweep"),
        (["--no-such-flag"], "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_one_line_before_anything_is_measured(capsys, tmp_path, arguments, complaint):
    status = fps_sweep.main(["--out", str(tmp_path / "out")] + arguments)
    error = capsys.readouterr().err
    assert status == (1 if "nowhere" in arguments else 2)
    assert complaint in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.fixture
def data(tmp_path):
    """Two pictures of three things; the bundle knows two of the names."""
    red, blue = (36, 36, tiny.SQUARE, tiny.RED), (100, 60, tiny.BAR, tiny.BLUE)
    names = ["red", "blue", "violet"]
    pictures = [("red", red, True), ("blue", blue, True)], [("red", red, True), ("violet", blue, False)]
    return write_data(tmp_path / "data", names, *pictures)


def sweep(data, tiny_folder, out, *more):
    """Run the command on fast little cells; its exit status."""
    arguments = ["--source", str(data), "--bundle", str(tiny_folder), "--out", str(out), "--engine", "onnx"]
    arguments += ["--res", "160x160", "--size", "160", "--fps", "30,50", "--seconds", "0.4", "--repeats", "2"]
    return fps_sweep.main(arguments + list(more))


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_whole_sweep_interrupted_and_taken_up_again(data, tiny_folder, tmp_path, capsys, monkeypatch):
    out, ran = tmp_path / "out", []

    def run(module, arguments, log_path, timeout_s):
        ran.append(os.path.basename(log_path))
        if len(ran) == 2:
            raise KeyboardInterrupt
        return run_module(module, arguments, log_path, timeout_s)

    monkeypatch.setattr(fps_sweep, "run_module", run)
    assert sweep(data, tiny_folder, out) == 1
    assert "the same command goes on" in capsys.readouterr().err
    status = sweep(data, tiny_folder, out, "--want-fps", "1")
    printed = capsys.readouterr()
    assert ran == ["160x160-160-30.log"] + ["160x160-160-50.log"] * 2, printed
    report = json.loads((out / "sweep.json").read_text())
    assert status == (0 if all(check["passes"] for check in report["checks"]) else 1), printed.out
    assert [(row["f1"], row["recall"], row["repeats"]) for row in report["cells"]] == [(1.0, 1.0, 2)] * 2
    assert [check["passes"] for check in report["checks"]][0], "the same frames, the same accuracy"
    assert report["machine"]["commit"]
    assert "best setting for >= 1 true FPS: --res 160x160 --size 160" in printed.out
    settings = settings_from_arguments(["@" + str(out / "best.flags")])
    assert (settings.res, settings.size, settings.bundle) == ((160, 160), 160, str(tiny_folder))
    assert len((out / "sweep.csv").read_text().splitlines()) == 3
    assert (out / "sweep.md").read_text().count("| 160x160 | 160 | 160x160 |") == 2
    assert all(row["ceiling_fps"] > 0 for row in report["cells"])
    card = json.loads((out / "card.json").read_text())
    assert (card["model"], card["settings"][0]["size"]) == ("bundle tiny", 160)
    assert cv2.imread(str(out / "card.png")).shape == (630, 1200, 3)


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_cell_that_crashes_is_named_and_left_out(data, tiny_folder, tmp_path, capsys, monkeypatch):
    def run(module, arguments, log_path, timeout_s):
        if "160x160-160-50" in log_path:
            return outcome_of(-signal.SIGSEGV, "loading")
        return run_module(module, arguments, log_path, timeout_s)

    monkeypatch.setattr(fps_sweep, "run_module", run)
    sweep(data, tiny_folder, tmp_path / "out", "--repeats", "1")
    assert "160x160-160-50: failed, crashed (SIGSEGV); it last said: loading" in capsys.readouterr().out
    report = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert len(report["cells"]) == 1
    assert list(report["failed"]) == ["160x160-160-50"]
    assert "crashed (SIGSEGV)" in (tmp_path / "out" / "sweep.csv").read_text()


@pytest.mark.slow
def test_names_that_the_models_do_not_know_end_the_sweep(data, tiny_folder, tmp_path, capsys):
    (data / "classes.txt").write_text("cat\ndog\nbird")
    assert sweep(data, tiny_folder, tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert "none of the labelled classes (cat, dog, bird) is one of the products of the bundle tiny (blue" in error


@pytest.mark.slow
def test_it_runs_as_a_script_from_anywhere(root, tmp_path):
    script = str(root / "benchmarks" / "fps_sweep.py")
    command = [sys.executable, script, "--size", "33"]
    done = subprocess.run(
        command, cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=50
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("shelfsight: argument --size: '33' is no network size")
