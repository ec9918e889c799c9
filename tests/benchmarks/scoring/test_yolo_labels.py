"""YOLO-format folders: names, labels, and everything that can be wrong with them."""

import numpy as np
import pytest

from benchmarks.scoring.yolo_labels import read_labelled_folder
from benchmarks.scoring.yolo_names import read_names
from runtime.errors import SourceError


@pytest.fixture
def folder(tmp_path):
    """Two pictures, which nobody opens, and one label file."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for name in ("img10.jpg", "img2.JPG"):
        (tmp_path / "images" / name).write_bytes(b"")
    (tmp_path / "labels" / "img10.txt").write_text("1 0.5 0.25 0.2 0.1\n\n0 0 0 1 1\n", encoding="utf-8")
    (tmp_path / "classes.txt").write_text("cup\nwine glass\n", encoding="utf-8")
    return tmp_path


def refused(folder):
    with pytest.raises(SourceError) as raised:
        read_labelled_folder(str(folder))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_pictures_in_the_order_of_a_folder_source_with_their_boxes(folder):
    read = read_labelled_folder(str(folder))
    assert read.names == ["cup", "wine glass"]
    assert [picture.path for picture in read.pictures] == [
        str(folder / "images" / name) for name in ("img2.JPG", "img10.jpg")
    ]
    assert read.images == str(folder / "images")
    none, two = read.pictures
    assert len(none.classes) == 0
    assert none.boxes_px(640, 480).shape == (0, 4)
    assert list(two.classes) == [1, 0]
    np.testing.assert_allclose(two.boxes_px(200, 100), [[80, 20, 120, 30], [-100, -50, 100, 50]])


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("1 0.5 0.5 0.2", "expected 'class centre-x centre-y width height'"),
        ("1 0.5 0.5 0.2 0.2 1.5", "the score 1.5 is not within 0 to 1"),
        ("1 0.5 0.5 0.2 0.2 0.9 1.5", "expected corners as shares"),
        ("1 0.1 0.1 0.2 0.2 0.3 nan", "expected shares of the picture"),
        ("1 0.1 0.1 0.2 0.2 0.1 0.1 0.7 nan", "expected shares of the picture"),
        ("cup 0.5 0.5 0.2 0.2", "expected 'class centre-x centre-y width height'"),
        ("0.5 0.5 0.5 0.2 0.2", "expected 'class centre-x centre-y width height'"),
        ("nan 0.5 0.5 0.2 0.2", "expected 'class centre-x centre-y width height'"),
        ("inf 0.5 0.5 0.2 0.2", "expected 'class centre-x centre-y width height'"),
        ("2 0.5 0.5 0.2 0.2", "class 2: expected 0 to 1"),
        ("-1 0.5 0.5 0.2 0.2", "class -1: expected 0 to 1"),
        ("1 320 240 64 48", "expected shares of the picture"),
        ("1 nan 0.5 0.2 0.2", "expected shares of the picture"),
        ("1 0.5 0.5 0 0.2", "expected shares of the picture"),
    ],
)
def test_a_line_that_is_no_label_is_named_by_file_and_line(folder, line, complaint):
    path = folder / "labels" / "img2.txt"
    path.write_text("1 0.5 0.5 0.2 0.2\n\n" + line + "\n", encoding="utf-8")
    message = refused(folder)
    assert message.startswith("{}:3: ".format(path))
    assert complaint in message


def test_a_label_file_that_is_no_text(folder):
    (folder / "labels" / "img2.txt").write_bytes(b"\xff\xd8\xff\xe0")
    assert "cannot read {}".format(folder / "labels" / "img2.txt") in refused(folder)


def test_no_labels_at_all(folder):
    (folder / "labels" / "img10.txt").unlink()
    assert "no labels in {} for the 2 images".format(folder / "labels") in refused(folder)


@pytest.mark.parametrize("missing", ["images", "labels"])
def test_a_folder_that_is_missing(folder, missing):
    (folder / missing).rename(folder / "elsewhere")
    assert "no folder {}".format(folder / missing) in refused(folder)


def test_no_such_folder(tmp_path):
    assert "no folder {}".format(tmp_path / "none") in refused(tmp_path / "none")


def test_no_images(folder):
    for path in (folder / "images").iterdir():
        path.unlink()
    assert "no images in" in refused(folder)


def test_no_names(folder):
    (folder / "classes.txt").unlink()
    assert "no class names in {}: expected classes.txt".format(folder) in refused(folder)


@pytest.mark.parametrize(
    "text",
    [
        "names: [cup, wine glass]",
        "path: .\nnames: ['cup', \"wine glass\"]  # two\nnc: 2",
        "nc: 2\nnames: [ 'cup',  # first\n  'wine glass' ]\ntrain: images",
        "names: {0: cup, 1: wine glass}",
        "names: {1: wine glass, 0: cup,}",
        "names:\n- cup\n- 'wine glass'\n",
        "names:  # all of them\n\n  # two\n  0: cup\n  1: wine glass  # tall\nnc: 2\n",
        "\ufeffnames:\r\n  - cup\r\n  - wine glass\r\n",
    ],
)
@pytest.mark.parametrize("file", ["data.yaml", "config.yaml"])
def test_names_as_people_write_them_in_yaml(tmp_path, file, text):
    (tmp_path / file).write_bytes(text.encode("utf-8"))
    assert read_names(str(tmp_path)) == ["cup", "wine glass"]


def test_quotes_and_hashes_in_names(tmp_path):
    (tmp_path / "data.yaml").write_text("names: ['rock''n''roll, loud', C#]\n", encoding="utf-8")
    assert read_names(str(tmp_path)) == ["rock'n'roll, loud", "C#"]
    (tmp_path / "data.yaml").write_text("names:\n  - C# # the language\n  - 'a # b' # quoted\n", encoding="utf-8")
    assert read_names(str(tmp_path)) == ["C#", "a # b"]


@pytest.mark.parametrize(
    "text, line",
    [
        ("names: cup, glass", 1),
        ("nc: 1\nnames: &all [cup]", 2),
        ("names: [cup, glass", 1),
        ("names: [cup,, glass]", 1),
        ("names: [[cup], glass]", 1),
        ('names: ["a\\tb"]', 1),
        ("names:\n  0: cup\n  one: glass", 3),
        ("names:\n  - cup\n  - |\n    glass", 3),
        ("names:\n  - *other", 2),
        ("names:\n  0: cup\n  2: glass", 1),
        ("names:\n  0: cup\n  0: glass", 1),
        ("names:\n  0: cup\n  - glass", 1),
    ],
)
def test_yaml_that_is_not_understood_is_refused_by_line(tmp_path, text, line):
    path = tmp_path / "data.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="^[^\n]*data.yaml:{}: [^\n]*$".format(line)):
        read_names(str(tmp_path))


@pytest.mark.parametrize(
    "file, text, complaint",
    [
        ("classes.txt", "", "no names"),
        ("classes.txt", "cup\n\nglass\n", "a name is empty"),
        ("classes.txt", "cup\nglass\ncup\n", "'cup' names two classes"),
        ("data.yaml", "nc: 2\ntrain: images\n", "no names: in"),
        ("data.yaml", "names: []\n", "no names"),
        ("data.yaml", "names:\nnc: 3\n", "no names"),
        ("data.yaml", "names: ['', cup]\n", "a name is empty"),
    ],
)
def test_names_that_do_not_serve(tmp_path, file, text, complaint):
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=complaint):
        read_names(str(tmp_path))
