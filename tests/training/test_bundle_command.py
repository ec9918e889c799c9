"""From a set to a bundle: what is called, with what, and what is not done twice. One real run where there is torch."""

import cv2
import numpy as np
import pytest

from runtime.bundle import Bundle
from training import bundle
from training.bundle import main


@pytest.fixture
def calls(monkeypatch):
    """Every part of the command, recorded instead of run."""
    made = []

    def record(name, result=None):
        return lambda *arguments: made.append((name, arguments)) or result

    monkeypatch.setattr(bundle, "require", lambda packages, device: None)
    monkeypatch.setattr(bundle, "make_start", record("start"))
    monkeypatch.setattr(bundle.detector, "train", record("detector", "weights/last.pt"))
    monkeypatch.setattr(bundle.detector, "is_finished", lambda last: last.exists() and last.read_bytes() == b"done")
    monkeypatch.setattr(bundle.classifier, "train", record("classifier"))
    monkeypatch.setattr(bundle.assemble, "put_together", record("assemble"))
    return made


def asked(calls, name):
    return next(arguments[0] for which, arguments in calls if which == name)


def test_both_stages_share_the_hours_and_the_bundle_comes_last(calls, tmp_path):
    assert main(["set", "--out", str(tmp_path / "b"), "--hours", "2", "--threads", "3"]) == 0
    assert [name for name, _ in calls] == ["start", "detector", "classifier", "assemble"]
    first, second, last = asked(calls, "detector"), asked(calls, "classifier"), asked(calls, "assemble")
    assert first["hours"] + second["hours"] == pytest.approx(2)
    assert (first["single_class"], first["resume"], second["resume"]) == (True, False, False)
    assert (first["threads"], second["threads"], last["threads"]) == (3, 3, 3)
    assert first["sizes"] == last["sizes"] == [160, 224, 320]
    assert last["out"] == str(tmp_path / "b")


def test_an_interrupted_training_goes_on(calls, tmp_path):
    for name in ("detector/weights", "classifier"):
        (tmp_path / "b-training" / name).mkdir(parents=True)
        (tmp_path / "b-training" / name / "last.pt").write_bytes(b"half")
    assert main(["set", "--out", str(tmp_path / "b"), "--shapes", "map.csv"]) == 0
    assert [name for name, _ in calls] == ["detector", "classifier", "assemble"]
    assert asked(calls, "detector")["resume"]
    assert asked(calls, "classifier")["resume"]
    assert str(asked(calls, "assemble")["shapes"]) == "map.csv"


def test_a_finished_stage_1_is_not_trained_again(calls, tmp_path):
    (tmp_path / "b-training/detector/weights").mkdir(parents=True)
    (tmp_path / "b-training/detector/weights/last.pt").write_bytes(b"done")
    assert main(["set", "--out", str(tmp_path / "b")]) == 0
    assert [name for name, _ in calls] == ["classifier", "assemble"]


@pytest.mark.parametrize("flags, told", [(["--hours", "0"], "--hours"), (["--sizes", "100"], "multiples of 32")])
def test_wrong_usage_is_one_plain_line(calls, tmp_path, capsys, flags, told):
    assert main(["set", "--out", str(tmp_path / "b"), *flags]) == 2
    assert told in capsys.readouterr().err
    assert calls == []


def test_a_bundle_is_not_overwritten(calls, tmp_path, capsys):
    assert main(["set", "--out", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")  # of Ultralytics, matplotlib and torch, not ours
def test_photos_become_a_bundle(tmp_path):
    pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")
    pytest.importorskip("timm", reason="needs timm, a training extra")
    from training.compose import main as compose

    (tmp_path / "photos").mkdir()
    for name, colour in {"tea": (40, 160, 40), "coffee": (40, 80, 140)}.items():
        photo = np.full((240, 200, 3), 235, np.uint8)
        cv2.rectangle(photo, (50, 40), (150, 200), colour, -1)
        cv2.putText(photo, name, (55, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
        cv2.imwrite(str(tmp_path / "photos" / f"{name}.png"), photo)
    assert compose([str(tmp_path / "photos"), "--out", str(tmp_path / "set"), "--images", "12", "--workers", "1"]) == 0
    flags = ["--out", str(tmp_path / "b"), "--hours", "0.004", "--sizes", "64", "--threads", "2"]
    assert main([str(tmp_path / "set"), *flags]) == 0
    made = Bundle.open(str(tmp_path / "b"))
    assert (made.shapes, made.products, made.size) == (["product"], ["coffee", "tea"], 64)
