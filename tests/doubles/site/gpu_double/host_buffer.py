"""IHostMemory: bytes that TensorRT hands out, through Python's buffer interface."""

import ctypes
from typing import Any


class _Bytes(ctypes.Array):
    """An array of ctypes less what makes it a sequence; true, as any object."""

    _type_ = ctypes.c_ubyte
    _length_ = 0
    __len__ = None
    __getitem__ = None
    __setitem__ = None
    __iter__ = None

    def __bool__(self) -> bool:
        return True


class IHostMemory:
    """Has `nbytes`, `dtype` and the buffer, but no length and no items."""

    @staticmethod
    def _class_of_release(module: Any) -> type:
        """The class of this module; each object is of a subclass as long as its bytes."""
        namespace = {
            "__module__": "tensorrt.tensorrt",
            "__init__": _refuse,
            "__enter__": lambda self: self,
            "__exit__": lambda self, *_: None,
            "nbytes": property(lambda self: type(self)._length_),
            "dtype": property(lambda self: module.DataType.INT8),
        }
        return type(ctypes.Array)("IHostMemory", (_Bytes,), namespace)


def _refuse(self: Any, *_: Any) -> None:
    raise TypeError("tensorrt.tensorrt.IHostMemory: No constructor defined!")


def host_memory(module: Any, data: bytes) -> Any:
    """These bytes as an IHostMemory of `module`."""
    namespace = {"_length_": len(data), "_type_": ctypes.c_ubyte, "__module__": "tensorrt.tensorrt"}
    sized = type(ctypes.Array)("IHostMemory", (module.IHostMemory,), namespace)
    return sized.from_buffer_copy(data)
