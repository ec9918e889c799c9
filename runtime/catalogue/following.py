"""One object followed while it is turned in the hand: crops of it from the loop, the best and most different kept."""

from typing import List, NamedTuple, Optional

import numpy as np

from runtime.catalogue.photos import LEAST_SIDE_PX, bounded
from runtime.frame import Observation

FOLLOW_S = 6.0
EVERY_S = 0.12
"""Between two crops: 50 in all."""
LOST_S = 1.5
"""Without the object: longer than the tracker looks for it."""
LEAST_VIEWS, MOST_VIEWS = 5, 12
SHARP_SHARE = 0.5
"""Of the sharpest view's: what is less sharp is moved or out of focus, and goes while enough are left."""
SAME = 0.985
"""Cosine from which on a view tells nothing new."""


class Crop(NamedTuple):
    """Of the object that is followed."""

    image: np.ndarray
    """(H, W, 3) uint8 BGR, its own."""
    seconds: float
    """Since the following began."""


class View(NamedTuple):
    """A crop that stage 2 has looked at."""

    jpeg: bytes
    embedding: np.ndarray
    """(d,) float32 of length 1."""
    sharpness: float


class Following:
    """Belongs to the thread that presents."""

    def __init__(self, track: int, margin: float) -> None:
        """`margin`: how much of its size a box is widened by, in all, as stage 2 does."""
        self.track = track
        self.ended: Optional[str] = None
        """Why it is over: "done" or "lost"."""
        self._margin = margin
        self._first_s = self._seen_s = float("nan")
        self._taken_s = float("-inf")

    def crop(self, observation: Observation) -> Optional[Crop]:
        """A crop to keep of this frame, where it is time for one and the object is there."""
        now_s = observation.frame.captured_s
        if self._first_s != self._first_s:
            self._first_s = self._seen_s = now_s
        tracks = observation.track_ids.tolist()
        if now_s - self._first_s > FOLLOW_S:
            self.ended = "done"
        elif now_s - self._seen_s > LOST_S:
            self.ended = "lost"
        elif self.track in tracks:
            self._seen_s = now_s
            if now_s - self._taken_s >= EVERY_S:
                self._taken_s = now_s
                box = observation.detections.boxes_px[tracks.index(self.track)].tolist()
                return self._cut(observation.frame.image, box, now_s - self._first_s)
        return None

    def _cut(self, image: np.ndarray, box: List[float], seconds: float) -> Optional[Crop]:
        crop = crop_of(image, box, self._margin)
        return None if min(crop.shape[:2]) < LEAST_SIDE_PX else Crop(crop, seconds)


def crop_of(image: np.ndarray, box: List[float], margin: float) -> np.ndarray:
    """A copy of what is in `box` (x1, y1, x2, y2 in pixels), widened by `margin` of its size in all."""
    x1, y1, x2, y2 = box
    more_x, more_y = (x2 - x1) * margin / 2, (y2 - y1) * margin / 2
    left, top = max(0, int(x1 - more_x)), max(0, int(y1 - more_y))
    crop = image[top : max(top + 1, int(y2 + more_y + 1)), left : max(left + 1, int(x2 + more_x + 1))]
    return bounded(crop).copy()


def chosen_of(views: List[View]) -> List[View]:
    """5 to 12 of them: sharp ones, the most different first; fewer where there are no more."""
    sharpest = max((view.sharpness for view in views), default=0.0)
    sharp = [view for view in views if view.sharpness >= SHARP_SHARE * sharpest]
    if len(sharp) < LEAST_VIEWS:
        sharp = sorted(views, key=lambda view: -view.sharpness)[:LEAST_VIEWS]
    if not sharp:
        return []
    embeddings = np.array([view.embedding for view in sharp])
    order = [int((embeddings.dot(embeddings.mean(axis=0))).argmax())]
    likeness = embeddings.dot(embeddings[order[0]])
    while len(order) < min(MOST_VIEWS, len(sharp)):
        likeness[order] = 2.0
        farthest = int(likeness.argmin())
        if len(order) >= LEAST_VIEWS and likeness[farthest] > SAME:
            break
        order.append(farthest)
        likeness = np.maximum(likeness, embeddings.dot(embeddings[farthest]))
    return [sharp[number] for number in order]
