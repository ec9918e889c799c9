"""Photos of products in folders, taught and looked for."""

import json

import cv2
import numpy as np
import pytest

from benchmarks.teaching_photos import main
from runtime.scene.products import PRODUCTS
from runtime.scene.sprites import product_sprite


@pytest.fixture
def photos(tmp_path):
    """Two photos each of three of the demo's drawings, one to teach from and one to look for."""
    for product in PRODUCTS[:12:4]:
        picture = product_sprite(product).levels[1][..., :3]
        for folder, gain in (("shown", 1.0), ("test", 0.8)):
            (tmp_path / folder / product.name).mkdir(parents=True)
            cv2.imwrite(str(tmp_path / folder / product.name / "a.png"), (picture * gain).astype(np.uint8))
    return tmp_path


def test_what_was_taught_is_found_again(photos, capsys):
    arguments = [str(photos / "shown"), "--test", str(photos / "test"), "--bundle", "demo", "--views", "1"]
    assert main(arguments + ["--draws", "1", "--json", str(photos / "out.json")]) == 0
    assert "3 products, 3 photos to name" in capsys.readouterr().out
    assert json.loads((photos / "out.json").read_text())["rows"][0]["top1"]["mean"] == 1.0


@pytest.mark.parametrize("broken", ["empty", "not a picture", "other names"])
def test_what_is_no_set_of_photos_is_one_line(photos, capsys, broken):
    shown, test = photos / "shown", photos / "test"
    if broken == "empty":
        shown = photos / "nothing"
        shown.mkdir()
    elif broken == "not a picture":
        (next(shown.iterdir()) / "b.jpg").write_text("no")
    else:
        test = photos / "others"
        (test / "x").mkdir(parents=True)
        next((photos / "test").iterdir()).joinpath("a.png").rename(test / "x" / "a.png")
    assert main([str(shown), "--test", str(test), "--bundle", "demo", "--views", "1"]) == 1
    assert len([line for line in capsys.readouterr().err.splitlines() if line.startswith("shelfsight:")]) == 1
