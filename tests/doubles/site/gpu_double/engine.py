"""ICudaEngine: what a plan takes and gives, by index until 8.6 and by name from 8.5 on."""

from typing import Any, List

from gpu_double import device
from gpu_double.facade import make
from gpu_double.host_buffer import host_memory
from gpu_double.logger import error
from gpu_double.network import data_type
from gpu_double.plan import PlanTensor


def say_if_late(owner: Any, context: str, logger: str) -> None:
    """What the real one says when it gives GPU memory back and its CUDA context is gone, or not current here."""
    cuda = owner.__dict__.get(context)
    if cuda is not None and device.stack()[-1:] != [cuda] and not device.is_primary(cuda):
        error(owner.__dict__[logger], 1, "Cuda Runtime", "invalid argument: freed without its CUDA context")


class ICudaEngine:
    """Made by Runtime.deserialize_cuda_engine."""

    def __del__(self) -> None:
        say_if_late(self, "_cuda", "_logger")

    # -- by index, of each optimisation profile its own block

    @property
    def num_bindings(self) -> int:
        return self._number_of_bindings()

    def _number_of_bindings(self) -> int:
        return len(self._plan.tensors) * max(len(self._plan.profiles), 1)

    def __len__(self) -> int:
        return self._number_of_bindings()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._index(key)
        if not 0 <= key < self._number_of_bindings():
            raise IndexError("Out of bounds")
        return self._at(key).name

    def _at(self, index: int) -> PlanTensor:
        return self._plan.tensors[int(index) % len(self._plan.tensors)]

    def _index(self, name: str) -> int:
        names = [tensor.name for tensor in self._plan.tensors]
        return names.index(name) if name in names else -1

    def _tensor(self, key: Any) -> Any:
        """By index or name; None, with a word to the logger, where there is none."""
        index = self._index(key) if isinstance(key, str) else int(key)
        if 0 <= index < self._number_of_bindings():
            return self._at(index)
        error(self._logger, 3, "API Usage Error", "Parameter check failed, no tensor {!r} in this engine".format(key))
        return None

    def get_binding_name(self, index: int) -> Any:
        tensor = self._tensor(index)
        return tensor and tensor.name

    def get_binding_index(self, name: str) -> int:
        return self._index(name)

    def binding_is_input(self, key: Any) -> bool:
        tensor = self._tensor(key)
        return bool(tensor and tensor.is_input)

    def get_binding_shape(self, key: Any) -> Any:
        return self._shape(key)

    def get_binding_dtype(self, key: Any) -> Any:
        return self._dtype(key)

    def get_profile_shape(self, profile_index: int, binding: Any) -> List[Any]:
        return self._profile_shapes(binding, profile_index)

    # -- by name

    @property
    def num_io_tensors(self) -> int:
        return len(self._plan.tensors)

    def get_tensor_name(self, index: int) -> Any:
        tensor = self._tensor(index)
        return tensor and tensor.name

    def get_tensor_mode(self, name: str) -> Any:
        modes = self._trt.TensorIOMode
        tensor = self._tensor(name)
        return modes.NONE if tensor is None else modes.INPUT if tensor.is_input else modes.OUTPUT

    def get_tensor_shape(self, name: str) -> Any:
        return self._shape(name)

    def get_tensor_dtype(self, name: str) -> Any:
        return self._dtype(name)

    def get_tensor_location(self, name: str) -> Any:
        return self._trt.TensorLocation.DEVICE

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> List[Any]:
        return self._profile_shapes(name, profile_index)

    def _shape(self, key: Any) -> Any:
        tensor = self._tensor(key)
        return self._trt.Dims() if tensor is None else self._trt.Dims(list(tensor.shape))

    def _dtype(self, key: Any) -> Any:
        tensor = self._tensor(key)
        return self._trt.DataType.FLOAT if tensor is None else data_type(self._trt, tensor.dtype)

    def _profile_shapes(self, key: Any, profile_index: int) -> List[Any]:
        tensor = self._tensor(key)
        if tensor is None or not tensor.is_input or not 0 <= profile_index < max(len(self._plan.profiles), 1):
            return []
        shapes = self._plan.profiles[profile_index].get(tensor.name) if self._plan.profiles else None
        return [self._trt.Dims(list(shape)) for shape in shapes or [tensor.shape] * 3]

    # -- the rest

    @property
    def name(self) -> str:
        return self._plan.name

    @property
    def num_layers(self) -> int:
        return self._plan.layers

    @property
    def num_optimization_profiles(self) -> int:
        return max(len(self._plan.profiles), 1)

    @property
    def has_implicit_batch_dimension(self) -> bool:
        return False

    @property
    def max_batch_size(self) -> int:
        return 1

    @property
    def device_memory_size(self) -> int:
        return len(self._plan.onnx)

    @property
    def device_memory_size_v2(self) -> int:
        return len(self._plan.onnx)

    @property
    def tactic_sources(self) -> int:
        return self._plan.tactic_sources

    @property
    def refittable(self) -> bool:
        return False

    def serialize(self) -> Any:
        return host_memory(self._trt, self._data)

    def create_execution_context(self, *_: Any) -> Any:
        if device.is_out_of_memory("create_context", device.current_or_primary()):
            error(self._logger, 1, "Cuda Runtime", "out of memory")
            return None
        return make(self._trt.IExecutionContext, engine=self, shapes={}, addresses={}, profile=0)
