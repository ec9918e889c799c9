"""The table that gives products their shapes: read, and every mistake told by line."""

import pytest

from runtime.errors import UsageError
from training.data.shape_map import read_shape_map

NAMES = ["tea", "milk", "juice"]


def write(tmp_path, text):
    path = tmp_path / "map.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("heading", ["", "product,shape\n", "\ufeffProduct , Shape\n"])
def test_a_table_gives_each_product_its_shape(tmp_path, heading):
    path = write(tmp_path, heading + "tea,box\n\nmilk, carton \njuice,carton\n")
    assert read_shape_map(path, NAMES) == {"tea": "box", "milk": "carton", "juice": "carton"}


@pytest.mark.parametrize(
    "text, told",
    [
        ("tea,box\nmilk\n", "line 2: 'milk', expected product,shape"),
        ("tea,box\nmilk,\n", "line 2"),
        ("tea,box\nbeer,can\n", "line 2: no product 'beer'"),
        ("tea,box\ntea,can\n", "line 2: 'tea' is 'box' further up"),
        ("tea,box\n", "no shape to milk, juice"),
        ("", "no shape to tea"),
    ],
)
def test_a_wrong_table_is_one_plain_line(tmp_path, text, told):
    with pytest.raises(UsageError, match=told):
        read_shape_map(write(tmp_path, text), NAMES)


def test_no_table_and_no_text(tmp_path):
    with pytest.raises(UsageError, match="cannot read it as a table"):
        read_shape_map(tmp_path / "none.csv", NAMES)
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot read it as a table"):
        read_shape_map(tmp_path / "x.csv", NAMES)
