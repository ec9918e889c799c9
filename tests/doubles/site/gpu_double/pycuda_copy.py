"""pycuda.driver: copies between host and GPU."""

from typing import Any, Optional

import numpy as np

from gpu_double import device
from gpu_double.cuda_errors import LogicError
from gpu_double.device import CudaContext
from gpu_double.host_memory import contiguous, is_pinned
from gpu_double.memory import ANY, IllegalAddress
from gpu_double.pycuda_stream import Stream, handle_of


def memcpy_htod_async(dest: Any, src: Any, stream: Optional[Stream] = None) -> None:
    """Pinned memory is read when the stream gets there; other memory is taken as it is now."""
    _to_device("cuMemcpyHtoDAsync", dest, src, stream)


def memcpy_htod(dest: Any, src: Any) -> None:
    _to_device("cuMemcpyHtoD", dest, src, None)
    device.current("cuMemcpyHtoD").run_all("cuMemcpyHtoD")


def _to_device(call: str, dest: Any, src: Any, stream: Optional[Stream]) -> None:
    context = device.current(call)
    data, dtype = contiguous(src, is_written=False)
    address = _checked(call, context, dest, data.nbytes)
    data = data if is_pinned(src) else data.copy()
    kind = ANY if dtype is None else dtype
    _enqueue(call, context, stream, lambda: context.memory.write(address, data, kind))


def memcpy_dtoh_async(dest: Any, src: Any, stream: Optional[Stream] = None) -> None:
    """`dest` holds the result once the stream is synchronised."""
    _to_host("cuMemcpyDtoHAsync", dest, src, stream)


def memcpy_dtoh(dest: Any, src: Any) -> None:
    _to_host("cuMemcpyDtoH", dest, src, None)
    device.current("cuMemcpyDtoH").run_all("cuMemcpyDtoH")


def _to_host(call: str, dest: Any, src: Any, stream: Optional[Stream]) -> None:
    context = device.current(call)
    data, dtype = contiguous(dest, is_written=True)
    address = _checked(call, context, src, data.nbytes)
    kind = ANY if dtype is None else dtype

    def copy() -> None:
        read = context.memory.read(address, data.nbytes, kind, "a copy to the host")
        np.copyto(data, read.view(data.dtype))

    _enqueue(call, context, stream, copy)


def memcpy_dtod(dest: Any, src: Any, size: int) -> None:
    context = device.current("cuMemcpyDtoD")
    source, target = [_checked("cuMemcpyDtoD", context, pointer, size) for pointer in (src, dest)]
    context.run_all("cuMemcpyDtoD")
    context.memory.write(target, context.memory.read(source, size, ANY, "a copy on the GPU"), ANY)


def memset_d8(dest: Any, data: int, size: int) -> None:
    context = device.current("cuMemsetD8")
    context.memory.write(_checked("cuMemsetD8", context, dest, size), np.full(size, data, np.uint8), ANY)


def _checked(call: str, context: CudaContext, pointer: Any, nbytes: int) -> int:
    """The address. LogicError where no live allocation of this context holds so many bytes there."""
    if isinstance(pointer, (float, np.ndarray)) or not hasattr(pointer, "__index__"):
        raise TypeError("Python argument types in {}({}) did not match C++ signature".format(call, type(pointer)))
    try:
        context.memory.find(int(pointer), nbytes)
    except IllegalAddress as error:
        raise LogicError("{} failed: invalid argument".format(call)) from error
    return int(pointer)


def _enqueue(call: str, context: CudaContext, stream: Optional[Stream], work: Any) -> None:
    try:
        context.enqueue(handle_of(stream), work)
    except KeyError as error:
        raise LogicError("{} failed: invalid resource handle".format(call)) from error
