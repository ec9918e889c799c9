"""Which candidates stage 2 looks at: a track keeps its name, and is asked about again when there is a reason."""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.clock import MonotonicClock
from runtime.frame import PENDING, UNKNOWN, Detections, Names
from runtime.gallery import Answer, Gallery
from runtime.recognition.classifier import Classifier
from runtime.recognition.naming_cost import NamingCost
from runtime.recognition.votes import Votes

EVERY = 10
"""Frames after which a track is asked about again in any case."""
GROWN = 1.3
"""A box whose width or height changed by this factor since it was last looked at shows something else of the object."""
UNSURE = 0.08
"""Cosine by which the best name beats the second and the threshold; below it an answer is asked for again sooner."""
UNSURE_EVERY = 2
"""Frames until then, and as many more for each equal answer since: what stays unknown is in the end asked about as
rarely as anything else."""
SURE = 0.2
"""The same cosine, from which one answer decides alone, and below which the next look is more urgent."""
HASTE = 5.0
"""By which each doubt about a name counts the wait: where more are due than fit, the doubtful come first."""
SHARE = 0.25
"""Of stage 1's time that stage 2 may take where no budget is given."""
SHARE_FOR_NEW = 1.5
"""The same for tracks that have no name yet: they are few, and come several at once."""
FORGET_FRAMES = 64
"""A track not seen for so long is gone: the tracker has given it up long before."""


class NamingPolicy(NamedTuple):
    """How often stage 2 runs."""

    every: int = EVERY
    """Frames between two answers about a track; 1 = every candidate on every frame, whatever it costs."""
    budget_ms: Optional[float] = None
    """Of one frame; 0 = as long as it takes, None = a quarter of stage 1's time, and more for tracks without a name."""


class _Track:
    """What is known of one track."""

    __slots__ = ("votes", "embedding", "asked_frame", "seen_frame", "was_lost", "width", "height")

    def __init__(self) -> None:
        self.votes: Optional[Votes] = None
        self.embedding: Optional[np.ndarray] = None
        self.asked_frame = self.seen_frame = 0
        self.was_lost = False
        """Since it was asked about: what was found again is often the neighbour that it went behind."""
        self.width = self.height = 1.0


class Question(NamedTuple):
    """What stage 2 is asked about one frame."""

    naming: "Naming"
    image: np.ndarray
    """(H, W, 3) uint8 BGR."""
    boxes_px: np.ndarray
    """(k, 4) float32, of all candidates."""
    tracks: Sequence[_Track]
    asked: Optional[Sequence[int]]
    """Which candidates, the most urgent first; None: all, without their tracks."""

    @property
    def asked_px(self) -> np.ndarray:
        """Their boxes."""
        return self.boxes_px if self.asked is None else self.boxes_px[self.asked]


def answered(questions: Sequence[Question]) -> List[Optional[Answer]]:
    """Stage 2's answers, whose crops go through it together; None where none was asked for."""
    answers: List[Optional[Answer]] = [None] * len(questions)
    open_ones = [number for number, one in enumerate(questions) if one.asked is None or one.asked]
    if not open_ones:
        return answers
    first = questions[open_ones[0]]
    classifier, clock = first.naming.classifier, first.naming.clock
    started_s = clock.now_s()
    if len(open_ones) == 1:
        answers[open_ones[0]] = classifier.name(first.image, first.asked_px, with_margins=first.asked is not None)
        crops = len(first.asked_px)
    else:
        pictures = [(questions[number].image, questions[number].asked_px) for number in open_ones]
        for number, answer in zip(open_ones, classifier.name_all(pictures)):
            answers[number] = answer
        crops = sum(len(boxes_px) for _, boxes_px in pictures)
    first.naming.learn(crops, (clock.now_s() - started_s) * 1e3)
    return answers


