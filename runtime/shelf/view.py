"""How the camera sees the shelf now against how it was taught: moved by a knock, and where somebody is in front."""

from typing import Optional, Sequence, Tuple

import cv2
import numpy as np

from runtime.shelf.layout import Slot

WIDTH_PX = 320
"""Pictures are looked at in this width."""
CHECK_S = 1.0
"""Between two looks for a knock: 3 ms each."""
FEATURES = 400
LEAST_FEATURES = 40
LEAST_MATCHES = 14
"""That agree on one movement."""
LEAST_MOVE = 0.006
"""Of the picture's width: less is trembling."""
MOST_SCALE = 1.15
OFF_S = 20.0
"""Without a movement that fits for so long, the camera looks elsewhere."""
STRIP = 0.035
"""Height of the board under a slot that shows whether somebody is in front, in heights of the picture."""
GAP = 0.02
"""Between a slot and its strip: feet and shadows of what stands there are none of it."""
PIECES = 8
"""That a strip is looked at in: the edge of somebody covers one of them."""
BESIDE = 0.05
"""How far a strip goes beyond its slot on either side, in its widths."""
CHANGED = 14.0
"""Levels of one colour, after the light."""
LEARN = 0.03
"""How fast a strip is learnt anew, a look, while nobody is in front: light wanders."""

Box = Tuple[float, float, float, float]


class View:
    """Belongs to one thread. Learns how it should look from the first picture, or from the one that it is given."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._orb = cv2.ORB_create(FEATURES)  # type: ignore[attr-defined]
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
        self._reference: Optional[Tuple[np.ndarray, np.ndarray]] = None
        self._strips: Optional[np.ndarray] = None
        self._covered = [False] * len(slots)
        self._checked_s = float("-inf")
        self._fitted_s: Optional[float] = None
        self._candidate: Optional[np.ndarray] = None
        self.matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        """(2, 3), in pixels of WIDTH_PX: from where things were taught to where they are now."""
        self._is_fitted = True
        self.is_off = False
        """Nothing in the picture is where it could be."""

    def look(self, now_s: float, image: np.ndarray) -> bool:
        """One picture (H, W, 3) uint8 BGR; whether the camera is found to have moved."""
        height = max(1, round(WIDTH_PX * image.shape[0] / image.shape[1]))
        coloured = cv2.resize(image, (WIDTH_PX, height), interpolation=cv2.INTER_AREA)
        small = cv2.cvtColor(coloured, cv2.COLOR_BGR2GRAY)
        if self._reference is None:
            self._learn(small)
        moved = False
        if now_s - self._checked_s >= CHECK_S:
            self._checked_s = now_s
            moved = self._check(now_s, small)
        self._look_at_strips(coloured)
        return moved

    def covered(self, number: int) -> bool:
        """Whether somebody is in front of slot `number`, or of the whole camera."""
        return self._covered[number] or not self._is_fitted

    def box_px(self, slot: Slot, res: Tuple[int, int]) -> Box:
        """Where `slot` is now, in pixels of a picture of `res`."""
        scale = res[0] / WIDTH_PX
        height = WIDTH_PX * res[1] / res[0]
        left, top, right, bottom = slot.box
        corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]])
        corners[:, 0] *= WIDTH_PX
        corners[:, 1] *= height
        moved = corners.dot(self.matrix.T) * scale
        (x1, y1), (x2, y2) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
        return x1, y1, x2, y2

    def _learn(self, small: np.ndarray) -> None:
        points, descriptors = self._orb.detectAndCompute(small, None)
        places = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
        self._reference = (places, descriptors if descriptors is not None else np.empty((0, 32), np.uint8))

    def _check(self, now_s: float, small: np.ndarray) -> bool:
        """Whether, for the second time in a row, another movement fits than the one that is held."""
        found = self._movement(small)
        if self._fitted_s is None:
            self._fitted_s = now_s
        self._is_fitted = found is not None
        if found is None:
            self._candidate = None
            self.is_off = now_s - self._fitted_s >= OFF_S
            return False
        self._fitted_s, self.is_off = now_s, False
        if self._apart(found, self.matrix, small) < LEAST_MOVE * WIDTH_PX:
            self._candidate = None
            return False
        self._is_fitted = False  # what is seen meanwhile may be in the slot beside
        before, self._candidate = self._candidate, found
        if before is None or self._apart(found, before, small) > LEAST_MOVE * WIDTH_PX:
            return False
        self.matrix, self._candidate, self._is_fitted = found, None, True
        return True

    def _movement(self, small: np.ndarray) -> Optional[np.ndarray]:
        assert self._reference is not None
        places, descriptors = self._reference
        points, now = self._orb.detectAndCompute(small, None)
        if now is None or len(now) < LEAST_FEATURES or len(descriptors) < LEAST_FEATURES:
            return self.matrix  # too plain to tell: an empty shelf before a white wall is no camera that was moved
        matches = self._matcher.match(descriptors, now)
        if len(matches) < LEAST_MATCHES:
            return None
        start = places[[match.queryIdx for match in matches]]
        end = np.array([points[match.trainIdx].pt for match in matches], np.float32)
        found, agree = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=2.0)
        if found is None or int(agree.sum()) < LEAST_MATCHES:
            return None
        scale = float(np.hypot(found[0, 0], found[1, 0]))
        return found if 1 / MOST_SCALE < scale < MOST_SCALE else None

    @staticmethod
    def _apart(one: np.ndarray, other: np.ndarray, small: np.ndarray) -> float:
        """In pixels, at the corner where they differ most."""
        height, width = small.shape
        corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
        return float(np.abs(corners.dot((one - other).T)).max())

    def _look_at_strips(self, coloured: np.ndarray) -> None:
        straight = cv2.warpAffine(
            coloured,
            self.matrix,
            coloured.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        strips = np.stack([self._strip(straight, slot) for slot in self._slots])
        if self._strips is None:
            self._strips = strips
            return
        was = self._strips
        light = float(np.median(strips.mean(axis=(1, 2)) / np.maximum(1.0, was.mean(axis=(1, 2)))))
        apart = np.abs(strips - light * was).max(axis=(1, 2))
        self._covered = (apart > CHANGED).tolist()
        calm = apart < 0.6 * CHANGED
        was[calm] += LEARN * (strips[calm] / max(light, 0.05) - was[calm])

    def _strip(self, straight: np.ndarray, slot: Slot) -> np.ndarray:
        """(PIECES, 3) float32: mean colours of pieces of the board under it, and a little beside."""
        height, width = straight.shape[:2]
        left, _, right, bottom = slot.box
        beside = BESIDE * (right - left)
        top = min(height - 2, int((bottom + GAP) * height) + 1)
        end = min(height, max(top + 2, top + int(STRIP * height)))
        first, last = max(0, int((left - beside) * width)), min(width, int((right + beside) * width) + 1)
        return cv2.resize(straight[top:end, first:last], (PIECES, 1), interpolation=cv2.INTER_AREA)[0].astype(
            np.float32
        )
