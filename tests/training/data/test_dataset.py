"""Reading YOLO-format folders, and what is wrong with them."""

import cv2
import numpy as np
import pytest

from runtime.errors import SourceError
from training.data.dataset import open_data_set, read_picture, write_atomically
from training.stage1.shapes import ONE_CLASS, write_stage1_data


@pytest.fixture
def folder(tmp_path):
    """Two pictures of two products, in one group."""
    for name in ("images/a", "labels/a"):
        (tmp_path / name).mkdir(parents=True)
    for number in range(2):
        cv2.imwrite(str(tmp_path / "images/a/{}.png".format(number)), np.zeros((20, 40, 3), np.uint8))
        (tmp_path / "labels/a/{}.txt".format(number)).write_text("{} 0.5 0.5 0.25 0.5\n".format(number))
    (tmp_path / "classes.txt").write_text("tea\ncoffee\n")
    return tmp_path


def test_boxes_come_in_pixels(folder):
    data = open_data_set(folder)
    assert data.names == ["tea", "coffee"]
    assert data.shapes == {}
    np.testing.assert_allclose(data.pictures[0].boxes_px(40, 20), [[15, 5, 25, 15]])
    assert data.pictures[1].classes.tolist() == [1]


def test_a_picture_without_a_label_file_has_no_boxes(folder):
    (folder / "labels/a/1.txt").unlink()
    assert len(open_data_set(folder).pictures[1].classes) == 0


def test_shapes_stand_beside_the_names(folder):
    (folder / "shapes.txt").write_text("box\njar\n")
    assert open_data_set(folder).shapes == {"tea": "box", "coffee": "jar"}
    (folder / "shapes.txt").write_text("box\n")
    with pytest.raises(SourceError, match="1 lines for 2 classes"):
        open_data_set(folder)


def test_a_folder_without_labels_is_refused(folder):
    for label in (folder / "labels/a").iterdir():
        label.unlink()
    with pytest.raises(SourceError, match="none of the 2 pictures"):
        open_data_set(folder)


@pytest.mark.parametrize(
    "line, told",
    [
        ("0 0.5 0.5 0.25", "expected .class"),
        ("tea 0.5 0.5 0.25 0.5", "expected .class"),
        ("0 0.5 0.5 0 0.5", "expected"),
        ("0 nan 0.5 0.1 0.5", "expected"),
        ("7 0.5 0.5 0.25 0.5", "class 7"),
        ("-1 0.5 0.5 0.25 0.5", "class -1"),
        ("0 1.5 0.5 0.25 0.5", "0 to 1"),
    ],
)
def test_a_bad_label_is_named_by_file_and_line(folder, line, told):
    (folder / "labels/a/0.txt").write_text("0 0.5 0.5 0.25 0.5\n" + line + "\n")
    with pytest.raises(SourceError, match="0.txt:2: .*" + told):
        open_data_set(folder)


def test_what_is_missing_is_named(folder, tmp_path):
    with pytest.raises(SourceError, match="no folder .*b: .* holds a"):
        open_data_set(folder, ["b"])
    with pytest.raises(SourceError, match="images"):
        open_data_set(folder / "labels")
    (folder / "classes.txt").unlink()
    with pytest.raises(SourceError, match="names"):
        open_data_set(folder)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_an_unreadable_picture_is_named(tmp_path, content):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="x.jpg is no picture"):
        read_picture(str(path))


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "x"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_stage_1_gets_shapes_for_classes(folder, tmp_path):
    (folder / "shapes.txt").write_text("jar\nbox\n")
    stage1 = write_stage1_data(open_data_set(folder), [], tmp_path / "run", ("box", "jar"))
    assert stage1.shapes == ["box", "jar"]
    assert (tmp_path / "run/labels/a/0.txt").read_text() == "1 0.500000 0.500000 0.250000 0.500000\n"
    lists = [(tmp_path / "run" / name).read_text().split() for name in ("train.txt", "val.txt")]
    assert [len(paths) for paths in lists] == [1, 1]
    assert all((tmp_path / "run/images").resolve() == (folder / "images") for _ in lists)


def test_stage_1_has_one_class_where_no_shape_is_told(folder, tmp_path):
    assert write_stage1_data(open_data_set(folder), [], tmp_path / "run").shapes == [ONE_CLASS]
