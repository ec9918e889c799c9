"""How good a training is: top-1, top-5, mean average precision, and products matched by F1."""

from typing import NamedTuple

import numpy as np

THRESHOLDS = np.linspace(-1, 1, 201)
ASKED = 2000
"""So many crops at most are matched."""


class Embeddings(NamedTuple):
    """Of n crops."""

    vectors: np.ndarray
    """(n, d) float32, rows of length 1."""
    products: np.ndarray
    """(n,) int64."""


class Scores(NamedTuple):
    """Shares in 0..1."""

    top1: float
    top5: float
    mean_ap: float
    """Average precision of each product's cosine over all crops, meant over the products that are shown."""
    match_f1: float
    """Which crops of a gallery show the same product? See `match`."""


def scores_of(shown: Embeddings, prototypes: np.ndarray, gallery: Embeddings) -> Scores:
    """`shown`: what was held out; `prototypes`: (k, d) float32, rows of length 1, one a product."""
    vectors, products = shown
    cosines = vectors @ prototypes.T
    places = (cosines > cosines[np.arange(len(products)), products][:, None]).sum(axis=1)
    precisions = [average_precision(cosines[:, one], products == one) for one in np.unique(products)]
    return Scores(
        float((places == 0).mean()), float((places < 5).mean()), float(np.mean(precisions)), match(shown, gallery)
    )


def average_precision(scores: np.ndarray, is_right: np.ndarray) -> float:
    """Mean of the precision at each right one, from the highest score (n,) to the lowest; nan of none."""
    ranked = is_right[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean()) if ranked.any() else float("nan")


def match(shown: Embeddings, gallery: Embeddings) -> float:
    """Each crop finds those of the gallery within a threshold; F1 of what it finds, meant over the crops.

    As the study of matching offers by their pictures scores it. The threshold, the same for all, is the best one for
    every other crop; the figure is of the rest. 0 where there is too little to choose one.
    """
    step = max(1, len(shown.products) // ASKED)
    vectors, products = shown.vectors[::step], shown.products[::step]
    even, odd = (_f1_by_threshold(vectors[first::2], products[first::2], gallery) for first in (0, 1))
    return float(odd[even.argmax()])


def _f1_by_threshold(vectors: np.ndarray, products: np.ndarray, gallery: Embeddings) -> np.ndarray:
    """(THRESHOLDS,) float64."""
    if not len(products):
        return np.zeros(len(THRESHOLDS))
    cosines, is_same = vectors @ gallery.vectors.T, products[:, None] == gallery.products
    wanted = is_same.sum(axis=1)
    f1 = []
    for threshold in THRESHOLDS:
        found = cosines >= threshold
        f1.append(np.mean(2 * (found & is_same).sum(axis=1) / np.maximum(1, found.sum(axis=1) + wanted)))
    return np.array(f1)