class Naming:
    """Names candidates by their track, within a budget: most uncertain first, the rest on the next frame."""

    def __init__(
        self,
        classifier: Classifier,
        policy: NamingPolicy = NamingPolicy(),
        clock: Optional[MonotonicClock] = None,
        cost: Optional[NamingCost] = None,
    ) -> None:
        """`cost`: what stage 2 costs, as far as it is known; measured where it is not."""
        self.classifier = classifier
        self._policy = policy
        self.clock = clock or MonotonicClock()
        self._tracks: Dict[int, _Track] = {}
        self._frame = 0
        self._cost = None if policy.every <= 1 else cost or classifier.measured_cost()

    def name(self, image: np.ndarray, detections: Detections, track_ids: np.ndarray, detect_ms: float) -> Names:
        """The names of `detections` in `image` (H, W, 3) uint8 BGR; `detect_ms`: what stage 1 took."""
        question = self.ask(image, detections, track_ids, detect_ms)
        return self.take(question, answered([question])[0])

    def ask(self, image: np.ndarray, detections: Detections, track_ids: np.ndarray, detect_ms: float) -> "Question":
        """What of it stage 2 is to look at; `answered` and then `take` belong to it, before the next frame."""
        boxes_px = detections.boxes_px
        if self._cost is None:
            return Question(self, image, boxes_px, (), None)
        self._frame += 1
        if self._frame % FORGET_FRAMES == 0:
            self._forget()
        tracks = [self._track(number) for number in track_ids.tolist()]
        asked = self._due(tracks, boxes_px)[: self._affordable(tracks, detect_ms)]
        return Question(self, image, boxes_px, tracks, asked)

    def take(self, question: "Question", answer: Optional[Answer]) -> Names:
        """The names of all that the question was about; `answer`: None where it asked for none."""
        asked = question.asked
        if asked is None:
            assert answer is not None
            embeddings = () if answer.embeddings is None else tuple(answer.embeddings)
            return Names(answer.products, answer.similarities, len(question.boxes_px), 0, embeddings)
        if answer is not None:
            self._vote(question.boxes_px, question.tracks, asked, answer)
        return _names_of(question.tracks, len(asked))

    def learn(self, crops: int, took_ms: float) -> None:
        """Stage 2 took so long for so many crops, of all cameras."""
        if self._cost is not None:
            self._cost.learn(crops, took_ms)

    def beside(self, policy: NamingPolicy) -> "Naming":
        """One for another camera, by the same network on the same thread."""
        return Naming(self.classifier, policy, self.clock, self._cost)

    def use(self, gallery: Gallery) -> None:
        """Name by `gallery` from now on: those in view at once, by their last embeddings.

        So the swap costs a product of matrices and no run of the network, and no name goes out for a moment.
        """
        self.classifier.use(gallery)
        in_view = {number: track for number, track in self._tracks.items() if track.seen_frame == self._frame}
        self._tracks = {number: track for number, track in in_view.items() if track.embedding is not None}
        if self._tracks:
            answer = gallery.name(np.array([track.embedding for track in self._tracks.values()]))
            said = zip(answer.products.tolist(), answer.similarities.tolist(), answer.margins.tolist())
            for track, one in zip(self._tracks.values(), said):
                track.votes = Votes(*one)

    def _track(self, number: int) -> _Track:
        track = self._tracks.get(number)
        if track is None:
            track = self._tracks[number] = _Track()
        track.was_lost |= track.seen_frame < self._frame - 1
        track.seen_frame = self._frame
        return track

    def _due(self, tracks: List[_Track], boxes_px: np.ndarray) -> List[int]:
        """The candidates with a reason to be asked about, the most urgent first."""
        sides = (boxes_px[:, 2:] - boxes_px[:, :2]).tolist()
        due = []
        for index, (track, (width, height)) in enumerate(zip(tracks, sides)):
            urgency = self._urgency(track, width, height)
            if urgency >= 1.0:
                due.append((-urgency, index))
        due.sort()
        return [index for _, index in due]

    def _urgency(self, track: _Track, width: float, height: float) -> float:
        """From 1 on there is a reason; new tracks come first, then contested ones, then the doubtful."""
        votes = track.votes
        waited = self._frame - track.asked_frame
        if votes is None:
            return 1e6
        if votes.is_contested:
            return 1e4 + waited
        every = self._policy.every
        if votes.margin < UNSURE or votes.product == UNKNOWN:
            every = min(every, UNSURE_EVERY * votes.streak)
        has_changed = _ratio(width, track.width) > GROWN or _ratio(height, track.height) > GROWN
        urgency = waited / every
        if track.was_lost:
            urgency *= HASTE
        if has_changed:
            urgency += 1.0
        if urgency < 1.0:
            return urgency
        doubts = sum((has_changed, votes.margin < SURE, votes.product == UNKNOWN))
        return urgency * HASTE**doubts

    def _affordable(self, tracks: List[_Track], detect_ms: float) -> int:
        budget_ms = self._policy.budget_ms
        if budget_ms == 0:
            return len(tracks)
        assert self._cost is not None
        if budget_ms is not None:
            return self._cost.crops_within(budget_ms)
        new = sum(track.votes is None for track in tracks)
        more = min(new, self._cost.crops_within(SHARE_FOR_NEW * detect_ms)) if new else 0
        return max(more, self._cost.crops_within(SHARE * detect_ms))

    def _vote(self, boxes_px: np.ndarray, tracks: Sequence[_Track], asked: Sequence[int], answer: Answer) -> None:
        answers = zip(answer.products.tolist(), answer.similarities.tolist(), answer.margins.tolist())
        embeddings = [None] * len(asked) if answer.embeddings is None else answer.embeddings
        for index, said, embedding in zip(asked, answers, embeddings):
            track = tracks[index]
            product, _, margin = said
            track.embedding = embedding
            if track.votes is None or (margin >= SURE and product not in (track.votes.product, UNKNOWN)):
                track.votes = Votes(*said)
            else:
                track.votes.add(*said)
            track.asked_frame, track.was_lost = self._frame, False
            x1, y1, x2, y2 = boxes_px[index].tolist()
            track.width, track.height = max(1.0, x2 - x1), max(1.0, y2 - y1)

    def _forget(self) -> None:
        oldest = self._frame - FORGET_FRAMES
        self._tracks = {number: track for number, track in self._tracks.items() if track.seen_frame >= oldest}


def _ratio(a: float, b: float) -> float:
    return max(a / b, b / max(a, 1e-6))


def _names_of(tracks: Sequence[_Track], asked: int) -> Names:
    said: List[Tuple[int, float]] = [
        (PENDING, 0.0) if track.votes is None else (track.votes.product, track.votes.similarity) for track in tracks
    ]
    products = np.array([product for product, _ in said], np.int32)
    similarities = np.array([similarity for _, similarity in said], np.float32)
    reused = len(said) - asked - int((products == PENDING).sum())
    return Names(products, similarities, asked, reused, [track.embedding for track in tracks])
