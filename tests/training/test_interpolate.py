"""python -m training.interpolate: a start that the trainer takes; what it cannot work on is one line."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")

import training.stage2.training  # noqa: E402 (bound before weights are made up)
from training import classifier, interpolate  # noqa: E402
from training.checkpoint import write_checkpoint  # noqa: E402
from training.stage2 import embedder  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of torch, not ours


@pytest.fixture
def photos(tmp_path):
    """A set of two products to name, and a folder of two others."""
    rng = np.random.RandomState(1)
    for folder, names in (("set/train", "ab"), ("set/val", "ab"), ("others", "cd")):
        for name in names:
            (tmp_path / folder / name).mkdir(parents=True)
            for number in range(3):
                picture = rng.randint(0, 255, (40, 40, 3)).astype(np.uint8)
                cv2.imwrite(str(tmp_path / folder / name / f"{number}.png"), picture)
    return tmp_path


@pytest.fixture
def tuned(tmp_path):
    network, _ = embedder.make_embedder("tf_efficientnet_lite0", 16, "kaiming")
    write_checkpoint(tmp_path / "tuned.pt", {"kind": "classifier", "embedder": network.state_dict(), "origin": "here"})
    return tmp_path / "tuned.pt"


@pytest.fixture
def weights_at_hand(monkeypatch):
    """As if ImageNet's were installed: no test reaches a hub."""
    pretend(monkeypatch, "ImageNet (here)")


def pretend(monkeypatch, origin):
    make = embedder.make_embedder
    monkeypatch.setattr(embedder, "make_embedder", lambda *given: (make(*given[:2], "kaiming")[0], origin))


def run(photos, tuned, *more):
    asked = ["--data", str(photos / "set"), "--also-photos", str(photos / "others"), "--crop-size", "32"]
    return interpolate.main([str(tuned), *asked, "--out", str(photos / "start.pt"), *more])


def test_the_trainer_starts_from_it_with_a_head_of_means(photos, tuned, weights_at_hand, capsys):
    assert run(photos, tuned) == 0
    assert "0.5 of tuned.pt, the rest ImageNet (here); whitened on 12 regions" in capsys.readouterr().out
    arguments = ["--data", str(photos / "set"), "--also-photos", str(photos / "others"), "--out", str(photos / "run")]
    arguments += [
        "--start",
        str(photos / "start.pt"),
        "--imprint",
        "--init",
        "kaiming",
        "--embedding",
        "16",
        "--crop-size",
        "32",
    ]
    assert classifier.main([*arguments, "--steps", "1", "--batch", "4"]) == 0
    assert "12 regions of 2 products and 2 others" in capsys.readouterr().out


def test_without_weights_of_imagenet_it_says_so(photos, tuned, monkeypatch, capsys):
    pretend(monkeypatch, "random (kaiming)")
    assert run(photos, tuned) == 1
    assert "no weights of ImageNet to be had" in capsys.readouterr().err


def test_between_two_trainings_the_gallery_stays(photos, tuned, capsys):
    arguments = ["--data", str(photos / "set"), "--out", str(photos / "run"), "--init", "kaiming", "--embedding", "16"]
    assert classifier.main([*arguments, "--crop-size", "32", "--steps", "1", "--batch", "4"]) == 0
    finished, mixed = photos / "run/last.pt", photos / "mixed.pt"
    assert interpolate.main([str(finished), "--origin", str(tuned), "--share", "0.7", "--out", str(mixed)]) == 0
    before, after = (training.stage2.training.load_training(path) for path in (finished, mixed))
    assert after.products == ["a", "b"]
    np.testing.assert_array_equal(after.prototypes(), before.prototypes())
    weights = [each.embedder.backbone.conv_head.weight.abs().sum() for each in (before, after)]
    assert weights[0] != weights[1]


def test_a_start_has_no_gallery_to_keep(photos, tuned, capsys):
    assert interpolate.main([str(tuned), "--origin", str(tuned), "--out", str(photos / "mixed.pt")]) == 1
    assert "has no gallery: give a finished training first" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", (("--share", "2"), ("--whiten", "0"), ("--crop-size", "8")))
def test_shares_out_of_range_are_one_line(photos, tuned, wrong, capsys):
    assert run(photos, tuned, *wrong) == 2
    assert "lie in 0..1" in capsys.readouterr().err


def test_imprint_without_a_start_is_refused(photos, capsys):
    arguments = ["--data", str(photos / "set"), "--out", str(photos / "run"), "--imprint"]
    assert classifier.main(arguments) == 2
    assert "--imprint" in capsys.readouterr().err
