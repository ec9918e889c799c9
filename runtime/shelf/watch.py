"""Looks at a shelf a few times a second, and says what has changed."""

from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.figures.shelf import ShelfNow, SlotNow
from runtime.seen import SeenObject
from runtime.shelf.layout import HIDDEN, WRONG, Layout, Slot
from runtime.shelf.slot_state import Look, SlotState
from runtime.shelf.view import Box, View

LOOK_S = 0.3
"""Between two looks: a state needs seconds anyway."""
SETTLES_S = 0.5
"""After somebody was in front, what is seen may still be in his hand."""


class Change(NamedTuple):
    """A slot is in another state."""

    time_s: float
    slot: str
    product: str
    before: str
    """The last that could be seen; hidden at the beginning."""
    after: str
    box_px: Box


class ShelfWatch:
    """For one thread. Times are seconds on one clock that does not go back."""

    def __init__(self, layout: Layout, before: Optional["ShelfWatch"] = None) -> None:
        """`before`: what watched the same shelf until now, by another layout in the same shares of the picture."""
        self.layout = layout
        self.view: View = View(layout, None if before is None else before.view.alignment)
        self.states = [SlotState(slot.facings) for slot in layout.slots]
        self.moved: int = 0 if before is None else before.moved
        """How often the camera was found to have been moved."""
        self._known = [HIDDEN] * len(layout.slots)
        """The last state of each that could be seen: what comes out from behind somebody as it was is no change."""
        self._free_s = [float("-inf")] * len(layout.slots)
        self._looked_s = float("-inf")
        self.boxes: List[Box] = []
        """Where each slot is now, in pixels of the last picture."""
        self.now_s = 0.0

    def update(self, now_s: float, image: np.ndarray, objects: Sequence[SeenObject]) -> List[Change]:
        """One frame, (H, W, 3) uint8 BGR as captured; what has changed by it."""
        if now_s - self._looked_s < LOOK_S:
            return []
        self._looked_s = self.now_s = now_s
        res = (image.shape[1], image.shape[0])
        if not self.boxes:
            self.boxes = self._boxes(res)
        looks = self._looks(objects, res[0])
        if self.view.look(now_s, image, [look.facings > 0 for look in looks]):
            self.moved += 1
            self.boxes = self._boxes(res)
            looks = self._looks(objects, res[0])
        changes = []
        for number, (slot, state) in enumerate(zip(self.layout.slots, self.states)):
            if self.view.is_off or self.view.covered(number):
                self._free_s[number] = now_s + SETTLES_S
            is_free = now_s >= self._free_s[number]
            has_changed = state.look(now_s, looks[number]) if is_free else state.cover(now_s)
            if has_changed and state.state not in (HIDDEN, self._known[number]):
                before, self._known[number] = self._known[number], state.state
                changes.append(Change(now_s, slot.name, slot.product, before, state.state, self.boxes[number]))
        return changes

    def _boxes(self, res: Tuple[int, int]) -> List[Box]:
        return [self.view.box_px(slot, res) for slot in self.layout.slots]

    def _looks(self, objects: Sequence[SeenObject], width: int) -> List[Look]:
        facings, unknown = [0] * len(self.boxes), [0] * len(self.boxes)
        others: List[List[str]] = [[] for _ in self.boxes]
        for one in objects:
            number = self._slot_of(one)
            if number is None:
                continue
            if one.product == self.layout.slots[number].product or one.similarity is None:
                facings[number] += 1  # without a name yet, it is taken for what belongs there
            elif one.product is not None:
                others[number].append(one.product)
            elif one.box.x1 > 1 and one.box.x2 < width - 1:  # what the picture's edge cuts off is hard to name
                unknown[number] += 1
        return [Look(*row) for row in zip(facings, map(tuple, others), unknown)]

    def _slot_of(self, one: SeenObject) -> Optional[int]:
        """The slot that it stands in: by its middle across, and its foot."""
        x, y = (one.box.x1 + one.box.x2) / 2, one.box.y2
        for number, (left, top, right, bottom) in enumerate(self.boxes):
            if left <= x <= right and top + 0.4 * (bottom - top) <= y <= bottom + 0.15 * (bottom - top):
                return number
        return None

    def cover(self, now_s: float) -> None:
        """The camera is away: after a while nobody knows."""
        for state in self.states:
            state.cover(now_s)

    def now(self) -> ShelfNow:
        """As it is by now."""
        rows = zip(self.layout.slots, self.states)
        return ShelfNow(tuple(self._slot_now(slot, state) for slot, state in rows), self.moved, self.view.is_off)

    def _slot_now(self, slot: Slot, state: SlotState) -> SlotNow:
        for_s = max(0.0, self.now_s - state.since_s)
        wrong = state.wrong if state.state == WRONG else None
        return SlotNow(
            slot.name,
            slot.product,
            state.state,
            for_s,
            state.facings,
            slot.facings,
            wrong,
            state.in_stock,
            slot.box,
        )
