"""Slots from what stands there."""

from runtime.seen import Box, SeenObject
from runtime.shelf.layout import Layout
from runtime.shelf.teaching import layout_of

RES = (1000, 500)


def standing(product, left, foot, width=50, height=100):
    box = Box(left, foot - height, left + width, foot)
    return SeenObject(product or "box", product, "box", 0.9, 0.8, 1, box)


def test_rows_facings_and_names():
    layout = layout_of(
        [
            standing("milk", 400, 452),
            standing("tea", 100, 200),
            standing("tea", 160, 203),
            standing("milk", 230, 198),
            standing("tea", 600, 200),
            standing("tea", 100, 450, height=60),
            standing(None, 800, 200),
        ],
        RES,
    )
    assert [(slot.name, slot.product, slot.facings) for slot in layout.slots] == [
        ("tea", "tea", 2), ("milk", "milk", 1), ("tea (2)", "tea", 1), ("tea (3)", "tea", 1), ("milk (2)", "milk", 1),
    ]  # fmt: skip
    assert layout.aspect == 2.0


def test_slots_share_the_gap_and_do_not_overlap():
    layout = layout_of([standing("tea", 100, 200), standing("milk", 160, 200)], RES)
    tea, milk = (slot.box for slot in layout.slots)
    assert 0.15 <= tea[2] <= milk[0] <= 0.16
    assert tea[3] == 0.4
    assert tea[1] < 0.2


def test_nothing_is_no_slot():
    assert layout_of([], RES) == Layout((), 2.0)
