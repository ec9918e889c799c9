"""A linear map after which photos of one product lie in a round cloud: linear discriminant analysis with shrinkage.

Directions in which photos of the same product differ (light, side, place) count less, those that tell products apart
count more. The covariance within products is shrunk towards a multiple of the identity, since there are fewer photos
than dimensions (Friedman, "Regularized Discriminant Analysis", 1989).
"""

from typing import Tuple

import numpy as np


def whitening(vectors: np.ndarray, products: np.ndarray, shrinkage: float) -> np.ndarray:
    """(d, d) float32, to multiply rows with from the right. `vectors`: (n, d), `products`: (n,) int.

    `shrinkage`: 0..1, the share of the identity; 1 changes nothing but the scale.
    """
    means, numbers = _means(vectors, products)
    differences = vectors - means[np.searchsorted(numbers, products)]
    covariance = differences.T @ differences / len(vectors)
    size = np.trace(covariance) / len(covariance)
    shrunk = (1 - shrinkage) * covariance + shrinkage * size * np.eye(len(covariance))
    values, directions = np.linalg.eigh(shrunk)
    return (directions / np.sqrt(np.maximum(values, 1e-12 * values.max()))).astype(np.float32)


def _means(vectors: np.ndarray, products: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """(k, d) means and (k,) numbers of the products that occur, in their order."""
    numbers = np.unique(products)
    return np.stack([vectors[products == number].mean(axis=0) for number in numbers]), numbers


def projection(vectors: np.ndarray, products: np.ndarray, shrinkage: float, length: int) -> np.ndarray:
    """(d, length) float32: whitened, and of that the directions in which `vectors` vary most; see `whitening`."""
    turn = whitening(vectors, products, shrinkage)
    _, directions = np.linalg.eigh(np.cov(vectors @ turn, rowvar=False))  # the widest come last
    return (turn @ directions[:, : -length - 1 : -1]).astype(np.float32)
