"""What is in view where a video was cut into pieces: one sighting, not two."""

from __future__ import annotations

import numpy as np

from runtime.history.sighting import Sighting

SEAM_S = 0.5
"""Between the last picture of a piece and the first of the next, at the most."""
ALIKE = 0.8
"""Cosine of two moments of one thing, where a name does not tell. Measured in docs/search.md."""


def joined(before: list[Sighting], after: list[Sighting], border_s: float) -> list[Sighting]:
    """`after`, of the piece that begins at `border_s`; what goes on from one of `before` is told as that.

    Each of `before` goes on at most once, with what is most like it.
    """
    open_before = [one for one in before if one.last_s >= border_s - SEAM_S]
    open_after = [number for number, one in enumerate(after) if one.first_s <= border_s + SEAM_S]
    pairs = [
        (likeness(one, after[number]), place, number)
        for place, one in enumerate(open_before)
        for number in open_after
        if is_one(one, after[number])
    ]
    found, taken = list(after), set()
    for _, place, number in sorted(pairs, reverse=True):
        if ("before", place) not in taken and ("after", number) not in taken:
            taken |= {("before", place), ("after", number)}
            found[number] = _both(open_before[place], after[number])
    return found


def is_one(before: Sighting, after: Sighting) -> bool:
    """Whether both may show one thing."""
    if before.shape != after.shape or (before.last_s > after.last_s):
        return False
    if before.product == after.product and before.product is not None:
        return True
    return None in (before.product, after.product) and likeness(before, after) >= ALIKE


def likeness(before: Sighting, after: Sighting) -> float:
    """Cosine of their embeddings, -1..1; -1 where there is none."""
    if before.embedding is None or after.embedding is None or len(before.embedding) != len(after.embedding):
        return -1.0
    a, b = (np.frombuffer(one, "<f2").astype(np.float32) for one in (before.embedding, after.embedding))
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))


def _both(before: Sighting, after: Sighting) -> Sighting:
    """With the better moment of the two, of those that bear the name."""
    product = before.product or after.product
    is_better = (after.product == product, after.similarity or -1.0) > (
        before.product == product,
        before.similarity or -1.0,
    )
    best = after if is_better else before
    return best._replace(
        track=before.track,
        product=product,
        first_s=before.first_s,
        last_s=max(before.last_s, after.last_s),
        frames=before.frames + after.frames,
        is_corrected=before.is_corrected or after.is_corrected,
    )
