"""A table with both figures, the spread, and what was not run."""

import pytest

from training.study.definitions import STUDIES
from training.study.latency import Cost
from training.study.report import latency_table, plot, rank_correlation, report
from training.study.rows import Row

SETTINGS = {"crop_size": 64, "batch": 32}


def row(variant, seed, **more):
    return Row(
        "init", variant, seed, SETTINGS, 10, 1.0, 5.0, "random", 25, (900, 90), 0.5, 0.9, 0.6, 0.4, 700.0, **more
    )


def test_means_spread_conditions_and_what_is_missing():
    rows = [row("xavier", 0), row("xavier", 1)._replace(top1=0.6), row("kaiming", 0, error="out of memory")]
    left_out = {"imagenet": "no weights", "xavier, seed 2": "out of memory"}
    text = report("init", STUDIES["init"], rows, left_out)
    assert "| xavier | 2 | 55.0 ± 7.1 | 90.0 ± 0.0 | 60.0 ± 0.0 | 40.0 ± 0.0 | mAP 40.4 |" in text
    assert "| kaiming |" not in text
    assert "- not run: xavier, seed 2; kaiming, seed 0: out of memory" in text
    assert "- not run: imagenet: no weights" in text
    assert "900 regions of 25 products" in text
    assert STUDIES["init"].conditions in text


def test_nothing_was_run():
    assert "nothing was run" in report("init", STUDIES["init"], [], {})


def test_what_a_run_cost_stands_in_its_line():
    costly = row("xavier", 0)._replace(parameters=11_000_000, multiplications=350_000_000, ms={"onnxruntime": 2.0})
    text = report("init", STUDIES["init"], [costly], {})
    assert "| parameters, M | MACs, M | onnxruntime, ms a crop | started from |" in text
    assert "| 11.00 | 350.0 | 2.000 | random |" in text


def test_networks_are_in_the_order_of_their_time_and_macs_are_not():
    costs = {
        "mobilenetv2_100:64": Cost(2_000_000, 90_000_000, {"onnxruntime": 3.0}),
        "resnet18:64": Cost(11_000_000, 350_000_000, {"onnxruntime": 2.0}),
    }
    lines = latency_table(STUDIES["backbones"], [row("resnet18", 0), row("resnet18", 1)], costs).splitlines()
    assert lines[2] == "| resnet18:64 | 50.0 ± 0.0 | 2.000 | 350.0 | 11.00 |"
    assert lines[3] == "| mobilenetv2_100:64 | not run | 3.000 | 90.0 | 2.00 |"
    assert lines[-1] == "- rank correlation with the milliseconds on onnxruntime: MACs -1.00, parameters -1.00"


@pytest.mark.parametrize("study", ["backbones", "init"])
def test_a_plot(tmp_path, study):
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    name = STUDIES[study].variants[0].name
    rows = [row(name, seed)._replace(ms={"onnxruntime": 3.0}) for seed in (0, 1)]
    plot(STUDIES[study], rows, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 5000


def test_rank_correlation():
    assert rank_correlation([1, 2, 3, 10], [1, 4, 9, 100]) == 1
    assert abs(rank_correlation([1, 2, 3, 4], [2, 1, 4, 3]) - 0.6) < 1e-9
