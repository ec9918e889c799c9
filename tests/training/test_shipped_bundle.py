"""The bundles that are shipped: small enough, good enough, and their cards say what was measured."""

import json
import os

import pytest

from runtime.bundle import SHIPPED, Bundle
from runtime.scene.products import PRODUCTS, SHAPES
from training.measuring.card import accuracy_table

NAMES = ("demo", "groceries")


def read(name, file):
    with open(os.path.join(SHIPPED, name, file), encoding="utf-8") as opened:
        return opened.read()


def accuracy(name):
    return json.loads(read(name, "bundle.json"))["accuracy"]


def sizes_of(name):
    folder = os.path.join(SHIPPED, name)
    return {file: os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder)}


def test_the_demo_names_what_the_renderer_draws():
    bundle = Bundle.open("demo")
    assert bundle.products == [product.name for product in PRODUCTS]
    assert bundle.shapes == list(SHAPES)


def test_the_groceries_are_of_one_shape():
    bundle = Bundle.open("groceries")
    assert bundle.shapes == ["product"]
    assert len(bundle.products) == 25


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small(name):
    assert sum(sizes_of(name).values()) <= 15e6
    assert sizes_of(name)["parity.npz"] <= 1e6


def test_there_are_no_others_and_together_they_are_small():
    assert sorted(os.listdir(SHIPPED)) == list(NAMES)
    assert sum(sum(sizes_of(name).values()) for name in NAMES) <= 30e6


def test_the_demo_was_measured_to_be_good_enough():
    clean = accuracy("demo")["heldout at 320"]
    by_shape = clean["ap50_by_shape"].values()
    assert sum(by_shape) / len(by_shape) >= 0.95
    assert clean["top1"] >= 0.97
    assert clean["f1"] >= 0.93
    strangers = accuracy("demo")["heldout-unknown at 320"]
    assert strangers["unknown_rejected"] >= 0.90
    # Labels are drawn by Pillow since; on the scenes of now the classifier before this one lost 0.038, not 0.029.
    assert clean["known_lost"] <= 0.035


def test_the_groceries_were_measured_to_be_good_enough():
    at_160, at_224 = accuracy("groceries")["val at 160"], accuracy("groceries")["val at 224"]
    assert at_160["ap50"] >= 0.87
    assert at_224["ap50"] >= 0.90
    assert at_224["top1"] >= 0.877  # 0.882 before it could be taught other products, which may cost 0.005
    assert min(at_160["f1"], at_224["f1"]) >= 0.72


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_what_was_measured(name):
    assert accuracy_table(json.loads(read(name, "bundle.json"))) in read(name, "README.md")
