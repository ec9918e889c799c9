"""pycuda.driver: memory of the GPU, and pinned memory of the host."""

import threading
from typing import Any, Tuple

import numpy as np

from gpu_double import device
from gpu_double.cuda_errors import Error, LogicError, MemoryError
from gpu_double.device import CudaContext
from gpu_double.host_memory import pinned_array
from gpu_double.knobs import knob


class DeviceAllocation:
    """Memory on the GPU; `int()` is its address. Freed with the last reference, or by `free`."""

    def __init__(self, *_: Any) -> None:
        raise Error("This class cannot be instantiated from Python")

    @classmethod
    def _of(cls, context: CudaContext, nbytes: int) -> "DeviceAllocation":
        allocation = object.__new__(cls)
        allocation._context = context
        allocation._address = context.memory.allocate(nbytes).address
        allocation._is_valid = True
        return allocation

    def __int__(self) -> int:
        return self._address

    def __index__(self) -> int:
        return self._address

    def free(self) -> None:
        if not self._is_valid:
            raise LogicError("device_allocation::free failed: invalid resource handle")
        self._is_valid = False
        is_current = bool(device.stack()) and device.stack()[-1] is self._context
        if is_current or threading.get_ident() == self._context.thread:
            self._context.memory.free(self._address)  # else it leaks: pycuda cannot make the context current here

    def __del__(self) -> None:
        if getattr(self, "_is_valid", False):
            self.free()


def mem_get_info() -> Tuple[int, int]:
    """Bytes free, bytes in all."""
    total = knob("memory_mib") << 20
    return total - device.current("cuMemGetInfo").memory.used_bytes, total


def mem_alloc(*size: int) -> DeviceAllocation:
    """By position only, as in pycuda."""
    (nbytes,) = size
    context = device.current("cuMemAlloc")
    if nbytes <= 0:
        raise LogicError("cuMemAlloc failed: invalid argument")
    if device.is_out_of_memory("mem_alloc", context, nbytes):
        raise MemoryError("cuMemAlloc failed: out of memory")
    return DeviceAllocation._of(context, nbytes)


def mem_alloc_like(ary: np.ndarray) -> DeviceAllocation:
    return mem_alloc(ary.nbytes)


def pagelocked_empty(shape: Any, dtype: Any, order: str = "C", mem_flags: int = 0) -> np.ndarray:
    context = device.current("cuMemHostAlloc")
    if device.is_out_of_memory("pagelocked_empty", context):
        raise MemoryError("cuMemHostAlloc failed: out of memory")
    return pinned_array(shape, dtype, order)


def pagelocked_zeros(shape: Any, dtype: Any, order: str = "C", mem_flags: int = 0) -> np.ndarray:
    array = pagelocked_empty(shape, dtype, order, mem_flags)
    array.fill(0)
    return array


def pagelocked_empty_like(array: np.ndarray, mem_flags: int = 0) -> np.ndarray:
    return pagelocked_empty(array.shape, array.dtype, "C", mem_flags)


def pagelocked_zeros_like(array: np.ndarray, mem_flags: int = 0) -> np.ndarray:
    return pagelocked_zeros(array.shape, array.dtype, "C", mem_flags)
