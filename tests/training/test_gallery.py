"""A gallery from photos: prototypes, and what they name right."""

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")

from training.classifier import main as train
from training.gallery import main

COLOURS = {"tea": (40, 160, 40), "coffee": (40, 80, 140), "milk": (230, 230, 230)}
FLAGS = (
    "--backbone test_efficientnet --init kaiming --crop-size 32 --embedding 16 --batch 8 --steps 150 --seed 2".split()
)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A set of folders with train and val, and a training on it."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.RandomState(0)
    for split, count in (("train", 3), ("val", 2)):
        for name, colour in COLOURS.items():
            (folder / "set" / split / name).mkdir(parents=True)
            for number in range(count):
                image = np.clip(np.array(colour) + rng.normal(0, 12, (40, 40, 3)), 0, 255).astype(np.uint8)
                cv2.imwrite(str(folder / "set" / split / name / f"{number}.png"), image)
    flags = ["--data", str(folder / "set"), "--out", str(folder / "run"), "--optimizer", "adamw", "--lr", "0.3"]
    assert train(flags + FLAGS + ["--ema", "0.8", "--augment"]) == 0
    return folder


def run(photos, *flags):
    return main([str(photos / "set"), "--classifier", str(photos / "run/last.pt"), *flags])


def test_photos_become_prototypes_that_name_other_photos(photos, tmp_path, capsys):
    flags = ["--split", "train", "--shots", "1", "--views", "2", "--augment", "tilt"]
    assert run(photos, *flags, "--test", str(photos / "set/val"), "--out", str(tmp_path / "g")) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["photos"], result["products"], result["top1"]) == (3, 3, 1.0)
    with np.load(tmp_path / "g/gallery.npz") as arrays:
        assert arrays["prototypes"].shape == (3, 16)
        np.testing.assert_allclose(np.linalg.norm(arrays["prototypes"], axis=1), 1, rtol=1e-5)
    assert (tmp_path / "g/products.txt").read_text().split() == ["coffee", "milk", "tea"]


def test_what_is_not_known_is_left_out_and_told(photos, tmp_path, capsys):
    for name in ("tea", "beer"):
        (tmp_path / "test" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "test" / name / "0.png"), np.full((40, 40, 3), COLOURS["tea"], np.uint8))
    assert run(photos, "--split", "train", "--views", "0", "--test", str(tmp_path / "test")) == 0
    assert "1 photos of products that no photo was given of" in capsys.readouterr().out


@pytest.mark.parametrize(
    "flags, status, told", [(["--split", "x"], 1, "no split x"), (["--shots", "-1"], 2, "at least 0")]
)
def test_wrong_input_is_one_plain_line(photos, capsys, flags, status, told):
    assert run(photos, *flags) == status
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_strangers_alone_cannot_be_scored(photos, tmp_path, capsys):
    (tmp_path / "test/beer").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "test/beer/0.png"), np.zeros((9, 9, 3), np.uint8))
    assert run(photos, "--test", str(tmp_path / "test")) == 1
    assert "none of the test's names" in capsys.readouterr().err


def test_a_training_has_prototypes_of_its_own_and_a_backbone_has_none(photos, capsys):
    flags = ["--classifier", str(photos / "run/last.pt"), "--test", str(photos / "set/val")]
    assert main(flags) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["top1"] == 1.0
    assert main(["--backbone", "test_efficientnet"]) == 2
    assert "give PHOTOS" in capsys.readouterr().err


def test_whitened_photos_name_other_photos_but_make_no_gallery_file(photos, tmp_path, capsys):
    flags = ["--split", "train", "--views", "2", "--whiten", "0.3"]
    assert run(photos, *flags, "--test", str(photos / "set/val")) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["top1"] == 1.0
    assert run(photos, *flags, "--out", str(tmp_path / "g")) == 2
    assert run(photos, "--split", "train", "--whiten", "0") == 2
