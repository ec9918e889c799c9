"""Things followed from one sampled picture to the next, within one shot at a time."""

from __future__ import annotations

from typing import NamedTuple, Sequence

import numpy as np

from runtime.frame import Detections
from runtime.history.sighting import Sighting
from runtime.recognition.classifier import Classifier
from runtime.recognition.doubles import kept_of
from runtime.recognition.tracker import Tracker
from runtime.seen import Box
from search.looking.appearances import Answered, Appearance

GROWN = 1.3
"""As in recognition.naming: a box that changed by this factor shows something else of the thing."""
TRACKS_A_PIECE = 1_000_000
"""So that those of all pieces of a video are numbered apart."""


class FollowingPolicy(NamedTuple):
    """How often stage 2 is asked, how long what is lost is looked for, and what is sure enough to be named."""

    ask_every: int = 4
    """Samples."""
    max_missed: int = 2
    """Samples."""
    sure: float = 0.7
    """Stage 1's score that a thing must reach once to be named. Hair and printed stones pass stage 2 in pictures that
    no network was trained on, but stage 1 is never sure of them."""
    certain: Sequence[float] = ()
    """By product: the margin of stage 2, above the threshold and the next product, that two answers about a thing and
    half of all must have for its name. Of what only looks like a product, some views pass for it, but not as many, nor
    as clearly."""


class Following:
    """Of one piece."""

    def __init__(
        self, classifier: Classifier, shapes: list[str], products: list[str], policy: FollowingPolicy, piece: int
    ) -> None:
        self._classifier, self._shapes, self._products = classifier, shapes, products
        self._policy = policy
        self._next = piece * TRACKS_A_PIECE
        self._tracker = Tracker(max_missed=policy.max_missed)
        self._open: dict[int, Appearance] = {}
        self._sampled_s: float | None = None
        self.sightings: list[Sighting] = []

    @property
    def is_unsettled(self) -> bool:
        """Whether a picture should be looked at soon."""
        certain, now_s = self._policy.certain, self._sampled_s
        return any(one.last_s == now_s and one.is_unsettled(certain) for one in self._open.values())

    def cut(self, time_s: float) -> None:
        """A shot ended before `time_s`: what was in view is not any more."""
        for one in self._open.values():
            if one.last_s == self._sampled_s:
                one.last_s = time_s
        self._close_all()
        self._tracker = Tracker(max_missed=self._policy.max_missed)
        self._sampled_s = None

    def see(self, time_s: float, began_s: float, image: np.ndarray, found: Detections) -> None:
        """What stage 1 `found` in `image` at `time_s`; `began_s`: since when what is new may have been there."""
        tracks = self._tracker.update(found).tolist()
        boxes = [Box(*box) for box in found.boxes_px.tolist()]
        answers = self._ask(image, found.boxes_px, tracks, boxes)
        self._lose(time_s, set(tracks))
        for number in self._kept(tracks, boxes, answers):
            self._note(time_s, began_s, tracks[number], found, number, answers.get(number))
        self._sampled_s = time_s

    def _ask(self, image: np.ndarray, boxes_px: np.ndarray, tracks: list[int], boxes: list[Box]) -> dict[int, Answered]:
        due = [number for number, track in enumerate(tracks) if self._is_due(self._open.get(track), boxes[number])]
        if not due:
            return {}
        embeddings = self._classifier.embed(image, boxes_px[due])
        answer = self._classifier.gallery.name(embeddings)
        regions = self._classifier.regions(image, boxes_px[due])
        said = zip(answer.products.tolist(), answer.similarities.tolist(), answer.margins.tolist(), embeddings, regions)
        return {
            number: Answered(product, similarity, margin, embedding, image[y1:y2, x1:x2])
            for number, (product, similarity, margin, embedding, (x1, y1, x2, y2)) in zip(due, said)
        }

    def _is_due(self, known: Appearance | None, box: Box) -> bool:
        if known is None or known.is_unsettled(self._policy.certain) or known.unasked + 1 >= self._policy.ask_every:
            return True
        before = known.asked_box
        return any(
            max(now / max(then, 1.0), then / max(now, 1.0)) > GROWN
            for now, then in ((box.x2 - box.x1, before.x2 - before.x1), (box.y2 - box.y1, before.y2 - before.y1))
        )

    def _kept(self, tracks: list[int], boxes: list[Box], answers: dict[int, Answered]) -> list[int]:
        """All but the second of two boxes on one thing."""
        products = [
            answers[number].product if number in answers else self._open[track].votes.product
            for number, track in enumerate(tracks)
        ]
        return kept_of(boxes, products)

    def _note(
        self, time_s: float, began_s: float, track: int, found: Detections, number: int, answered: Answered | None
    ) -> None:
        box = Box(*found.boxes_px[number].tolist())
        known = self._open.get(track)
        if known is None:
            if answered is None:
                return
            known = self._open[track] = Appearance(self._shapes[found.shapes.item(number)], began_s, box, answered)
        elif answered is not None:
            after = known.add(time_s, box, answered)
            if after is not None:
                self._close(known)
                known = self._open[track] = after
        known.seen(time_s, found.scores.item(number))

    def _lose(self, time_s: float, tracks: set[int]) -> None:
        for track, one in list(self._open.items()):
            if track in tracks:
                continue
            if one.last_s == self._sampled_s:
                one.last_s += (time_s - one.last_s) / 2  # it left some time between the two
            elif self._sampled_s is not None and time_s - one.last_s > 5.0:
                self._close(self._open.pop(track))

    def _close(self, one: Appearance) -> None:
        sighting = one.sighting(self._next, self._products, self._policy.sure, self._policy.certain)
        if sighting is not None:
            self.sightings.append(sighting)
            self._next += 1

    def _close_all(self) -> None:
        for one in self._open.values():
            self._close(one)
        self._open.clear()

    def end(self, time_s: float) -> None:
        """The piece ends with the picture of `time_s`."""
        for one in self._open.values():
            if one.last_s == self._sampled_s:
                one.last_s = time_s
        self._close_all()
