"""What was named in this run: how often each product, when last, and what it looked like at its clearest."""

from typing import Dict, NamedTuple, Optional

import numpy as np

from runtime.catalogue.following import crop_of
from runtime.catalogue.photos import LEAST_SIDE_PX
from runtime.frame import Observation

CLEARER = 0.02
"""Cosine by which a crop must be surer than the one that is kept."""
MOST_TRACKS = 512
"""Whose names are remembered; those out of view go first."""


class Sighting(NamedTuple):
    """Of one product."""

    times: int
    """Tracks of it."""
    last_s: float
    """When it was last in view, on the monotonic clock."""
    similarity: float
    """Of the crop."""
    crop: Optional[np.ndarray]
    """(H, W, 3) uint8 BGR; None: it was too small so far."""


class Seen:
    """`see` is the presenting thread's; what is read is replaced as a whole."""

    def __init__(self, margin: float) -> None:
        """`margin`: how much of its size a box is widened by, in all."""
        self._margin = margin
        self._products: Dict[str, Sighting] = {}
        self._named: Dict[int, str] = {}
        """By track, the name that it was counted under."""

    def see(self, observation: Observation) -> None:
        """A new frame before anything is drawn on it. Costs a copy of a crop where one is clearer than all before."""
        names, products = observation.names, observation.words.products
        if names is None or products is None:
            return
        now_s = observation.frame.captured_s
        rows = zip(observation.track_ids.tolist(), names.products.tolist(), names.similarities.tolist())
        for row, (track, number, similarity) in enumerate(rows):
            if number < 0:
                continue
            name = products[number]
            one = self._products.get(name) or Sighting(0, now_s, -1.0, None)
            is_new = self._named.get(track) != name
            self._named[track] = name
            one = one._replace(times=one.times + is_new, last_s=now_s)
            if similarity > one.similarity + CLEARER:
                crop = crop_of(observation.frame.image, observation.detections.boxes_px[row].tolist(), self._margin)
                if min(crop.shape[:2]) >= LEAST_SIDE_PX:
                    one = one._replace(similarity=similarity, crop=crop)
            self._products[name] = one
        if len(self._named) > MOST_TRACKS:
            in_view = set(observation.track_ids.tolist())
            self._named = {track: name for track, name in self._named.items() if track in in_view}

    def products(self) -> Dict[str, Sighting]:
        """By name."""
        return dict(self._products)
