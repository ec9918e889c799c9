"""The benchmark runs, and its figures hang on what is taught."""

import json

import pytest

from benchmarks.scoring.new_products import KINDS
from benchmarks.teaching import main
from runtime.scene.products import PRODUCTS
from runtime.scene.sprites import product_sprite

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


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_new_products_are_the_same_each_time_and_can_be_drawn(kind):
    products = KINDS[kind](20, 1)
    assert products == KINDS[kind](20, 1) != KINDS[kind](20, 2)
    assert len({product._replace(name="") for product in products}) == 20
    for product in products:
        assert 0.5 < product_sprite(product).fill <= 1


def test_new_bodies_are_none_of_the_bundles():
    assert not {product.body for product in KINDS["new"](40, 1)} & {product.body for product in PRODUCTS}
