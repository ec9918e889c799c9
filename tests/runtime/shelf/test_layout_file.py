"""Layouts in files: what is wrong is said in one line, what is right comes back as it was."""

import base64
import json

import cv2
import numpy as np
import pytest

from runtime.errors import SinkError, UsageError
from runtime.shelf.layout import Layout, Slot
from runtime.shelf.layout_file import check_products, json_from_layout, layout_from_json, read_layout, write_layout
from runtime.shelf.reference import grey_from_picture, picture_of

TEA = {"name": "tea", "product": "tea", "box": [0.1, 0.2, 0.3, 0.4], "facings": 2}
SMALL, BROKEN = (
    base64.b64encode(cv2.imencode(".png", np.zeros(size, np.uint8))[1].tobytes()[:60]).decode()
    for size in ((10, 20), (240, 320))
)
LAYOUT = Layout((Slot("tea", "tea", (0.1, 0.2, 0.3, 0.4), 2), Slot("milk", "milk", (0.4, 0.2, 0.5, 0.4))), 1.5)


def test_a_layout_comes_back_as_it_was(tmp_path):
    path = str(tmp_path / "shelf.json")
    write_layout(path, LAYOUT)
    assert read_layout(path) == LAYOUT
    assert layout_from_json(json_from_layout(LAYOUT)) == LAYOUT
    grey = np.full((240, 320), 90, np.uint8)
    write_layout(path, LAYOUT._replace(picture=picture_of(grey)))
    assert np.array_equal(grey_from_picture(read_layout(path).picture), grey)
    with pytest.raises(SinkError, match="cannot write"):
        write_layout(str(tmp_path / "none" / "shelf.json"), LAYOUT)


def test_a_table_of_rows_and_facings(tmp_path):
    path = tmp_path / "shelf.csv"
    path.write_text("\ufeffrow,product,facings\n1,tea,3\n1,milk,1\n2,tea,2\n", encoding="utf-8")
    slots = read_layout(str(path)).slots
    assert [(slot.name, slot.facings) for slot in slots] == [("tea", 3), ("milk", 1), ("tea (2)", 2)]
    assert [slot.box for slot in slots] == [(0, 0, 0.75, 0.46), (0.75, 0, 1, 0.46), (0, 0.5, 1, 0.96)]
    path.write_text("row,product,facings,left,top,right,bottom\n1,tea,1,0.1,0.2,0.3,0.4\n", encoding="utf-8")
    assert read_layout(str(path)).slots[0].box == (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("product,facings\ntea,1\n", "no column row"),
        ("row,product\n", "no slot in it"),
        ("row,product,facings\nx,tea,1\n", "line 2: row is 'x', expected 1 to 1000"),
        ("row,product,facings\n1,,1\n", "line 2: product '', expected a name"),
        ("row,product,facings\n1,tea,0\n", "line 2: facings is '0'"),
        ("row,product,facings,left,top,right,bottom\n1,tea,1,0.1,0.2,3,0.4\n", "outside the picture"),
        ("row,product,facings,left,top,right,bottom\n1,tea,1,0.1,,0.3,0.4\n", "line 2"),
        ("row,product\n" + "1,tea\n" * 10000, "401 slots: 400 at most"),
    ],
)
def test_a_table_that_is_wrong_is_one_line(tmp_path, text, said):
    path = tmp_path / "shelf.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_layout(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "expected a table with slots"),
        ({"slots": []}, "no slot in it"),
        ({"slots": [TEA, TEA]}, "the name 'tea' is taken twice"),
        ({"slots": [dict(TEA, box=[0.1, 0.2, 0.3])]}, "slot 'tea': box is a list of 3"),
        ({"slots": [dict(TEA, box=[0.3, 0.2, 0.1, 0.4])]}, "has no area"),
        ({"slots": [dict(TEA, box=[0.1, 0.2, 1.3, 0.4])]}, "outside the picture"),
        ({"slots": [dict(TEA, facings=0)]}, "facings 0, expected 1 to 100"),
        ({"slots": [dict(TEA, product="")]}, "slot 1: name 'tea', product ''"),
        ({"slots": [dict(TEA, name=str(n)) for n in range(10000)]}, "10000 slots: 400 at most"),
        ({"slots": [TEA], "aspect": "wide"}, "aspect is 'wide'"),
        ({"slots": [TEA], "picture": 7}, "picture is 7, no Base64: leave it out, or teach the shelf anew"),
        ({"slots": [TEA], "picture": "tea!"}, "picture is 'tea!'"),
        ({"slots": [TEA], "picture": "dGVh"}, "no PNG"),
        ({"slots": [TEA], "picture": SMALL}, "a picture of 20x10, expected a width of 320"),
        ({"slots": [TEA], "picture": BROKEN}, "a picture that is broken"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, content, said):
    path = tmp_path / "shelf.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_layout(str(path))
    assert said in str(caught.value)


def test_products_that_the_bundle_does_not_know():
    check_products(LAYOUT, ["tea", "milk"])
    with pytest.raises(UsageError, match=r"slot 'milk' is for 'milk', which the bundle does not know: 'milks'\?"):
        check_products(LAYOUT, ["tea", "milks"])
