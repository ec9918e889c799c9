"""The programs that measure memory and start-up, on small runs and on doctored figures."""

import json

import pytest

from benchmarks import memory, startup
from runtime.errors import ShelfsightError


def test_what_stays_flat_after_warming_up_does_not_grow():
    warming = [60.0 + min(n, 50) / 5 for n in range(200)]
    assert not memory.growth_of(warming, 30000)["grows"]
    assert memory.growth_of(warming, 30000)["growth_mib"] == 0


def test_a_slow_leak_is_found():
    leaking = [70.0 + n * 0.04 for n in range(200)]
    found = memory.growth_of(leaking, 30000)
    assert found["grows"]
    assert found["growth_mib"] == pytest.approx(0.04 * 114, abs=0.3)
    assert len(found["samples_mib"]) == 40


def test_the_resident_set_is_that_of_a_process():
    assert 10 < memory.rss_mib() < 5000
    with pytest.raises(ShelfsightError, match="process 99999999"):
        memory.rss_mib(99999999)


@pytest.mark.slow
def test_the_restless_pipeline_runs_with_the_page_watched():
    found = memory.growth(150, real=False)
    assert (found["frames"], found["networks"]) == (150, "planted")
    assert found["early_mib"] > 10


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_steady_part_looks_at_the_program_itself(tiny_folder):
    found = memory.steady(2.0, ["--source", "demo://", "--bundle", str(tiny_folder), "--engine", "onnx"])
    assert 20 < found["steady_mib"] <= found["peak_mib"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_start_is_parted_into_its_phases(tiny_folder, tmp_path, capsys):
    out = tmp_path / "startup.json"
    flags = ["--source", "demo://", "--sink", "none", "--bundle", str(tiny_folder), "--engine", "onnx"]
    assert startup.main(["--runs", "1", "--json", str(out)] + flags) == 0
    report = json.loads(out.read_text())
    assert tuple(report["phases_s"]) == startup.PHASES
    assert all(value > 0 for value in report["phases_s"].values())
    assert sum(report["phases_s"].values()) == pytest.approx(report["first_frame_s"], abs=0.01)
    assert report["commit"]
    assert report["flags"] == flags


@pytest.mark.slow
def test_a_program_that_does_not_start_is_one_line(capsys):
    assert startup.main(["--runs", "1", "--source", "nowhere.mp4", "--sink", "none"]) == 1
    assert "status 1: shelfsight: no such file: nowhere.mp4" in capsys.readouterr().err
