"""What happens at a drawn shelf: who takes, puts back, puts wrong, restocks and stands in front, in their order."""

from typing import List, NamedTuple, Tuple

import numpy as np

from runtime.scene.products import PRODUCTS

TAKE, PUT_BACK, PUT_WRONG, RESTOCK, PERSON = "take", "put back", "put wrong", "restock", "person"
NOTHING = -1
FILLED, LOW, EMPTY, WRONG = "filled", "low", "empty", "wrong"

Facings = Tuple[int, ...]
"""Of one slot, from left to right: index into PRODUCTS, or NOTHING."""


class Action(NamedTuple):
    """One visit to the shelf."""

    start_s: float
    seconds: float
    kind: str
    slot: int
    """NOTHING for a person."""
    facing: int
    product: int
    """What is moved."""
    place: float
    """Of a person, 0 left to 1 right."""

    @property
    def changes_s(self) -> float:
        """When the shelf is another: as the hand lets go, or takes."""
        return self.start_s + 0.5 * self.seconds


class Stock:
    """A pure function of its arguments; the list grows as far as it is asked for."""

    def __init__(self, seed: int, products: Tuple[int, ...], facings: int, pause_s: float) -> None:
        """`products`: what belongs into each slot; `pause_s`: mean time between two visits."""
        self.products = products
        self.full: Tuple[Facings, ...] = tuple((product,) * facings for product in products)
        self._rng = np.random.RandomState([seed, 77])
        self._pause_s = pause_s
        self.actions: List[Action] = []
        self._after: List[Tuple[Facings, ...]] = []
        self._free_s = 8.0
        """The shelf is full and nobody there, so that it can be learnt."""

    def until(self, time_s: float) -> int:
        """How many actions have begun by then."""
        while self._free_s <= time_s:
            self._add()
        count = len(self.actions)
        while count and self.actions[count - 1].start_s > time_s:
            count -= 1
        return count

    def at(self, time_s: float) -> Tuple[Facings, ...]:
        """What stands there."""
        count = self.until(time_s)
        if count and self.actions[count - 1].changes_s > time_s:
            count -= 1
        return self._after[count - 1] if count else self.full

    def since_s(self, slot: int, time_s: float) -> float:
        """How long ago the state of `slot` was another."""
        now = self.state(self.at(time_s)[slot], slot)
        for number in range(self.until(time_s) - 1, -1, -1):
            before = self._after[number - 1] if number else self.full
            if self.actions[number].changes_s <= time_s and self.state(before[slot], slot) != now:
                return time_s - self.actions[number].changes_s
        return time_s

    def state(self, facings: Facings, slot: int) -> str:
        """In one word."""
        right = self.products[slot]
        if any(product not in (NOTHING, right) for product in facings):
            return WRONG
        there = sum(product == right for product in facings)
        return EMPTY if not there else FILLED if there == len(facings) else LOW

    def _add(self) -> None:
        rng, now = self._rng, self._after[-1] if self._after else self.full
        start_s = self._free_s + rng.exponential(self._pause_s)
        slot = int(rng.randint(len(now)))
        facings = now[slot]
        there = [number for number, product in enumerate(facings) if product != NOTHING]
        gaps = [number for number, product in enumerate(facings) if product == NOTHING]
        kind = str(rng.choice([TAKE, PUT_BACK, PUT_WRONG, RESTOCK, PERSON], p=[0.5, 0.16, 0.06, 0.13, 0.15]))
        seconds, facing, product, after = float(rng.uniform(1.6, 3.2)), 0, NOTHING, facings
        place = float(rng.uniform(0.1, 0.9))
        if kind == PERSON:
            slot, seconds = NOTHING, float(rng.uniform(4.0, 25.0))
        elif kind == TAKE and there:
            facing = there[-1]
            product = facings[facing]
            after = _with(facings, facing, NOTHING)
        elif kind == PUT_BACK and gaps:
            facing, product = gaps[0], self.products[slot]
            after = _with(facings, facing, product)
        elif kind == PUT_WRONG and gaps:
            facing = gaps[0]
            product = int(rng.choice([one for one in range(len(PRODUCTS)) if one != self.products[slot]]))
            after = _with(facings, facing, product)
        else:
            kind, seconds, product, after = RESTOCK, float(rng.uniform(3.0, 6.0)), self.products[slot], self.full[slot]
        self.actions.append(Action(start_s, seconds, kind, slot, facing, product, place))
        self._after.append(now if slot == NOTHING else now[:slot] + (after,) + now[slot + 1 :])
        self._free_s = start_s + seconds


def _with(facings: Facings, number: int, product: int) -> Facings:
    return facings[:number] + (product,) + facings[number + 1 :]
