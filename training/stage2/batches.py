"""The examples of each step of a training of stage 2."""

from itertools import count
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch

from training.stage2.crops import Region
from training.stage2.views import Views


class Batch(NamedTuple):
    """The examples of one step; b of them, on the training's device."""

    pixels: torch.Tensor
    """(b, 3, s, s) float32 RGB 0..1."""
    for_teacher: torch.Tensor
    """The same views in the teacher's size, (b, 3, t, t); (0,) without a teacher."""
    products: torch.Tensor
    """(b,) int64."""
    seeds: Tuple[int, int]
    """For numpy's and torch's global generators, which mixtures and dropout draw from."""


class Batches:
    """Step number to Batch: the same examples whenever a step is asked for."""

    def __init__(
        self, regions: Sequence[Region], products: int, values: Dict[str, Any], teacher_side: Optional[int] = None
    ) -> None:
        """`products`: how many of the numbers are products; those from there on are others."""
        self._values, self._teacher_side = values, teacher_side
        side = max(values["crop_size"], teacher_side or 0)
        self._views = Views(regions, values["context"], side, values["device"])
        self._products = np.array([region.product for region in regions], np.int64)
        is_other = self._products >= products
        self._kinds = np.flatnonzero(~is_other), np.flatnonzero(is_other)

    def __getitem__(self, step: int) -> Batch:
        values = self._values
        rng = np.random.RandomState([values["seed"], step])
        numbers = self._drawn(rng, values["batch"])
        seed = int(rng.randint(2**31))

        def views(side: int) -> torch.Tensor:
            return self._views.spoiled(numbers, side, values["augment"], seed)

        return Batch(
            views(values["crop_size"]),
            torch.empty(0) if self._teacher_side is None else views(self._teacher_side),
            torch.from_numpy(self._products[numbers]).to(values["device"]),
            (int(rng.randint(2**31)), int(rng.randint(2**31))),
        )

    def _drawn(self, rng: np.random.RandomState, size: int) -> np.ndarray:
        """(size,) int64: regions, of the others so many as --also-share says, or as they come."""
        ours, others = self._kinds
        share = self._values["also_share"]
        if share is None or not len(others):
            return rng.randint(len(ours) + len(others), size=size)
        is_other = rng.uniform(size=size) < share
        return np.where(is_other, others[rng.randint(len(others), size=size)], ours[rng.randint(len(ours), size=size)])

    def from_step(self, first: int) -> Iterator[Batch]:
        """One after the other, without an end."""
        return (self[step] for step in count(first))
