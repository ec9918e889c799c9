"""A whole study with a tiny network: rows, table, going on, a budget that does not suffice, errors in a line."""

import cv2
import numpy as np
import pytest
from made_up_cifar import make_cifar

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")
pytest.importorskip("onnx", reason="needs onnx")

from training import studies  # noqa: E402
from training.stage2 import embedder  # noqa: E402
from training.study import latency  # noqa: E402
from training.study.definitions import STUDIES, Study, Variant  # noqa: E402
from training.study.rows import read_rows  # noqa: E402
from training.study.running import Outcome  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of torch's exporter and timm, not ours

TINY = Study(
    "Which start?",
    tuple(Variant(init, {"backbone": "test_efficientnet", "embedding": 16, "init": init}, "50.0")
          for init in ("xavier", "kaiming")),
    "top1",
    "made up",
)  # fmt: skip
COLOURS = ((40, 160, 40), (40, 80, 140), (230, 230, 230))


@pytest.fixture
def data(tmp_path):
    """Twelve noisy pictures of each of three plain products, a folder a product."""
    rng = np.random.RandomState(0)
    for number, colour in enumerate(COLOURS):
        folder = tmp_path / "data" / f"product-{number}"
        folder.mkdir(parents=True)
        for picture in range(12):
            image = np.clip(rng.normal(colour, 20, (40, 40, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"{picture}.png"), image)
    return tmp_path / "data"


@pytest.fixture
def in_this_process(monkeypatch):
    """Runs one after the other here; the list of those that were run."""
    ran = []

    def run_all(jobs, at_once, until_s=float("inf")):
        for job in jobs:
            ran.append(job)
            yield Outcome(job, job.function(*job.arguments), "")

    monkeypatch.setitem(STUDIES, "init", TINY)
    monkeypatch.setattr(latency, "ROUNDS", 2)
    monkeypatch.setattr(studies, "run_all", run_all)
    monkeypatch.setattr(studies, "LONGEST_EPOCHS", 1)
    return ran


def run(data, out, *more):
    return studies.main(["init", "--data", str(data), "--out", str(out), "--crop-size", "32", "--batch", "8", *more])


def test_rows_a_table_and_going_on(data, tmp_path, in_this_process, capsys):
    assert run(data, tmp_path / "out") == 0
    rows = read_rows(tmp_path / "out/rows.jsonl")
    assert {row.key for row in rows} == {("init", name, seed) for name in ("xavier", "kaiming") for seed in (0, 1)}
    assert all(0 <= row.top1 <= row.top5 == 1 and row.peak_mib > 50 and not row.error for row in rows)
    assert all(row.parameters > 100_000 < row.multiplications and row.ms["onnxruntime"] > 0 for row in rows)
    assert len({row.steps for row in rows}) == 1
    table = (tmp_path / "out/init.md").read_text()
    assert "| xavier | 2 |" in table
    assert "50.0" in table
    assert "made up" in table
    assert "onnxruntime, ms a crop" in table
    (tmp_path / "out/rows.jsonl").write_text("".join((tmp_path / "out/rows.jsonl").read_text().splitlines(True)[:3]))
    in_this_process.clear()
    assert run(data, tmp_path / "out") == 0
    assert [job.arguments[1].name for job in in_this_process] == [rows[3].variant]


def test_the_teacher_is_run_first_and_who_has_none_is_left_out(data, tmp_path, in_this_process, monkeypatch):
    pupil = Variant("pupil", {**TINY.variants[0].flags, "teacher": "teacher"})
    teacher = Variant("teacher", TINY.variants[1].flags)
    monkeypatch.setitem(STUDIES, "init", TINY._replace(variants=(pupil, teacher)))
    assert run(data, tmp_path / "out") == 0
    rows = read_rows(tmp_path / "out/rows.jsonl")
    assert [(row.variant, row.seed) for row in rows] == [("teacher", 0), ("teacher", 1), ("pupil", 0), ("pupil", 1)]
    assert [row.settings.get("teacher", "")[-17:] for row in rows[2:]] == ["teacher-0/last.pt", "teacher-1/last.pt"]
    monkeypatch.setattr(embedder, "_from_hub", lambda network, backbone: "random (no hub is asked in a test)")
    absent = Variant("teacher", {**teacher.flags, "init": "imagenet"})
    monkeypatch.setitem(STUDIES, "init", TINY._replace(variants=(pupil, absent, *TINY.variants[:1])))
    assert run(data, tmp_path / "other") == 0
    table = (tmp_path / "other/init.md").read_text()
    assert "- not run: teacher: no ImageNet weights" in table
    assert "- not run: pupil: teacher is not run" in table


def test_a_study_of_cifar(tmp_path, in_this_process, monkeypatch, capsys):
    flags = {**STUDIES["cifar-scratch"].variants[0].flags, "backbone": "test_efficientnet", "crop_size": 32}
    tiny = Variant("tiny", {**flags, "embedding": 16}, "57.14, 82.13")
    monkeypatch.setitem(STUDIES, "init", TINY._replace(variants=(tiny,), is_of_cifar=True))
    make_cifar(tmp_path / "data" / "cifar-100-python")
    assert run(tmp_path / "data", tmp_path / "out") == 0
    assert [row.regions for row in read_rows(tmp_path / "out/rows.jsonl")] == [(12, 6)] * 2
    assert "57.14, 82.13" in (tmp_path / "out/init.md").read_text()


def test_a_search_goes_on_from_its_rows(data, tmp_path, in_this_process, monkeypatch):
    pytest.importorskip("optuna", reason="needs optuna, a training extra")
    flags = TINY.variants[0].flags
    monkeypatch.setitem(STUDIES, "init", TINY._replace(variants=(Variant("usual", flags),), is_searched=True))
    monkeypatch.setattr(studies, "TRIALS", 2)
    proposed = studies.next_flags
    monkeypatch.setattr(studies, "next_flags", lambda rows: {**proposed(rows), **flags})
    monkeypatch.setattr(studies, "name_of", lambda found: f"lr {found['lr']}")
    assert run(data, tmp_path / "out") == 0
    lines = (tmp_path / "out/rows.jsonl").read_text().splitlines(True)
    assert len(lines) == 4
    (tmp_path / "out/rows.jsonl").write_text("".join(lines[:3]))
    in_this_process.clear()
    assert run(data, tmp_path / "out") == 0
    assert [(job.arguments[1].name, job.arguments[2]["seed"]) for job in in_this_process] == [
        (row.variant, row.seed) for row in read_rows(tmp_path / "out/rows.jsonl")[3:]
    ]
    assert "| lr 0.2 | 2 |" in (tmp_path / "out/init.md").read_text()


def test_what_is_wrong_is_one_line(data, tmp_path, capsys):
    assert run(data, tmp_path / "out", "--seeds", "1") != 0
    assert "--seeds" in capsys.readouterr().err.splitlines()[-1]
