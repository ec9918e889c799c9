"""A set named picture by picture: shares counted right, the rate of all of it, CIFAR's folder, a network alone."""

import json
import shutil

import cv2
import numpy as np
import pytest
from made_up_cifar import make_cifar, write_pickle

from benchmarks.classify_set import main
from runtime.bundle import Bundle
from runtime.scene.products import PRODUCTS
from runtime.scene.sprites import product_sprite


@pytest.fixture
def photos(tmp_path):
    """A photo of each of six of the demo's drawings."""
    for product in PRODUCTS[:24:4]:
        (tmp_path / "set" / product.name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "set" / product.name / "a.png"), product_sprite(product).levels[1][..., :3])
    return tmp_path / "set"


def run(folder, *flags):
    assert main([str(folder), "--engine", "onnx", "--json", str(folder.parent / "out.json")] + list(flags)) == 0
    return json.loads((folder.parent / "out.json").read_text())


def test_photos_in_folders(photos, capsys):
    (photos / "no product of ours").mkdir()
    shutil.copy(str(next(photos.glob("*/a.png"))), str(photos / "no product of ours" / "a.png"))
    report = run(photos, "--bundle", "demo")
    assert (report["pictures"], report["left_out"], report["top1"], report["top5"]) == (6, 1, 1.0, 1.0)
    assert report["true_rate"] == pytest.approx(6 / report["seconds"], rel=0.1)
    assert report["seconds"] * 1000 >= 6 * report["classify_ms"]["p50"] * 0.5
    assert "6 pictures, " in capsys.readouterr().out
    assert "processor" in report["machine"]


def test_wrong_names_are_counted(tmp_path, tiny_folder):
    folder = make_cifar(tmp_path / "cifar-100-python")
    assert run(folder, "--bundle", str(tiny_folder))["top1"] == 1.0
    grey_and_blue = np.full((4, 3072), 200, np.uint8)
    grey_and_blue[:3, :2048] = 0
    write_pickle(folder / "test", {"data": grey_and_blue, "fine_labels": [0, 0, 1, 2]})
    report = run(folder, "--bundle", str(tiny_folder))
    assert (report["pictures"], report["top5"]) == (4, 1.0)
    assert report["top1"] == 0.75  # grey is as likely to be anything: nothing is likelier than the right one


def test_a_network_alone_names_by_what_lies_beside_it(photos, tmp_path):
    demo = Bundle.open("demo")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(demo.classifier, str(alone / "classifier.onnx"))
    flags = ["--classifier", str(alone / "classifier.onnx"), "--limit", "3"]
    report = run(photos, *flags)
    assert (report["pictures"], report["products"], report["top1"]) == (3, 0, None)
    np.savez(str(alone / "gallery.npz"), prototypes=demo.gallery.prototypes, products=demo.gallery.products)
    (alone / "products.txt").write_text("".join(name + "\n" for name in demo.products))
    assert run(photos, *flags)["top1"] == 1.0
    (alone / "products.txt").write_text("one\n")
    assert main([str(photos)] + flags) == 1


@pytest.mark.parametrize(
    "flags, says",
    [
        (["--bundle", "groceries"], "expected the same names"),
        (["--classifier", "a.onnx", "--engine", "tensorrt"], "give --bundle"),
        (["--classifier", "a.onnx", "--engine", "onnx"], "no model at a.onnx"),
    ],
)
def test_what_is_wrong_is_one_line(photos, capsys, flags, says):
    assert main([str(photos)] + flags) != 0
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shelfsight:")]
    assert says in line
