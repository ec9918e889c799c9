"""The bundle that is shipped: small enough, good enough, and its card says what was measured."""

import json
import os

import pytest

from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.scene.products import PRODUCTS, SHAPES
from training.card import accuracy_table


@pytest.fixture(scope="module")
def description():
    with open(os.path.join(SHIPPED_BUNDLE, "bundle.json"), encoding="utf-8") as file:
        return json.load(file)


def test_it_opens_and_names_what_the_renderer_draws():
    bundle = Bundle.open(SHIPPED_BUNDLE)
    assert bundle.products == [product.name for product in PRODUCTS]
    assert bundle.shapes == list(SHAPES)


def test_it_is_small():
    sizes = {name: os.path.getsize(os.path.join(SHIPPED_BUNDLE, name)) for name in os.listdir(SHIPPED_BUNDLE)}
    assert sum(sizes.values()) <= 15e6
    assert sizes["parity.npz"] <= 1e6


def test_it_was_measured_to_be_good_enough(description):
    clean = description["accuracy"]["heldout at 320"]
    by_shape = clean["ap50_by_shape"].values()
    assert sum(by_shape) / len(by_shape) >= 0.95
    assert clean["top1"] >= 0.97
    assert clean["f1"] >= 0.93
    strangers = description["accuracy"]["heldout-unknown at 320"]
    assert strangers["unknown_rejected"] >= 0.90
    assert clean["known_lost"] <= 0.03


def test_the_card_says_what_was_measured(description):
    with open(os.path.join(SHIPPED_BUNDLE, "README.md"), encoding="utf-8") as file:
        assert accuracy_table(description) in file.read()
