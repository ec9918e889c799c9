"""How the camera sees the shelf now against how it was taught: where each slot is, and whether somebody is in front."""

from typing import Optional, Sequence, Tuple

import cv2
import numpy as np

from runtime.shelf.alignment import Alignment
from runtime.shelf.front import Front
from runtime.shelf.layout import Layout, Slot
from runtime.shelf.reference import WIDTH_PX, grey_from_picture, grey_of, small_of

Box = Tuple[float, float, float, float]


class View:
    """Belongs to one thread. Learns how it should look from the layout's picture, or else from the first it sees."""

    def __init__(self, layout: Layout, alignment: Optional[Alignment] = None) -> None:
        """`alignment`: of a view of slots in the same shares, which goes on."""
        taught = None if layout.picture is None else grey_from_picture(layout.picture)
        self.alignment = alignment or Alignment(taught)
        self._front = Front(layout.slots)

    @property
    def is_off(self) -> bool:
        """The camera looks elsewhere, for a while."""
        return self.alignment.is_off

    def look(self, now_s: float, image: np.ndarray, seen: Sequence[bool]) -> bool:
        """One picture (H, W, 3) uint8 BGR; whether the camera is found to have moved.

        `seen`: of each slot, whether something of its product is seen there.
        """
        small = small_of(image)
        has_moved = self.alignment.look(now_s, grey_of(small))
        if not self.alignment.is_fitted:
            return False  # the boards are elsewhere, or behind somebody
        straight = cv2.warpAffine(
            small,
            self.alignment.matrix,
            small.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        self._front.look(straight, seen)
        return has_moved

    def covered(self, number: int) -> bool:
        """Whether somebody is in front of slot `number`, or of the whole camera."""
        return self._front.covered[number] or not self.alignment.is_fitted

    def box_px(self, slot: Slot, res: Tuple[int, int]) -> Box:
        """Where `slot` is now, in pixels of a picture of `res`."""
        scale = res[0] / WIDTH_PX
        height = WIDTH_PX * res[1] / res[0]
        left, top, right, bottom = slot.box
        corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]])
        corners[:, 0] *= WIDTH_PX
        corners[:, 1] *= height
        moved = corners.dot(self.alignment.matrix.T) * scale
        (x1, y1), (x2, y2) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
        return x1, y1, x2, y2
