""" "This is how it should look": slots from what stands there now."""

from typing import List, Sequence, Tuple

from runtime.seen import SeenObject
from runtime.shelf.layout import Layout, Slot, numbered

SAME_ROW = 0.4
"""Feet that are no further apart than this, in heights of the lower thing, stand on one board."""
NEXT_TO = 0.9
"""Things of one product with a gap of less than this, in widths or half heights, are facings of one slot."""
ROOM = 0.08
"""Above the tallest, in heights: what is put there may be a little taller."""


def layout_of(objects: Sequence[SeenObject], res: Tuple[int, int]) -> Layout:
    """Slots from left to right and from top to bottom; what has no product is left out."""
    width, height = res
    slots: List[Slot] = []
    for row in _rows([one for one in objects if one.product is not None]):
        groups: List[List[SeenObject]] = []
        for one in row:
            last = groups[-1][-1] if groups else None
            gap = NEXT_TO * max(one.box.x2 - one.box.x1, 0.5 * (one.box.y2 - one.box.y1))
            if last is not None and last.product == one.product and one.box.x1 - last.box.x2 < gap:
                groups[-1].append(one)
            else:
                groups.append([one])
        slots += [_slot(groups, number, width, height) for number in range(len(groups))]
    return Layout(tuple(numbered(slots)), width / height)


def _rows(objects: Sequence[SeenObject]) -> List[List[SeenObject]]:
    rows: List[List[SeenObject]] = []
    for one in sorted(objects, key=lambda one: one.box.y2):
        foot = rows[-1][-1].box.y2 if rows else 0.0
        if rows and one.box.y2 - foot < SAME_ROW * (one.box.y2 - one.box.y1):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: one.box.x1) for row in rows]


def _slot(groups: List[List[SeenObject]], number: int, width: int, height: int) -> Slot:
    """Half of the gap to each neighbour is its own."""
    group = groups[number]
    left, right = group[0].box.x1, max(one.box.x2 for one in group)
    top, bottom = min(one.box.y1 for one in group), max(one.box.y2 for one in group)
    reach = 0.25 * (right - left) / len(group)
    before = max((one.box.x2 for one in groups[number - 1]), default=0.0) if number else left - 2 * reach
    after = groups[number + 1][0].box.x1 if number + 1 < len(groups) else right + 2 * reach
    left, right = left - min(reach, max(0.0, (left - before) / 2)), right + min(reach, max(0.0, (after - right) / 2))
    top -= ROOM * (bottom - top)
    box = (max(0.0, left / width), max(0.0, top / height), min(1.0, right / width), min(1.0, bottom / height))
    product = str(group[0].product)
    return Slot(product, product, box, len(group))
