"""A latency distribution in fixed memory, so that a run of months has its percentiles too."""

import math
from typing import List, Optional, Sequence

FLOOR_MS = 0.1
CEILING_MS = 100000.0
STEP = 1.01
"""Each bin is 1 % wider than the one below, so a percentile is within 1 % of the exact one."""


class LatencyHistogram:
    """Counts of durations in geometric bins."""

    def __init__(self) -> None:
        self._counts: List[int] = [0] * (self._bin(CEILING_MS) + 1)
        self._total = 0

    @staticmethod
    def _bin(duration_ms: float) -> int:
        clipped_ms = min(max(duration_ms, FLOOR_MS), CEILING_MS)
        return int(round(math.log(clipped_ms / FLOOR_MS, STEP)))

    @classmethod
    def of(cls, others: "Sequence[LatencyHistogram]") -> "LatencyHistogram":
        """All that `others` have counted."""
        whole = cls()
        for other in others:
            whole._counts = [a + b for a, b in zip(whole._counts, other._counts)]
            whole._total += other._total
        return whole

    def add(self, duration_ms: float) -> None:
        """Count one duration; below 0.1 ms or above 100 s it counts as that."""
        self._counts[self._bin(duration_ms)] += 1
        self._total += 1

    def percentile(self, q: float) -> Optional[float]:
        """The smallest duration in ms that a fraction `q` (0..1) of all does not exceed; None when empty."""
        rank = max(1, math.ceil(q * self._total))
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                return FLOOR_MS * STEP**index
        return None


def percentile(sorted_ms: List[float], q: float) -> Optional[float]:
    """The exact counterpart (nearest rank) for a short sorted list; None when empty."""
    if not sorted_ms:
        return None
    return sorted_ms[max(0, math.ceil(q * len(sorted_ms)) - 1)]
