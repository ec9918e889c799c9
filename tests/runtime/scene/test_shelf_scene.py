"""The drawn shelf: a pure function of its settings and the time, with a truth that is what is drawn."""

import numpy as np
import pytest

from runtime.errors import UsageError
from runtime.scene.shelf import ShelfScene, ShelfSettings
from runtime.scene.stock import EMPTY, FILLED, LOW, NOTHING, WRONG, Stock
from runtime.sources.demo import open_scene, parse_demo_uri

RES = (320, 240)


def test_the_same_time_is_the_same_picture():
    one, other = ShelfScene(ShelfSettings(seed=5), RES), ShelfScene(ShelfSettings(seed=5), RES)
    other.render(200.0)
    for time_s in (0.0, 33.3, 1000.0):
        assert np.array_equal(one.render(time_s).image, other.render(time_s).image)
    assert one.slots(500.0) == other.slots(500.0)


def test_all_that_may_happen_happens():
    stock = Stock(1, (0, 1, 2, 3), 2, 5.0)
    states = {stock.state(facings, slot) for t in range(0, 3000, 3) for slot, facings in enumerate(stock.at(t))}
    assert states == {FILLED, LOW, EMPTY, WRONG}
    assert {action.kind for action in stock.actions} == {"take", "put back", "put wrong", "restock", "person"}


def test_a_state_is_as_old_as_its_last_change():
    stock = Stock(2, (0, 1, 2, 3), 2, 5.0)
    for time_s in range(100, 600, 37):
        for slot in range(4):
            since_s, now = stock.since_s(slot, time_s), stock.state(stock.at(time_s)[slot], slot)
            assert stock.state(stock.at(time_s - since_s + 0.01)[slot], slot) == now
            if since_s < time_s:
                before = stock.at(time_s - since_s - 0.01)[slot]
                assert stock.state(before, slot) != now


def test_the_truth_has_what_stands_there():
    scene = ShelfScene(ShelfSettings(seed=4, pause_s=3600.0), RES)
    truth = scene.render(1.0).truth
    assert sorted(truth.products) == sorted(n for facings in scene.stock.at(1.0) for n in facings if n != NOTHING)
    for slot in scene.slots(1.0):
        assert slot.state == FILLED
        assert not slot.is_covered


def test_its_address():
    request = parse_demo_uri("demo://shelf?seed=7&rows=3&slots=2&facings=1&knocks=0&fps=5")
    assert request.scene == ShelfSettings(seed=7, rows=3, slots=2, facings=1, knocks=False)
    assert request.fps == 5
    assert isinstance(open_scene(request.scene, RES), ShelfScene)
    with pytest.raises(UsageError, match="knows no 'products'"):
        parse_demo_uri("demo://shelf?products=8")
    with pytest.raises(UsageError, match="takes no name or path but shelf"):
        parse_demo_uri("demo://table")
