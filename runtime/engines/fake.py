"""An engine that answers from a function and can hold its answer for a set time: for tests and benchmarks.

Sleeping takes longer than asked for, by 0.05 to 0.2 ms as machines go; the excess is learnt and taken off, so that the
time held is the one that was set, as an accelerator's would be.
"""

import time
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np

from runtime.engines.engine import Engine, TensorSpec


class FakeEngine(Engine):
    """`answer(tensor)` gives the outputs; `latency_s` is slept with the interpreter lock released, as a GPU would."""

    name = "fake"

    def __init__(
        self,
        input_spec: TensorSpec,
        outputs: Sequence[TensorSpec],
        answer: Callable[[np.ndarray], List[np.ndarray]],
        metadata: Optional[Dict[str, str]] = None,
        latency_s: float = 0.0,
    ) -> None:
        self.input = input_spec
        self.outputs = list(outputs)
        self.metadata = dict(metadata or {})
        self._answer = answer
        self._latency_s = latency_s
        self._oversleep_s = 0.0

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        if self._latency_s:
            self._hold()
        return self._answer(tensor)

    def _hold(self) -> None:
        started_s = time.perf_counter()
        time.sleep(max(0.0, self._latency_s - self._oversleep_s))
        excess_s = time.perf_counter() - started_s - self._latency_s
        # A long excess is another thread's doing, not the timer's: each counts for a tenth, and at most 0.1 ms.
        self._oversleep_s += 0.1 * min(excess_s, 1e-4)
