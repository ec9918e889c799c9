"""Which pictures of a video are inferred on: after a cut, while it moves, closer together where something was found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class SamplingPolicy(NamedTuple):
    """Seconds between two pictures that are inferred on, and what counts as a change (mean grey levels of thumbs)."""

    moving_s: float = 0.5
    still_s: float = 2.0
    """While nothing has changed since the last."""
    closer_s: float = 0.2
    """After one on which something came into view, or whose name is not settled."""
    least_s: float = 0.1
    """After any, even one before a cut."""
    moved: float = 1.5
    cut: float = 18.0
    every_picture: bool = False
    """For comparing with: each is inferred on."""


class Sampler:
    """Asked about each picture in turn."""

    def __init__(self, policy: SamplingPolicy = SamplingPolicy()) -> None:
        self._policy = policy
        self._before: np.ndarray | None = None
        self._sampled: np.ndarray | None = None
        self._sampled_s = -np.inf
        self._wait_s = 0.0
        self._has_cut = False
        self.cut_s: float | None = None
        """When the shot began whose first picture is sampled; None where no cut lies since the last sample."""

    def wants(self, time_s: float, thumb: np.ndarray) -> bool:
        """Whether to infer on this picture; `took` must follow where so."""
        if self._before is None or self._before.shape != thumb.shape or _change(self._before, thumb) > self._policy.cut:
            self.cut_s, self._sampled = time_s, None
        self._before = thumb
        return self._policy.every_picture or self._is_due(time_s, thumb)

    def _is_due(self, time_s: float, thumb: np.ndarray) -> bool:
        policy, since_s = self._policy, time_s - self._sampled_s
        if self._sampled is None:
            return since_s >= policy.least_s
        if since_s < self._wait_s:
            return False
        return self._wait_s < policy.moving_s or since_s >= policy.still_s or self._has_moved(thumb)

    def _has_moved(self, thumb: np.ndarray) -> bool:
        assert self._sampled is not None
        return _change(self._sampled, thumb) > self._policy.moved

    def took(self, time_s: float, thumb: np.ndarray, is_unsettled: bool) -> None:
        """The picture was inferred on; `is_unsettled`: the next should come soon."""
        self._sampled, self._sampled_s, self.cut_s = thumb, time_s, None
        self._wait_s = self._policy.closer_s if is_unsettled else self._policy.moving_s


def _change(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).mean())
