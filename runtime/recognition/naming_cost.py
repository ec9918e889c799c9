"""What stage 2 costs by the number of crops, learnt while it runs: fixed + crops x each."""

import time
from typing import Any, Callable

FORGET = 0.1
"""Weight of a new measurement: a throttled board is noticed within some ten frames."""


class NamingCost:
    """How many crops fit into a time. Not for two threads at once."""

    def __init__(self, fixed_ms: float, each_ms: float) -> None:
        self._fixed_ms = max(0.0, fixed_ms)
        self._each_ms = max(1e-6, each_ms)
        self._slower = 1.0
        """Than when it was measured first."""

    def crops_within(self, budget_ms: float) -> int:
        """At least one: what is never named would be pointless to detect."""
        spare_ms = budget_ms / self._slower - self._fixed_ms
        # An accelerator takes as long for one crop as for many: what the first costs anyway, all may cost that fit.
        spare_ms = max(spare_ms, self._each_ms) + 1e-9
        return int(spare_ms / self._each_ms)

    def learn(self, crops: int, took_ms: float) -> None:
        """A batch of `crops` took `took_ms`."""
        expected_ms = self._fixed_ms + crops * self._each_ms
        self._slower += FORGET * (took_ms / expected_ms - self._slower)


def measured_cost(run: Callable[[int], Any], few: int, many: int) -> NamingCost:
    """From timing `run(few)` and `run(many)`, in crops, each once and warm."""
    took_ms = []
    for crops in (few, many):
        started_s = time.perf_counter()
        run(crops)
        took_ms.append((time.perf_counter() - started_s) * 1e3)
    each_ms = (took_ms[1] - took_ms[0]) / (many - few)
    return NamingCost(took_ms[0] - few * each_ms, each_ms)
