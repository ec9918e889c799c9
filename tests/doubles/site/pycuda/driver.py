"""A test's double of pycuda.driver."""

# ruff: noqa: F401 - what pycuda.driver offers
from gpu_double.cuda_errors import Error, LaunchError, LogicError, MemoryError, RuntimeError
from gpu_double.host_memory import PagelockedHostAllocation
from gpu_double.kernels import CompileError, Function, Module, module_from_buffer
from gpu_double.pycuda_copy import (
    memcpy_dtod,
    memcpy_dtoh,
    memcpy_dtoh_async,
    memcpy_htod,
    memcpy_htod_async,
    memset_d8,
)
from gpu_double.pycuda_device import Context, Device, get_driver_version, get_version, init
from gpu_double.pycuda_memory import (
    DeviceAllocation,
    mem_alloc,
    mem_alloc_like,
    mem_get_info,
    pagelocked_empty,
    pagelocked_empty_like,
    pagelocked_zeros,
    pagelocked_zeros_like,
)
from gpu_double.pycuda_stream import Event, Stream

__shelfsight_double__ = True
