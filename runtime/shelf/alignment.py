"""Where the camera looks now against how it looked when the shelf was taught: knocks are noticed by the picture's
features."""

from typing import NamedTuple, Optional

import cv2
import numpy as np

CHECK_S = 1.0
"""Between two looks for a knock: 4 ms each."""
FEATURES = 400
LEAST_FEATURES = 40
LEAST_MATCHES = 14
"""That agree on one movement."""
LEAST_HELD = 10
"""That still agree on the one that is held; a wrong one explains 7."""
LEAST_BEGUN = 32
"""That agree on a movement before it is known how many usually do: another shelf explains 30, the same one, half sold,
34."""
LEAST_MOVE = 0.006
"""Of the picture's width: less is trembling."""
MOST_SCALE = 1.15
DARK = 16.0
"""Mean level of a picture in which nothing can be seen: the light is off."""
OFF_S = 20.0
"""Without a movement that fits for so long, the camera looks elsewhere."""
NEAR_PX = 2.0
"""A feature is where a movement puts it."""
ALIKE = 60
"""Bits of 256 that two looks at one feature differ in at most."""
KEPT = 0.75
"""What explains this share of what was explained lately is where it was."""
LOST = 0.3
"""Below this share it may be far from there: a row of equal things that is filled or emptied looks much like one that
was shifted by a thing, but leaves what does not change where it was."""
AGAIN = 0.5
"""Another movement must explain this share of what was explained lately: less does whoever stands in front."""
FAR, MORE, MUCH_MORE = 0.03, 1.1, 1.5
"""So much more than the held one, too; much more where it is as far, in widths, as things stand apart."""
RISE, FALL = 0.2, 0.02
"""How fast what is explained lately goes up and down, a check: somebody in front is gone after some seconds."""


class _Features(NamedTuple):
    """Of one picture."""

    places: np.ndarray
    """(n, 2) float32, pixels."""
    descriptors: np.ndarray
    """(n, 32) uint8."""


class Alignment:
    """Belongs to one thread. Pictures are (H, W) uint8, always of one size."""

    def __init__(self, taught: Optional[np.ndarray] = None) -> None:
        """`taught`: how it should look; None: as in the first picture."""
        self._orb = cv2.ORB_create(FEATURES)  # type: ignore[attr-defined]
        self._both_ways = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
        self._nearest = cv2.BFMatcher(cv2.NORM_HAMMING)
        self._reference = None if taught is None else self._features(taught)
        self._checked_s = float("-inf")
        self._fitted_s: Optional[float] = None
        self._candidate: Optional[np.ndarray] = None
        self._usual = 0.0
        """How many features the held movement explains, lately; 0: nothing is known of that yet."""
        self.matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        """(2, 3), in pixels: from where things were taught to where they are now."""
        self.is_fitted = True
        """What is seen is where `matrix` says; else it may be in the slot beside."""
        self.is_off = False
        """Nothing in the picture is where it could be, for OFF_S."""

    def look(self, now_s: float, small: np.ndarray) -> bool:
        """Whether the camera is found to have moved: for the second time in a row another movement fits better."""
        if self._reference is None:
            self._reference, self._checked_s, self._fitted_s = self._features(small), now_s, now_s
            return False
        if self._fitted_s is None:
            self._fitted_s = now_s
        if now_s - self._checked_s < CHECK_S:
            return False
        self._checked_s = now_s
        found = self._movement(small)
        before, self._candidate = self._candidate, None
        self.is_fitted = found is not None
        if found is None:
            self.is_off = now_s - self._fitted_s >= OFF_S
            return False
        self._fitted_s, self.is_off = now_s, False
        if _apart_px(found, self.matrix, small) < LEAST_MOVE * small.shape[1]:
            return False
        if before is None or _apart_px(found, before, small) > LEAST_MOVE * small.shape[1]:
            self._candidate, self.is_fitted = found, False
            return False
        self.matrix, self._usual = found, 0.0
        return True

    def _features(self, small: np.ndarray) -> _Features:
        points, descriptors = self._orb.detectAndCompute(small, None)
        places = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
        return _Features(places, np.empty((0, 32), np.uint8) if descriptors is None else descriptors)

    def _movement(self, small: np.ndarray) -> Optional[np.ndarray]:
        """The one that explains this picture best, the held one where that does; None where none does."""
        if small.mean() < DARK:
            return None
        reference, now = self._reference, self._features(small)
        assert reference is not None
        if len(now.places) < LEAST_FEATURES or len(reference.places) < LEAST_FEATURES:
            return self.matrix  # too plain to tell: an empty shelf before a white wall is no camera that was moved
        held = self._explained(self.matrix, reference, now)
        if not self._usual:
            return self._first_movement(reference, now, held, small)
        self._usual += (held - self._usual) * (RISE if held > self._usual else FALL)
        if held < KEPT * self._usual:
            other = self._other(reference, now)
            if other is not None and self._is_better(other, held, self._explained(other, reference, now), small):
                return other
        return self.matrix if held >= LEAST_HELD else None

    def _first_movement(
        self, reference: _Features, now: _Features, held: int, small: np.ndarray
    ) -> Optional[np.ndarray]:
        """The one of two that explains more; None where neither explains LEAST_BEGUN."""
        other = self._other(reference, now)
        explained = 0 if other is None else self._explained(other, reference, now)
        if max(held, explained) < LEAST_BEGUN:
            return None
        self._usual = max(held, explained)
        return other if other is not None and self._is_better(other, held, explained, small) else self.matrix

    def _is_better(self, other: np.ndarray, held: int, explained: int, small: np.ndarray) -> bool:
        is_far = _apart_px(other, self.matrix, small) > FAR * small.shape[1]
        if is_far and held > LOST * self._usual:
            return False
        return explained > max(LEAST_MATCHES, AGAIN * self._usual, (MUCH_MORE if is_far else MORE) * held)

    def _other(self, reference: _Features, now: _Features) -> Optional[np.ndarray]:
        matches = self._both_ways.match(reference.descriptors, now.descriptors)
        if len(matches) < LEAST_MATCHES:
            return None
        start = reference.places[[match.queryIdx for match in matches]]
        end = now.places[[match.trainIdx for match in matches]]
        found, agree = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=2.0)
        if found is None or int(agree.sum()) < LEAST_MATCHES:
            return None
        scale = float(np.hypot(found[0, 0], found[1, 0]))
        return found if 1 / MOST_SCALE < scale < MOST_SCALE else None

    def _explained(self, matrix: np.ndarray, reference: _Features, now: _Features) -> int:
        """How many features of then are where `matrix` puts them, and look alike."""
        expected = (reference.places.dot(matrix[:, :2].T) + matrix[:, 2]).astype(np.float32)
        dx, dy = expected[:, :1] - now.places[:, 0], expected[:, 1:] - now.places[:, 1]  # (n, m) each
        near = (dx * dx + dy * dy < NEAR_PX * NEAR_PX).astype(np.uint8)
        matches = self._nearest.match(reference.descriptors, now.descriptors, near)
        return sum(match.distance <= ALIKE for match in matches)


def _apart_px(one: np.ndarray, other: np.ndarray, small: np.ndarray) -> float:
    """At the corner where they differ most."""
    height, width = small.shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    return float(np.abs(corners.dot((one - other).T)).max())
