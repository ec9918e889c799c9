"""The benchmark runs, and its figures hang on what is taught."""

import json

import pytest

from benchmarks.teaching import main, new_products

pytestmark = pytest.mark.timeout(120)


def test_more_views_and_a_plot(tmp_path):
    arguments = ["--products", "4", "--views", "1", "4", "--draws", "2", "--scenes", "1", "--seconds", "12"]
    assert main(arguments + ["--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "teaching.json").read_text())
    assert report["before"]["named"] == 0.0
    one, four = report["rows"]
    assert one["views"] == 1
    assert four["top1"]["mean"] >= one["top1"]["mean"] - 0.1
    assert four["top1"]["mean"] > 0.5
    assert report["before"]["own"] > 0.8


def test_new_products_are_of_no_list_and_the_same_each_time():
    assert new_products(5, 1) == new_products(5, 1) != new_products(5, 2)
