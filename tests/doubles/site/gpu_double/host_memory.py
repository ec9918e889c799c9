"""Pinned host memory: ordinary arrays that a copy reads or fills only when the stream gets to it."""

import ctypes
from typing import Any, Tuple

import numpy as np


class PagelockedHostAllocation:
    """Owns the bytes; arrays made on it have it as their base."""

    def __init__(self, nbytes: int) -> None:
        self._buffer = (ctypes.c_ubyte * max(nbytes, 1))()
        self._nbytes = nbytes

    @property
    def __array_interface__(self) -> dict:
        return {
            "shape": (self._nbytes,),
            "typestr": "|u1",
            "data": (ctypes.addressof(self._buffer), False),
            "version": 3,
        }

    def free(self) -> None:
        """The real one invalidates the array; here it stays readable."""


def pinned_array(shape: Any, dtype: Any, order: str) -> np.ndarray:
    """A new array of pinned memory, not set to anything in particular."""
    whole = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    count = int(np.prod(whole, dtype=np.int64))
    flat = np.asarray(PagelockedHostAllocation(count * np.dtype(dtype).itemsize))
    return flat.view(dtype).reshape(whole, order=order)


def is_pinned(array: Any) -> bool:
    """Whether the bytes belong to a PagelockedHostAllocation."""
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, PagelockedHostAllocation)


def contiguous(data: Any, is_written: bool) -> Tuple[np.ndarray, Any]:
    """An array on the bytes of a buffer, and its dtype (None: plain bytes). BufferError as pycuda raises it."""
    if isinstance(data, np.ndarray):
        if not (data.flags.c_contiguous or data.flags.f_contiguous):
            raise BufferError("ndarray is not contiguous")
        if is_written and not data.flags.writeable:
            raise BufferError("buffer source array is read-only")
        if data.flags.c_contiguous:
            return data.reshape(-1), data.dtype
        return data.T.reshape(-1), data.dtype
    view = memoryview(data)
    if is_written and view.readonly:
        raise BufferError("Object is not writable.")
    return np.frombuffer(view, np.uint8), None
