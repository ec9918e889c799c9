"""Where somebody is in front: the board under a slot does not look as it did, but for the light."""

from typing import Optional, Sequence

import cv2
import numpy as np

from runtime.shelf.layout import Slot

STRIP = 0.035
"""Height of the board under a slot that is looked at, in heights of the picture."""
GAP = 0.02
"""Between a slot and its strip: feet and shadows of what stands there are none of it."""
PIECES, ROWS = 8, 2
"""That a strip is looked at in: the edge of somebody covers one, and who has the board's colour has not its edges."""
BESIDE = 0.05
"""How far a strip goes beyond its slot on either side, in its widths."""
CHANGED = 14.0
"""Levels of one colour, after the light."""
LEARN = 0.03
"""How fast a strip is learnt anew, a look, while nobody is in front: light wanders."""
STILL_LOOKS = 200
"""A strip that has changed for so many, and shows no movement, is learnt anew where the slot's product is seen above
it: it is another price tag, not somebody."""


class Front:
    """Belongs to one thread. Learns how the boards should look from the first picture."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._strips: Optional[np.ndarray] = None
        """(N, PIECES * ROWS, 3) float32, as they should be."""
        self._before: Optional[np.ndarray] = None
        """As they were at the last look, in the light of then."""
        self._still = np.zeros(len(slots), np.int64)
        """For how many looks each has been another, and has not moved."""
        self._light = 1.0
        """As a share of that of the first picture."""
        self._is_below = np.array([[_is_below(slot, other) for other in slots] for slot in slots])
        """(N, N): people stand on the floor, so who is in front of a slot is in front of those below it."""
        self.covered = [False] * len(slots)

    def look(self, straight: np.ndarray, seen: Sequence[bool]) -> None:
        """A picture (H, W, 3) uint8 BGR, as it would be had nobody moved the camera.

        `seen`: of each slot, whether something of its product is seen there.
        """
        strips = np.stack([_strip(straight, slot) for slot in self._slots])
        if self._strips is None or self._before is None:
            self._strips = self._before = strips
            return
        self._light = self._light_on(strips)
        lit = strips / max(self._light, 0.05)
        changed = np.abs(strips - self._light * self._strips).max(axis=(1, 2))
        moving = np.abs(lit - self._before).max(axis=(1, 2)) > 0.6 * CHANGED
        self._before = lit
        self._still = np.where(moving | (changed <= CHANGED), 0, self._still + 1)
        is_other = (self._still >= STILL_LOOKS) & np.array(seen, bool)
        self._strips = np.where(is_other[:, None, None], lit, self._strips)
        calm = changed < 0.6 * CHANGED
        self._strips[calm] += LEARN * (lit[calm] - self._strips[calm])
        is_hidden = (changed > CHANGED) & ~is_other
        self.covered = (is_hidden | self._is_below[:, is_hidden].any(axis=1)).tolist()

    def _light_on(self, strips: np.ndarray) -> float:
        """What explains most strips best, since somebody may be in front of more than half of them."""
        was = self._strips
        assert was is not None
        ratios = np.append(self._light, strips.mean(axis=(1, 2)) / np.maximum(1.0, was.mean(axis=(1, 2))))
        changed = np.abs(strips - ratios[:, None, None, None] * was).max(axis=(2, 3))
        return float(ratios[np.minimum(changed, CHANGED).sum(axis=1).argmin()])


def _strip(straight: np.ndarray, slot: Slot) -> np.ndarray:
    """(PIECES * ROWS, 3) float32: mean colours of pieces of the board under it, and a little beside."""
    height, width = straight.shape[:2]
    left, _, right, bottom = slot.box
    beside = BESIDE * (right - left)
    top = min(height - 2, int((bottom + GAP) * height) + 1)
    end = min(height, max(top + 2, top + int(STRIP * height)))
    first, last = max(0, int((left - beside) * width)), min(width, int((right + beside) * width) + 1)
    return (
        cv2.resize(straight[top:end, first:last], (PIECES, ROWS), interpolation=cv2.INTER_AREA)
        .reshape(-1, 3)
        .astype(np.float32)
    )


def _is_below(slot: Slot, other: Slot) -> bool:
    """Whether `slot` is the lower of two, one above the other by half of the narrower one at least."""
    (left, _, right, bottom), (other_left, _, other_right, other_bottom) = slot.box, other.box
    shared = min(right, other_right) - max(left, other_left)
    return bottom > other_bottom and shared >= 0.5 * min(right - left, other_right - other_left)
