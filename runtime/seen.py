"""What is seen in a frame, in words: the answer to the first question that anybody has."""

from collections import Counter
from typing import List, NamedTuple, Optional, Tuple

import numpy as np

from runtime.frame import PENDING, UNKNOWN, Detections, Names, Observation, Words


class Seen(NamedTuple):
    """Objects of one name."""

    name: str
    is_named: bool
    """False: the name is its shape's, since stage 2 does not know it or has not looked yet."""
    objects: int


class Box(NamedTuple):
    """In pixels of the frame, within it: left, top, right, bottom."""

    x1: float
    y1: float
    x2: float
    y2: float


class SeenObject(NamedTuple):
    """One object of a frame."""

    name: str
    """What the picture calls it: its product, "unknown bottle" where stage 2 knows none, else its shape."""
    product: Optional[str]
    """None where stage 2 knows none, has not looked yet, or is not there."""
    shape: str
    """Stage 1's class."""
    score: float
    """Stage 1's, 0..1."""
    similarity: Optional[float]
    """Cosine to the nearest product, -1..1; None where stage 2 has not looked, or is not there."""
    track: int
    """The same while it stays in view."""
    box: Box
    embedding: Optional[np.ndarray] = None
    """(d,) float32 of length 1, from stage 2's last look at this track; None where there was none."""


def objects_in(observation: Observation) -> Tuple[SeenObject, ...]:
    """Each object of one frame, best score first."""
    detections, names, words = observation.detections, observation.names, observation.words
    shapes = detections.shapes.tolist()
    products = [PENDING] * len(shapes) if names is None else names.products.tolist()
    similarities = [0.0] * len(shapes) if names is None else names.similarities.tolist()
    embeddings = [None] * len(shapes) if names is None or not names.embeddings else names.embeddings
    rows = zip(
        shapes, products, similarities, detections.scores.tolist(), observation.track_ids.tolist(),
        detections.boxes_px.tolist(), embeddings,
    )  # fmt: skip
    return tuple(
        SeenObject(
            _name(shape, product, words)[0],
            words.products[product] if product >= 0 and words.products is not None else None,
            words.shape(shape),
            score,
            None if product == PENDING else similarity,
            track,
            Box(*box),
            embedding,
        )
        for shape, product, similarity, score, track, box, embedding in rows
    )


def seen_in(detections: Detections, names: Optional[Names], words: Words) -> List[Seen]:
    """What has a name first, and of that the most frequent."""
    counts: Counter = Counter()
    products = [None] * len(detections.shapes) if names is None else names.products.tolist()
    for shape, product in zip(detections.shapes.tolist(), products):
        counts[_name(shape, product, words)] += 1
    seen = [Seen(name, is_named, count) for (name, is_named), count in counts.items()]
    return sorted(seen, key=lambda one: (not one.is_named, -one.objects, one.name))


def _name(shape: int, product: Optional[int], words: Words) -> Tuple[str, bool]:
    if product is None or words.products is None:
        return words.shape(shape), True
    if product >= 0:
        return words.products[product], True
    return ("unknown " if product == UNKNOWN else "") + words.shape(shape), False
