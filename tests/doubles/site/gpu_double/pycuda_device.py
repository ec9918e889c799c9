"""pycuda.driver: devices and contexts."""

from typing import Any, Optional, Tuple

from gpu_double import device
from gpu_double.cuda_errors import Error, LogicError, RuntimeError
from gpu_double.device import CudaContext
from gpu_double.knobs import knob
from gpu_double.versions import gpu_of_release


def init(flags: int = 0) -> None:
    if not knob("gpus"):
        raise RuntimeError("cuInit failed: no CUDA-capable device is detected")
    device.initialise()


def get_version() -> Tuple[int, int, int]:
    return gpu_of_release().cuda


def get_driver_version() -> int:
    major, minor, _ = gpu_of_release().cuda
    return major * 1000 + minor * 10


class Device:
    """A GPU that says of itself that it is a double."""

    def __init__(self, ordinal: int) -> None:
        if not device.is_initialised():
            raise LogicError("cuDeviceGet failed: initialization error")
        if not 0 <= ordinal < knob("gpus"):
            raise LogicError("cuDeviceGet failed: invalid device ordinal")
        self._ordinal = ordinal

    @staticmethod
    def count() -> int:
        if not device.is_initialised():
            raise LogicError("cuDeviceGetCount failed: initialization error")
        return knob("gpus")

    def name(self) -> str:
        return gpu_of_release().name

    def compute_capability(self) -> Tuple[int, int]:
        return gpu_of_release().compute_capability

    def total_memory(self) -> int:
        return knob("memory_mib") << 20

    def make_context(self, flags: int = 0) -> "Context":
        """A new context, current in this thread."""
        context = Context._of(CudaContext())
        device.stack().append(context._cuda)
        return context

    def retain_primary_context(self) -> "Context":
        """The primary context, not made current. Each handle holds it: it ends with the last one's `detach`."""
        cuda = device.primary()
        cuda.handles += 1
        return Context._of(cuda)


class Context:
    """Handle of a context. `pop`, `synchronize`, `get_device` and `get_current` are of the thread's current one."""

    def __init__(self, *_: Any) -> None:
        raise Error("This class cannot be instantiated from Python")

    @classmethod
    def _of(cls, cuda: CudaContext) -> "Context":
        context = object.__new__(cls)
        context._cuda = cuda
        return context

    def push(self) -> None:
        if not self._cuda.is_alive:
            raise LogicError("cuCtxPushCurrent failed: invalid device context")
        device.stack().append(self._cuda)

    @staticmethod
    def pop() -> None:
        if not device.stack():
            raise LogicError("context::pop failed: invalid device context - cannot pop non-current context")
        device.stack().pop()

    def detach(self) -> None:
        """Let go of it, which destroys it unless another handle holds it; where it is current it leaves the stack."""
        if self._cuda.is_alive:
            self._cuda.handles = max(0, self._cuda.handles - 1)
            if self._cuda.handles == 0:
                self._cuda.is_alive = False
                device.forget_primary(self._cuda)
            if device.stack() and device.stack()[-1] is self._cuda:
                device.stack().pop()

    @staticmethod
    def synchronize() -> None:
        device.current("cuCtxSynchronize").run_all("cuCtxSynchronize")

    @staticmethod
    def get_device() -> Device:
        device.current("cuCtxGetDevice")
        return Device(0)

    @staticmethod
    def get_current() -> Optional["Context"]:
        return Context._of(device.stack()[-1]) if device.stack() else None
