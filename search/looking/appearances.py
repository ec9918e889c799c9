"""What is known so far of each thing that is being followed through a video, and the sightings that come of it."""

from __future__ import annotations

from typing import NamedTuple, Sequence

import cv2
import numpy as np

from runtime.frame import UNKNOWN
from runtime.history.sighting import Sighting
from runtime.recognition.votes import Votes
from runtime.seen import Box

LEAST_SAMPLES = 2
"""Of a sighting, and of answers that are certain of its name: what comes once is a flicker."""
MOST_ANSWERS = 8
"""About a name, after which what is not certain of it is not looked at more closely any more."""
CROP_PX = 192
"""Longer side of a kept crop."""
QUALITY = 85


class Answered(NamedTuple):
    """What stage 2 says of one thing now."""

    product: int
    similarity: float
    margin: float
    embedding: np.ndarray
    """(D,) float32 of length 1."""
    crop: np.ndarray
    """(h, w, 3) uint8 BGR, a view of the picture."""


class Appearance:
    """One thing while it is followed."""

    def __init__(self, shape: str, first_s: float, box: Box, answered: Answered) -> None:
        self.shape = shape
        self.first_s = self.last_s = first_s
        self.samples = 0
        self.score = 0.0
        """Stage 1's best, 0..1."""
        self.unasked = 0
        """Samples since stage 2 was asked."""
        self.votes = Votes(answered.product, answered.similarity, answered.margin)
        self._margins = {answered.product: [answered.margin]}
        """Of the answers so far, by what they said."""
        self._streak_s = first_s
        self._best = answered
        self._box = box
        self.asked_box = box
        self._keep()

    def _keep(self) -> None:
        self._best = self._best._replace(crop=self._best.crop.copy())  # a view would keep the whole picture

    def is_unsettled(self, certain: Sequence[float]) -> bool:
        """Whether it should be looked at again soon: also where it has a name that is not certain yet."""
        votes = self.votes
        if self.samples < LEAST_SAMPLES or votes.is_contested or votes.streak < LEAST_SAMPLES:
            return True
        answers = sum(map(len, self._margins.values()))
        return (
            votes.product != UNKNOWN
            and answers < MOST_ANSWERS
            and not self._is_certain(votes.product, certain[votes.product])
        )

    def seen(self, time_s: float, score: float) -> None:
        """It is in the picture of this time; `score`: stage 1's."""
        self.score = max(self.score, score)
        self.last_s = time_s
        self.samples += 1
        self.unasked += 1

    def add(self, time_s: float, box: Box, answered: Answered) -> Appearance | None:
        """Count one more answer. Another thing has taken its place where that is so: the rest of what was this one."""
        self.unasked, self.asked_box = 0, box
        before, votes = self.votes.product, self.votes
        if votes.streak and answered.product == before:
            self._streak_s = time_s
        votes.add(answered.product, answered.similarity, answered.margin)
        self._margins.setdefault(answered.product, []).append(answered.margin)
        is_settled = before != UNKNOWN and len(self._margins[before]) >= LEAST_SAMPLES
        if votes.product not in (before, UNKNOWN) and is_settled:
            return self._replaced(time_s, box, answered)
        is_better = answered.similarity > self._best.similarity or self._best.product != votes.product
        if answered.product == votes.product and is_better:
            self._best, self._box = answered, box
            self._keep()
        return None

    def _replaced(self, time_s: float, box: Box, answered: Answered) -> Appearance:
        """From the first of the answers in a row that told of another."""
        after = Appearance(self.shape, self._streak_s, box, answered)
        after.last_s, after.samples = time_s, LEAST_SAMPLES
        after.score = self.score
        after._margins = {answered.product: self._margins[answered.product][-LEAST_SAMPLES:]}
        self.last_s = self._streak_s
        return after

    def _is_certain(self, product: int, certain: float) -> bool:
        answers = sum(map(len, self._margins.values()))
        agreed = sum(margin >= certain for margin in self._margins.get(product, ()))
        return agreed >= LEAST_SAMPLES and 2 * agreed >= answers

    def sighting(self, track: int, products: list[str], sure: float, certain: Sequence[float]) -> Sighting | None:
        """None: it was a flicker.

        A name needs a score of stage 1 that is `sure` or more, and its product's margin of `certain` in
        LEAST_SAMPLES answers and in half of all.
        """
        if self.samples < LEAST_SAMPLES or self.last_s < self.first_s:
            return None
        product = self.votes.product
        is_named = product != UNKNOWN and self.score >= sure and self._is_certain(product, certain[product])
        best = self._best
        return Sighting(
            track,
            products[product] if is_named else None,
            self.shape,
            round(self.first_s, 3),
            round(self.last_s, 3),
            self.samples,
            round(best.similarity, 4),
            Box(*(round(value, 1) for value in self._box)),
            is_corrected=len([one for one in self._margins if one != UNKNOWN]) > 1,
            crop=_jpeg(best.crop),
            embedding=best.embedding.astype("<f2").tobytes(),
        )


def _jpeg(crop: np.ndarray) -> bytes:
    scale = CROP_PX / max(crop.shape[:2])
    if scale < 1:
        sides = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
        crop = cv2.resize(crop, sides, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
