"""IExecutionContext: shapes and addresses of one inference, and its start."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

from gpu_double import device
from gpu_double.facade import kept
from gpu_double.inference import inference
from gpu_double.logger import error
from gpu_double.plan import PlanTensor
from gpu_double.refusals import Misuse


class IExecutionContext:
    """Made by ICudaEngine.create_execution_context, and used by one thread."""

    @property
    def engine(self) -> Any:
        return self._engine

    name = kept("name", "Unnamed Execution Context")
    debug_sync = kept("debug_sync", False)
    enqueue_emits_profile = kept("enqueue_emits_profile", True)
    nvtx_verbosity = kept("nvtx_verbosity", None)
    persistent_cache_limit = kept("persistent_cache_limit", 0)

    # -- optimisation profile

    @property
    def active_optimization_profile(self) -> int:
        return self._profile

    @active_optimization_profile.setter
    def active_optimization_profile(self, index: int) -> None:
        self._use_profile(index)

    def set_optimization_profile_async(self, profile_index: int, stream_handle: int) -> bool:
        return self._use_profile(profile_index)

    def _use_profile(self, index: int) -> bool:
        if not 0 <= index < max(len(self._engine._plan.profiles), 1):
            return self._refuse("profile index {} out of range".format(index))
        self._profile = index
        self._shapes = {}
        return True

    # -- shapes

    def set_binding_shape(self, binding: int, shape: Any) -> bool:
        return self._set_shape(binding, shape)

    def get_binding_shape(self, binding: int) -> Any:
        return self._shape_now(binding)

    def set_input_shape(self, name: str, shape: Any) -> bool:
        return self._set_shape(name, shape)

    def get_tensor_shape(self, name: str) -> Any:
        return self._shape_now(name)

    @property
    def all_binding_shapes_specified(self) -> bool:
        return not self._unset()

    @property
    def all_shape_inputs_specified(self) -> bool:
        return True

    def infer_shapes(self) -> List[str]:
        """The inputs whose shape is still missing."""
        return self._unset()

    def _set_shape(self, key: Any, shape: Any) -> bool:
        tensor = self._engine._tensor(key)
        wanted = [int(d) for d in shape]
        if tensor is None or not tensor.is_input:
            return self._refuse("{!r} is no input".format(key))
        if len(wanted) != len(tensor.shape):
            return self._refuse("engineDims.nbDims == dimensions.nbDims, {} has {}".format(tensor.name, tensor.shape))
        smallest, _, largest = self._limits(tensor)
        for axis, (low, value, high) in enumerate(zip(smallest, wanted, largest)):
            if not low <= value <= high:
                text = "Supplied binding dimension {} for {} exceed min ~ max range at index {}, maximum dimension in"
                text += " profile is {}, minimum dimension in profile is {}, but supplied dimension is {}."
                return self._refuse(text.format(wanted, tensor.name, axis, high, low, value))
        self._shapes[tensor.name] = wanted
        return True

    def _limits(self, tensor: PlanTensor) -> Sequence[Sequence[int]]:
        profiles = self._engine._plan.profiles
        shapes = profiles[self._profile].get(tensor.name) if profiles else None
        return shapes or [tensor.shape] * 3

    def _input_shape(self, tensor: PlanTensor) -> Sequence[int]:
        return self._shapes.get(tensor.name, tensor.shape)

    def _unset(self) -> List[str]:
        return [t.name for t in self._engine._plan.tensors if t.is_input and -1 in self._input_shape(t)]

    def _shape_now(self, key: Any) -> Any:
        tensor = self._engine._tensor(key)
        if tensor is None:
            return self._trt.Dims()
        return self._trt.Dims([int(d) for d in dict(zip(self._names(), self._all_shapes()))[tensor.name]])

    def _names(self) -> List[str]:
        return [tensor.name for tensor in self._engine._plan.tensors]

    def _all_shapes(self) -> List[Sequence[int]]:
        """Of every tensor, with the inputs' shapes as they are set; outputs keep -1 while an input is unset."""
        tensors = self._engine._plan.tensors
        if self._unset():
            return [self._input_shape(t) if t.is_input else t.shape for t in tensors]
        shapes = {t.name: tuple(self._input_shape(t)) for t in tensors if t.is_input}
        outputs = iter(self._output_shapes(shapes))
        return [shapes[t.name] if t.is_input else next(outputs) for t in tensors]

    def _output_shapes(self, shapes: Dict[str, Tuple[int, ...]]) -> List[Sequence[int]]:
        known = self._engine.__dict__.setdefault("_known_shapes", {})
        key = tuple(sorted(shapes.items()))
        outputs = [tensor for tensor in self._engine._plan.tensors if not tensor.is_input]
        if all(-1 not in tensor.shape for tensor in outputs):
            return [tensor.shape for tensor in outputs]
        if key not in known:
            known[key] = self._engine._network.output_shapes(shapes)
        return known[key]

    # -- addresses and the start

    def set_tensor_address(self, name: str, memory: int) -> bool:
        if self._engine._tensor(name) is None:
            return False
        self._addresses[name] = int(memory)
        return True

    def get_tensor_address(self, name: str) -> int:
        return self._addresses.get(name, 0)

    def execute_async_v3(self, stream_handle: int) -> bool:
        for name in self._names():
            if not self._addresses.get(name):
                return self._refuse("Address is not set for tensor {}. Call setTensorAddress".format(name))
        return self._start([self._addresses[name] for name in self._names()], int(stream_handle))

    def execute_async_v2(self, bindings: List[int], stream_handle: int, input_consumed: Any) -> bool:
        return self._start(self._of_profile(bindings), int(stream_handle))

    def execute_v2(self, bindings: List[int]) -> bool:
        is_started = self._start(self._of_profile(bindings), device.DEFAULT_STREAM)
        if is_started:
            device.current_or_primary().run_stream(device.DEFAULT_STREAM, "cudaStreamSynchronize")
        return is_started

    def _of_profile(self, bindings: Sequence[int]) -> List[int]:
        """The block of this context's profile. The real one reads past the end of a list that is too short."""
        count = len(self._names())
        expected = count * max(len(self._engine._plan.profiles), 1)
        if len(bindings) != expected:
            raise Misuse("{} bindings given, the engine has {}".format(len(bindings), expected))
        return [int(address) for address in bindings[self._profile * count : (self._profile + 1) * count]]

    def _start(self, addresses: List[int], handle: int) -> bool:
        unset = self._unset()
        if unset:
            return self._refuse("allInputDimensionsSpecified(), not set: {}".format(", ".join(unset)))
        here: Optional[Any] = device.current_or_primary()
        if here is not self._engine._cuda or here.is_broken or handle not in here.queues:
            error(self._engine._logger, 1, "Cuda Runtime", "invalid resource handle")
            return False
        here.enqueue(handle, inference(self._engine, here.memory, addresses, self._all_shapes()))
        return True

    def _refuse(self, text: str) -> bool:
        error(self._engine._logger, 3, "API Usage Error", "Parameter check failed, condition: " + text)
        return False
