"""How many frames took how long, from capture to the sinks: counts that only grow, as Prometheus wants them."""

import bisect
from typing import List, Tuple

LATENCY_BUCKETS_S = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0)
"""From less than any camera's period to what nobody can use."""


class LatencyHistogram:
    """Of each presented frame. One thread adds, another reads."""

    def __init__(self) -> None:
        self._counts = [0] * (len(LATENCY_BUCKETS_S) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """In 0.3 us: the presenting thread does it for every frame."""
        self._counts[bisect.bisect_left(LATENCY_BUCKETS_S, seconds)] += 1
        self._sum_s += seconds

    def cumulative(self) -> Tuple[List[Tuple[str, float]], float]:
        """(upper bound, how many up to it) from the smallest to +Inf, and the sum in seconds."""
        total, buckets = 0, []
        for bound, count in zip([str(each) for each in LATENCY_BUCKETS_S] + ["+Inf"], list(self._counts)):
            total += count
            buckets.append((bound, float(total)))
        return buckets, self._sum_s
