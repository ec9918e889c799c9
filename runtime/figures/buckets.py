"""How many took how long: counts by upper bounds that only grow, as Prometheus wants them."""

import bisect
from typing import List, NamedTuple, Sequence, Tuple


class Counted(NamedTuple):
    """What was counted up to a moment."""

    bounds_s: Sequence[float]
    counts: Tuple[int, ...]
    """Up to each bound and above the one before it; the last: above all of them."""
    sum_s: float

    def cumulative(self) -> List[Tuple[str, float]]:
        """(upper bound, how many up to it), from the smallest to +Inf."""
        total, buckets = 0, []
        for bound, count in zip([str(each) for each in self.bounds_s] + ["+Inf"], self.counts):
            total += count
            buckets.append((bound, float(total)))
        return buckets


class Buckets:
    """Of durations as they come. One thread adds, another may read."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """In 0.3 us: the presenting thread does it for every frame."""
        self._counts[bisect.bisect_left(self._bounds_s, seconds)] += 1
        self._sum_s += seconds

    def counted(self) -> Counted:
        """So far."""
        return Counted(self._bounds_s, tuple(self._counts), self._sum_s)
