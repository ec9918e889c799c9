"""An engine that answers from a function and can hold its answer for a set time: for tests and benchmarks."""

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

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        if self._latency_s:
            time.sleep(self._latency_s)
        return self._answer(tensor)
