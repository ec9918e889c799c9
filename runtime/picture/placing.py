"""Where labels and the panel go, so that neither hides what it is about. Plain numbers: a frame has few boxes."""

from typing import Dict, List, Sequence, Tuple

Rect = Tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels; the second pair is outside."""

HOLD_FRAMES = 30
"""A panel that has just moved stays for so long, smaller if need be: one that hops after every box cannot be read."""


def overlaps(one: Rect, other: Rect) -> bool:
    """Whether they share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


PLACES = 6
"""Above, below and inside a box at its left; above and below at its right; inside at the bottom."""


def _corner(number: int, box: Rect, width: int, height: int) -> Tuple[int, int]:
    """(left, top) of a label of this size at one of the PLACES of `box`."""
    if number == 0:
        return box[0], box[1] - height
    if number == 1:
        return box[0], box[3]
    if number == 2:
        return box[0], box[1]
    if number == 3:
        return box[2] - width, box[1] - height
    if number == 4:
        return box[2] - width, box[3]
    return box[0], box[3] - height


class LabelPlaces:
    """A label stands above its box, else below, inside, or at the right end; where it was, while that is free."""

    def __init__(self) -> None:
        self._before: Dict[int, int] = {}
        """By track: which place it had, where that is not the first."""

    def place(
        self,
        boxes: Sequence[Rect],
        sizes: Sequence[Tuple[int, int]],
        tracks: Sequence[int],
        picture: Tuple[int, int],
    ) -> List[Rect]:
        """The rectangle of each label; `sizes` and `picture` are (width, height)."""
        placed: List[Rect] = []
        now: Dict[int, int] = {}
        for box, size, track in zip(boxes, sizes, tracks):
            first = self._before.get(track, 0)
            rect = _rect(first, box, size, picture)
            if not _is_free(rect, placed):
                for number in range(PLACES):
                    other = _rect(number, box, size, picture)
                    if _is_free(other, placed):
                        first, rect = number, other
                        break
            placed.append(rect)
            if first:
                now[track] = first
        self._before = now
        return placed


def _rect(number: int, box: Rect, size: Tuple[int, int], picture: Tuple[int, int]) -> Rect:
    """A place of `box`, moved inside the picture."""
    width, height = size
    left, top = _corner(number, box, width, height)
    if left > picture[0] - width:
        left = picture[0] - width
    if top > picture[1] - height:
        top = picture[1] - height
    if left < 0:
        left = 0
    if top < 0:
        top = 0
    return left, top, left + width, top + height


def _is_free(rect: Rect, placed: List[Rect]) -> bool:
    left, top, right, bottom = rect
    for x1, y1, x2, y2 in placed:  # noqa: SIM110 - all() of a generator takes twice as long
        if left < x2 and x1 < right and top < y2 and y1 < bottom:
            return False
    return True


class PanelPlace:
    """The corner of the panel: the one it has while no box is under it, else a free one, else it shrinks."""

    def __init__(self) -> None:
        self.corner = 0
        """0 top left, 1 top right, 2 bottom left, 3 bottom right."""
        self.is_small = False
        self._since_move = HOLD_FRAMES

    def choose(self, boxes: Sequence[Rect], size: Tuple[int, int], picture: Tuple[int, int]) -> None:
        """Settle the next frame's corner; both sizes are (width, height)."""
        self._since_move += 1
        if self._is_free(self.corner, boxes, size, picture):
            self.is_small = False
            return
        if self._since_move >= HOLD_FRAMES:
            for corner in range(4):
                if self._is_free(corner, boxes, size, picture):
                    self.corner, self.is_small, self._since_move = corner, False, 0
                    return
        self.is_small = True

    @staticmethod
    def position(corner: int, size: Tuple[int, int], picture: Tuple[int, int]) -> Tuple[int, int]:
        """(left, top) in that corner."""
        return (picture[0] - size[0] if corner % 2 else 0), (picture[1] - size[1] if corner > 1 else 0)

    def _is_free(self, corner: int, boxes: Sequence[Rect], size: Tuple[int, int], picture: Tuple[int, int]) -> bool:
        left, top = self.position(corner, size, picture)
        rect = (left, top, left + size[0], top + size[1])
        return not any(overlaps(rect, box) for box in boxes)
