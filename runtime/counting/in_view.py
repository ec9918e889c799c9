"""Counts what is in each picture, by name, as an overlay that draws nothing."""

from collections import Counter
from typing import Dict

import numpy as np

from runtime.figures.figures import Figures
from runtime.figures.in_view import InView
from runtime.frame import Observation
from runtime.picture.overlay import Overlay
from runtime.seen import seen_in


class InViewOverlay(Overlay):
    """As many names as products and shapes, whatever comes."""

    def __init__(self) -> None:
        self._frames = 0
        self._now: Dict[str, int] = {}
        self._sums: Counter = Counter()
        self._most: Dict[str, int] = {}

    def see(self, observation: Observation) -> None:
        if observation.frame.id is None:
            self._now = {}
            return
        seen = seen_in(observation.detections, observation.names, observation.words)
        self._frames += 1
        self._now = {one.name: one.objects for one in seen}
        for name, objects in self._now.items():
            self._sums[name] += objects
            if objects > self._most.get(name, 0):
                self._most[name] = objects

    def draw(self, picture: np.ndarray) -> None:
        pass

    def told(self, figures: Figures) -> Figures:
        rows = [
            InView(name, self._now.get(name, 0), total / self._frames, self._most[name])
            for name, total in sorted(self._sums.items())
        ]
        return figures._replace(in_view=tuple(rows))
