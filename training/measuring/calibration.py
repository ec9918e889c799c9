"""The two thresholds of a bundle, chosen on scenes that are neither trained on nor tested on. Numbers only."""

from typing import Callable, Sequence, Tuple

import numpy as np

from benchmarks.scoring.matching import Found, Truth, hits

MAX_LOST = 0.010
"""Share of crops of known products that may be called unknown where the threshold is calibrated: in scenes like those
of the training. In unlike ones two to three times as many are lost."""
WANTED_REJECTED = 0.97
"""Share of crops of strangers that should be called unknown there."""

STEPS = 31


def choose_threshold(known: np.ndarray, strangers: np.ndarray) -> float:
    """The cosine below which a crop is unknown, from the similarities (n,) and (m,) to the nearest prototype.

    Half-way between the one that rejects enough strangers and the one that loses as many known as it may, where there
    is room between them; else the latter, since a product that is not named is the worse mistake.
    """
    highest = float(np.quantile(known, MAX_LOST))
    lowest = float(np.quantile(strangers, WANTED_REJECTED)) if len(strangers) else highest
    return (lowest + highest) / 2 if lowest < highest else highest


def choose_min_score(found: Sequence[Found], truth: Sequence[Truth]) -> Tuple[float, float]:
    """The score above which detections count, and the F1 that it gives: the best over all scores, class ignored."""
    taken = [hits(each, true, by_class=False) >= 0 for each, true in zip(found, truth)]
    is_hit, scores = np.concatenate(taken), np.concatenate([each.scores for each in found])
    boxes = sum(len(true.classes) for true in truth)
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(is_hit[order])
    f1 = 2 * right / (np.arange(1, len(right) + 1) + boxes)
    best = int(f1.argmax())
    return float(scores[order[best]]), float(f1[best])


def choose_both(
    f1_of: Callable[[float, float], float], scores: np.ndarray, similarities: np.ndarray
) -> Tuple[float, float]:
    """min_score and threshold where no stranger is at hand: those with the best F1 of both stages.

    `f1_of(min_score, threshold)`; the candidates are STEPS quantiles of what was seen, by turns until nothing changes.
    """
    candidates = [np.unique(np.quantile(values, np.linspace(0, 0.9, STEPS))) for values in (scores, similarities)]
    chosen = [float(values[0]) for values in candidates]
    for _ in range(4):
        before = list(chosen)
        for which in (0, 1):
            trials = [chosen[:which] + [float(value)] + chosen[which + 1 :] for value in candidates[which]]
            chosen = max(trials, key=lambda trial: f1_of(*trial))
        if chosen == before:
            break
    return chosen[0], chosen[1]
