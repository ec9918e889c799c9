"""A bundle that knows what was taught on a device."""

import cv2
import numpy as np
import pytest
import tiny_bundle as tiny

from export.bundle import main
from runtime.bundle import Bundle
from runtime.catalogue.embedder import Embedder
from runtime.catalogue.schema import NOTHING
from runtime.catalogue.store import Catalogue, NewView
from runtime.products import main as products

COLOURS = {"plum": (200, 0, 200), "never mind": (0, 160, 160)}


@pytest.fixture
def catalogue(tmp_path, tiny_folder):
    path = str(tmp_path / "c.sqlite")
    opened, embedder = Catalogue(path), Embedder(Bundle.open(str(tiny_folder)))
    for name, kind in (("plum", "product"), ("never mind", NOTHING)):
        image = np.full((64, 64, 3), COLOURS[name], np.uint8)
        view = NewView(cv2.imencode(".jpg", image)[1].tobytes(), embedder.embed([image])[0])
        opened.teach(name, [view], embedder.network, "test", kind=kind)
    embedder.close()
    opened.close()
    return path


def test_it_names_what_was_taught(catalogue, tiny_folder, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["--from", str(tiny_folder), "--with-catalogue", catalogue, "--out", out]) == 0
    assert "{} products".format(len(tiny.PRODUCTS) + 1) in capsys.readouterr().out
    bundle = Bundle.open(out)
    assert bundle.products == tiny.PRODUCTS + ["plum"]
    embedder = Embedder(bundle)
    said = bundle.gallery.name(embedder.embed([np.full((64, 64, 3), COLOURS["plum"], np.uint8)]))
    embedder.close()
    assert [bundle.products[number] for number in said.products] == ["plum"]
    assert products(["--catalogue", catalogue, "--bundle", out, "list"]) == 0


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--with-catalogue", "x"], "--from BUNDLE"),
        ([], "missing"),
        (["--from", "demo", "--detector", "x"], "--from"),
        (["--from", "demo", "--with-catalogue", "/n.sqlite"], "no catalogue at /n.sqlite"),
    ],
)  # fmt: skip
def test_flags_that_make_no_sense(flags, words, tmp_path, capsys):
    assert main(flags + ["--out", str(tmp_path / "out")]) in (1, 2)
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
