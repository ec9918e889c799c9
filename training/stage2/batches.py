"""The examples of each step of a training of stage 2, cut and spoiled here or ahead by processes of their own."""

from itertools import count
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from training.stage2.crops import Region, spoiled_crop

AHEAD = 4
"""Batches that each process keeps ready."""
LAST_STEP = 2**31


class Batch(NamedTuple):
    """The examples of one step; b of them."""

    crops: torch.Tensor
    """(b, s, s, 3) uint8 BGR."""
    for_teacher: torch.Tensor
    """The same views in the teacher's size, (b, t, t, 3) uint8 BGR; (0,) without a teacher."""
    products: torch.Tensor
    """(b,) int64."""
    seeds: Tuple[int, int]
    """For numpy's and torch's global generators, which mixtures and dropout draw from."""


class Batches(Dataset):
    """Step number to Batch: the same examples whenever, and wherever, a step is asked for."""

    def __init__(self, regions: Sequence[Region], values: Dict[str, Any], teacher_side: Optional[int] = None) -> None:
        self._regions, self._values, self._teacher_side = regions, values, teacher_side

    def __getitem__(self, step: int) -> Batch:
        values = self._values
        rng = np.random.RandomState([values["seed"], step])
        chosen = [self._regions[index] for index in rng.randint(len(self._regions), size=values["batch"])]
        seeds = rng.randint(2**31, size=len(chosen))

        def crops(side: int) -> torch.Tensor:
            how = values["context"], side, values["augment"]
            made = [spoiled_crop(region, np.random.RandomState(seed), *how) for region, seed in zip(chosen, seeds)]
            return torch.from_numpy(np.stack(made))

        return Batch(
            crops(values["crop_size"]),
            torch.empty(0) if self._teacher_side is None else crops(self._teacher_side),
            torch.tensor([region.product for region in chosen]),
            (int(rng.randint(2**31)), int(rng.randint(2**31))),
        )

    def from_step(self, first: int, workers: int) -> Iterator[Batch]:
        """One after the other, without an end; made by `workers` processes ahead of time, 0 = here, when asked for."""
        if not workers:
            return (self[step] for step in count(first))
        steps = range(first, LAST_STEP)
        return iter(DataLoader(self, batch_size=None, sampler=steps, num_workers=workers, prefetch_factor=AHEAD))
