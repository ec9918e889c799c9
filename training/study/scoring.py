"""How good a training is: top-1, top-5, mean average precision, and products matched by F1."""

from typing import NamedTuple, Tuple

import numpy as np


class Scores(NamedTuple):
    """Shares in 0..1."""

    top1: float
    top5: float
    mean_ap: float
    """Average precision of each product's cosine over all crops, meant over the products that are shown."""
    match_f1: float
    """Are two crops the same product? The threshold is chosen on one half of the crops, F1 measured on the other."""


def scores_of(embeddings: np.ndarray, prototypes: np.ndarray, products: np.ndarray) -> Scores:
    """`embeddings`: (n, d), `prototypes`: (k, d) float32, rows of length 1; `products`: (n,) int64, numbers of rows."""
    cosines = embeddings @ prototypes.T
    places = (cosines > cosines[np.arange(len(products)), products][:, None]).sum(axis=1)
    precisions = [average_precision(cosines[:, one], products == one) for one in np.unique(products)]
    return Scores(
        float((places == 0).mean()), float((places < 5).mean()), float(np.mean(precisions)), match(embeddings, products)
    )


def average_precision(scores: np.ndarray, is_right: np.ndarray) -> float:
    """Mean of the precision at each right one, from the highest score (n,) to the lowest; nan of none."""
    ranked = is_right[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean()) if ranked.any() else float("nan")


def match(embeddings: np.ndarray, products: np.ndarray) -> float:
    """F1 over the pairs of the odd crops, at the threshold that is best for the even ones."""
    even, odd = (_pairs(embeddings[first::2], products[first::2]) for first in (0, 1))
    cosines, is_same = odd
    found = cosines >= _best_threshold(*even)
    right = (found & is_same).sum()
    return float(2 * right / max(1, found.sum() + is_same.sum()))


def _pairs(embeddings: np.ndarray, products: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    first, second = np.triu_indices(len(products), 1)
    return (embeddings @ embeddings.T)[first, second], products[first] == products[second]


def _best_threshold(cosines: np.ndarray, is_same: np.ndarray) -> float:
    if not len(cosines):
        return 1.0
    order = np.argsort(-cosines)
    right = np.cumsum(is_same[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + max(1, is_same.sum()))
    return float(cosines[order][f1.argmax()])
