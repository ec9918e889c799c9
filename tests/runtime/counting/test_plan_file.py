"""The file of zones and lines: what is wrong is said in one line, what is right comes back as it was."""

import json
import math

import pytest

from runtime.counting.plan import CENTRE, Line, Plan, Zone
from runtime.counting.plan_file import check_products, json_from_plan, plan_from_json, read_plan, write_plan
from runtime.errors import SinkError, UsageError

TILL = {"name": "till", "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.9]]}
DOOR = {"name": "door", "from": [0.5, 0.1], "to": [0.5, 0.9], "anchor": "centre", "products": ["tea"]}
PLAN = Plan(
    (Zone("till", ((0.1, 0.1), (0.5, 0.1), (0.5, 0.9))),),
    (Line("door", (0.5, 0.1), (0.5, 0.9), CENTRE, ("tea",)),),
    1.5,
)


def test_a_plan_comes_back_as_it_was(tmp_path):
    path = str(tmp_path / "zones.json")
    write_plan(path, PLAN)
    assert read_plan(path) == PLAN
    assert plan_from_json(json_from_plan(PLAN)) == PLAN
    assert sorted(tmp_path.iterdir()) == [tmp_path / "zones.json"]


WRONG = [
    ([], "expected a table with zones and lines"),
    ({}, "no zone and no line"),
    ({"zone": [TILL]}, "'zone' means nothing"),
    ({"zones": {}}, "zones is a table of 0, expected a list"),
    ({"zones": [TILL, TILL]}, "the name 'till' is taken twice"),
    ({"zones": [TILL], "lines": [dict(DOOR, name="till")]}, "the name 'till' is taken twice"),
    ({"zones": [dict(TILL, name="")]}, "zone 1: its name is '', expected a text"),
    ({"zones": [dict(TILL, name="a\x1b[2J")]}, "expected a text"),
    ({"zones": [dict(TILL, polygon=[[0, 0], [1, 1]])]}, "zone 'till': 2 corners, expected 3 to 64"),
    ({"zones": [dict(TILL, polygon=[[0, 0]] * 10000)]}, "10000 corners"),
    ({"zones": [dict(TILL, polygon=[[0, 0], [1, 1], [1, 0], [0, 1]])]}, "its sides 1 and 3 cross"),
    ({"zones": [dict(TILL, polygon=[[0, 0], [1, 1], [0.5, 0.5]])]}, "no area"),
    ({"zones": [dict(TILL, polygon=[[0, 0], [1.2, 1], [1, 0]])]}, "the point 1.2, 1 is outside the picture"),
    ({"zones": [dict(TILL, polygon=[[0, 0], [math.nan, 1], [1, 0]])]}, "outside the picture"),
    ({"zones": [dict(TILL, polygon=[[0, 0], "x", [1, 0]])]}, "a point is 'x', expected [x, y]"),
    ({"zones": [dict(TILL, anchor="head")]}, "anchor 'head', expected foot or centre"),
    ({"zones": [dict(TILL, products=[])]}, "products is a list of 0"),
    ({"zones": [dict(TILL, product="tea")]}, "'product' means nothing"),
    ({"zones": [7]}, "zone 1 is 7, expected a table"),
    ({"zones": [dict(TILL, name=str(n)) for n in range(10000)]}, "10000 zones: 64 at most"),
    ({"lines": [dict(DOOR, to=[0.5, 0.1])]}, "line 'door': its two ends are one"),
    ({"lines": [dict(DOOR, to=None)]}, "a point is None"),
    ({"lines": [DOOR], "aspect": 0}, "aspect is 0"),
]


@pytest.mark.parametrize(("content", "said"), WRONG)
def test_what_is_wrong_is_one_line(tmp_path, content, said):
    path = tmp_path / "zones.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_plan(str(path))
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100000, '{"zones": [' + "1," * 400000 + "1]}"])
def test_what_is_no_json_is_one_line(tmp_path, text):
    path = tmp_path / "zones.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="--zones"):
        read_plan(str(path))


def test_no_file_and_no_folder(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_plan(str(tmp_path / "none.json"))
    with pytest.raises(SinkError, match="cannot write"):
        write_plan(str(tmp_path / "none" / "zones.json"), PLAN)


def test_a_product_that_nothing_here_is_called():
    check_products(PLAN, ["tea"])
    with pytest.raises(UsageError, match=r"'door' looks for 'tea', which nothing here is called: 'teas'\?"):
        check_products(PLAN, ["teas", "milk"])
