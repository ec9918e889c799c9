"""The engine contract: a network with one input, however it is run."""

from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np


class TensorSpec(NamedTuple):
    """What a network says of an input or output."""

    name: str
    shape: Tuple[Optional[int], ...]
    """None where a dimension is dynamic."""
    dtype: np.dtype


class Engine:
    """Opened by its constructor (ModelError if it cannot), closed by `close` or the `with` statement."""

    name = "engine"
    """What the log and the report call it."""
    input: TensorSpec
    outputs: List[TensorSpec]
    metadata: Dict[str, str]
    """The model's own key-value pairs (ONNX metadata_props)."""

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        """Infer on `tensor` (of the input's shape and dtype); the outputs in order, valid until the next run.

        Raises ModelError when the network cannot take this tensor.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Free the network. May be called twice."""

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
