"""An engine's inputs and outputs as TensorRT names them: by name from 8.5 on, by number before. One face for both."""

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from runtime.engines.engine import TensorSpec
from runtime.errors import ModelError

_DTYPES = {
    "FLOAT": np.float32,
    "HALF": np.float16,
    "INT8": np.int8,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "BOOL": np.bool_,
}
"""By the name of TensorRT's DataType. Not trt.nptype: in 8.2 that needs np.bool, which numpy 1.24 no longer has."""


def _spec(name: str, shape: Sequence[int], data_type: Any) -> TensorSpec:
    if data_type.name not in _DTYPES:
        raise ModelError("{} is {}: expected one of {}".format(name, data_type.name, ", ".join(_DTYPES)))
    return TensorSpec(name, tuple(d if d >= 0 else None for d in shape), np.dtype(_DTYPES[data_type.name]))


class NamedTensors:
    """TensorRT from 8.5 on, and all there is from 10 on."""

    def __init__(self, trt: Any, engine: Any, context: Any) -> None:
        self._context = context
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        self.inputs: List[TensorSpec] = []
        self.outputs: List[TensorSpec] = []
        for name in names:
            is_input = engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
            spec = _spec(name, tuple(engine.get_tensor_shape(name)), engine.get_tensor_dtype(name))
            (self.inputs if is_input else self.outputs).append(spec)

    def set_input_shape(self, name: str, shape: Tuple[int, ...]) -> bool:
        """Whether the engine takes this shape."""
        return bool(self._context.set_input_shape(name, shape))

    def shape_of(self, name: str) -> Tuple[int, ...]:
        """For the input shape that is set."""
        return tuple(self._context.get_tensor_shape(name))

    def bind(self, addresses: Dict[str, int]) -> None:
        """Where each tensor is in device memory."""
        for name, address in addresses.items():
            self._context.set_tensor_address(name, address)

    def execute(self, stream: int) -> bool:
        """Start an inference in the stream of this handle; whether it could be."""
        return bool(self._context.execute_async_v3(stream))


class NumberedBindings:
    """TensorRT before 8.5."""

    def __init__(self, trt: Any, engine: Any, context: Any) -> None:
        self._context = context
        self._names = [engine.get_binding_name(index) for index in range(engine.num_bindings)]
        self._addresses: List[int] = []
        self.inputs: List[TensorSpec] = []
        self.outputs: List[TensorSpec] = []
        for index, name in enumerate(self._names):
            spec = _spec(name, tuple(engine.get_binding_shape(index)), engine.get_binding_dtype(index))
            (self.inputs if engine.binding_is_input(index) else self.outputs).append(spec)

    def set_input_shape(self, name: str, shape: Tuple[int, ...]) -> bool:
        return bool(self._context.set_binding_shape(self._names.index(name), shape))

    def shape_of(self, name: str) -> Tuple[int, ...]:
        return tuple(self._context.get_binding_shape(self._names.index(name)))

    def bind(self, addresses: Dict[str, int]) -> None:
        self._addresses = [addresses[name] for name in self._names]

    def execute(self, stream: int) -> bool:
        return bool(self._context.execute_async_v2(self._addresses, stream))
