"""An engine's memory on both sides, allocated once for the largest batch. All of it wants the CUDA context current."""

import contextlib
from typing import Any, Optional, Tuple

import numpy as np

from runtime.engines.cuda import Cuda
from runtime.engines.engine import TensorSpec
from runtime.engines.normalize import InputSteps


class PictureBuffer:
    """Pictures (n, h, w, 3) uint8 on their way to where the engine begins: at them, or at `normalized`."""

    def __init__(
        self, cuda: Cuda, shape: Tuple[int, ...], steps: Optional[InputSteps], stack: contextlib.ExitStack
    ) -> None:
        """`shape`: of the largest batch. What must be freed goes to `stack`, to be closed outside of the context."""
        self._cuda = cuda
        self._steps = steps
        self._host = cuda.pinned(shape, np.dtype(np.uint8))
        self._pictures = allocated(cuda, int(np.prod(shape)), stack)
        self.address = int(self._pictures)
        if steps is None:
            return
        planes = (shape[0], 3) + shape[1:3]
        self._normalized = allocated(cuda, 4 * int(np.prod(planes)), stack)
        self.address = int(self._normalized)
        self._kernel = cuda.compile_kernel()
        if self._kernel is None:
            self._host_planes = cuda.pinned(planes, np.dtype(np.float32))

    def upload(self, pictures: np.ndarray) -> None:
        """Start the way of `pictures`, at most the largest batch, in the stream."""
        batch = len(pictures)
        if self._steps is not None and self._kernel is None:
            self._steps.fill(pictures, self._host_planes[:batch])
            self._cuda.to_device(self._normalized, self._host_planes[:batch])
            return
        np.copyto(self._host[:batch], pictures)
        self._cuda.to_device(self._pictures, self._host[:batch])
        if self._steps is not None:
            self._cuda.launch(self._kernel, self._pictures, self._normalized, pictures.shape, self._steps)


class OutputBuffer:
    """One output, on its way to ordinary memory: pinned memory is uncached for the Nano's CPU."""

    def __init__(self, cuda: Cuda, spec: TensorSpec, shape: Tuple[int, ...], stack: contextlib.ExitStack) -> None:
        """As PictureBuffer."""
        count = int(np.prod(shape))
        self._cuda = cuda
        self._device = allocated(cuda, count * spec.dtype.itemsize, stack)
        self._host = cuda.pinned((count,), spec.dtype)
        self._kept = np.empty(count, spec.dtype)
        self.address = int(self._device)

    def download(self, shape: Tuple[int, ...]) -> None:
        """Start the way of what an inference gave, of this shape, in the stream."""
        self._cuda.from_device(self._host[: int(np.prod(shape))], self._device)

    def array(self, shape: Tuple[int, ...]) -> np.ndarray:
        """What was downloaded, once the stream has got there; ordinary memory, valid until the next call."""
        count = int(np.prod(shape))
        np.copyto(self._kept[:count], self._host[:count])
        return self._kept[:count].reshape(shape)


def allocated(cuda: Cuda, nbytes: int, stack: contextlib.ExitStack) -> Any:
    """Device memory that `stack` frees."""
    memory = cuda.allocate(nbytes)

    def free() -> None:
        with cuda:
            memory.free()

    stack.callback(free)
    return memory
