"""A bundle is checked when it opens: everything that can be wrong with one is refused in a line that helps."""

import json
import shutil

import numpy as np
import pytest

from export.bundle import assemble_bundle, main, write_gallery
from runtime.bundle import FILES, Bundle, sha256_of
from runtime.errors import BundleError


@pytest.fixture
def folder(tiny_folder, tmp_path):
    shutil.copytree(str(tiny_folder), str(tmp_path / "copy"))
    return tmp_path / "copy"


def edit(folder, **changes):
    path = folder / "bundle.json"
    description = json.loads(path.read_text())
    for key, value in changes.items():
        description[key] = dict(description[key], **value) if isinstance(value, dict) else value
    path.write_text(json.dumps(description))


def replace_gallery(folder, **arrays):
    np.savez(str(folder / "gallery.npz"), **arrays)
    edit(folder, sha256={"gallery.npz": sha256_of(str(folder / "gallery.npz"))})


def refused(folder):
    with pytest.raises(BundleError) as error:
        Bundle.open(str(folder))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_good_one_opens(folder):
    bundle = Bundle.open(str(folder))
    assert (bundle.name, bundle.shapes, bundle.products) == ("tiny", ["square", "bar"], ["blue", "green", "red"])
    assert bundle.gallery.prototypes.dtype == np.float32
    assert bundle.size == 160


def test_what_is_usual_may_be_told_and_is_no_less_than_the_threshold(folder):
    assert Bundle.open(str(folder)).usual is None
    edit(folder, classifier={"threshold": 0.5, "usual": 0.8})
    assert Bundle.open(str(folder)).usual == 0.8
    edit(folder, classifier={"usual": 0.4})
    assert "classifier.usual is 0.4, expected a number from 0.5 to 1" in refused(folder)


def test_a_shipped_one_opens_by_its_name_unless_there_is_such_a_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    assert Bundle.open("demo").name == "demo"
    (tmp_path / "copy").rename(tmp_path / "demo")
    assert Bundle.open("demo").name == "tiny"


@pytest.mark.parametrize("name", ["nothing", "../bundles/demo", "demo/", ""])
def test_what_is_no_bundle_is_refused_with_the_names_of_those_there_are(name, tmp_path, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    assert "by name (demo" in refused(name)


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_refused_with_both_hashes(folder, name):
    expected = sha256_of(str(folder / name))
    with (folder / name).open("ab") as file:
        file.write(b"x")
    message = refused(folder)
    assert name in message
    assert expected[:12] in message
    assert sha256_of(str(folder / name))[:12] in message
    assert "export.bundle" in message


@pytest.mark.parametrize("name", FILES + ("bundle.json",))
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert name in refused(folder)


def test_no_folder(tmp_path):
    assert "no bundle at" in refused(tmp_path / "none")


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"format": 2}, "format 2"),
        ({"products": []}, "'products'"),
        ({"products": ["blue", "", "red"]}, "'products'"),
        ({"products": ["blue", "red", "red"]}, "red twice"),
        ({"products": ["blue", "green", "red", "black"]}, "without one: [3]"),
        ({"products": ["blue", "green"]}, "not named: [2]"),
        ({"shapes": "square"}, "'shapes'"),
        ({"detector": {"size": "160"}}, "detector.size"),
        ({"detector": {"min_score": True}}, "detector.min_score"),
        ({"classifier": {"threshold": None}}, "classifier.threshold"),
        ({"sha256": {"detector.onnx": None}}, "sha256.detector.onnx"),
    ],
)
def test_a_wrong_description_is_refused(folder, changes, words):
    edit(folder, **changes)
    assert words in refused(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\x01"])
def test_a_description_that_is_no_json_object(folder, text):
    (folder / "bundle.json").write_text(text)
    assert "bundle.json" in refused(folder)


def test_a_gallery_without_its_arrays(folder):
    replace_gallery(folder, other=np.zeros(3))
    assert "gallery.npz" in refused(folder)


def test_prototypes_that_are_not_of_length_1(folder):
    replace_gallery(folder, prototypes=2 * np.eye(3), products=np.arange(3))
    assert "lengths 2.000" in refused(folder)


def test_the_command_assembles_what_opens(folder, tmp_path, capsys):
    out = tmp_path / "new"
    arguments = ["--out", str(out), "--description", str(folder / "bundle.json")]
    for name in FILES:
        arguments += ["--" + name.split(".")[0], str(folder / name)]
    assert main(arguments) == 0
    assert Bundle.open(str(out)).products == ["blue", "green", "red"]
    assert main(arguments) == 1
    assert "exists" in capsys.readouterr().err
    assert main(arguments + ["--replace"]) == 0


def test_what_would_not_open_is_not_assembled(folder, tmp_path):
    write_gallery(str(folder / "gallery.npz"), np.eye(2), np.arange(2))
    description = json.loads((folder / "bundle.json").read_text())
    with pytest.raises(BundleError, match="without one"):
        assemble_bundle(str(tmp_path / "out"), {name: str(folder / name) for name in FILES}, description)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy"]
