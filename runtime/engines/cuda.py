"""The GPU itself, through pycuda, which is imported here alone: context, stream, buffers, the normalize kernel."""

import logging
import os
from typing import Any, NamedTuple, Optional, Tuple

import numpy as np

from runtime.engines.normalize import InputSteps
from runtime.errors import MissingPackageError, ModelError

log = logging.getLogger(__name__)

KERNEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "normalize.cu")
THREADS = 256
"""Of a block."""


class Gpu(NamedTuple):
    """Which GPU this is: an engine is built for one."""

    name: str
    sm: str
    """Compute capability, as in sm_53."""


def import_pycuda() -> Any:
    """pycuda's driver module, initialised. Raises MissingPackageError, which says what is the matter."""
    try:
        import pycuda.driver as driver
    except ImportError as error:
        raise MissingPackageError(
            "pycuda cannot be imported ({}): PATH=/usr/local/cuda/bin:$PATH pip install pycuda".format(error)
        ) from error
    try:
        driver.init()
        count = driver.Device.count()
    except driver.Error as error:
        raise MissingPackageError("CUDA does not start ({}): is NVIDIA's driver installed?".format(error)) from error
    if not count:
        raise MissingPackageError("CUDA finds no GPU: expected one, as in nvidia-smi or on a Jetson")
    return driver


def find_gpu() -> Gpu:
    """The first GPU; makes no context, so it costs no memory on it."""
    device = import_pycuda().Device(0)
    return Gpu(device.name(), "sm_{}{}".format(*device.compute_capability()))


class Cuda:
    """The first GPU's primary context, current inside `with` only, and one stream.

    What CUDA refuses inside is a ModelError.

    Whichever thread runs the networks makes it current for a call: no thread is left owning it. Not for two threads at
    once. `close` may be called twice; buffers must be freed before.
    """

    def __init__(self) -> None:
        self._driver = import_pycuda()
        self._context = self._driver.Device(0).retain_primary_context()
        with self:
            self.stream = self._driver.Stream()

    def __enter__(self) -> "Cuda":
        self._context.push()
        return self

    def __exit__(self, kind: object, error: Optional[BaseException], trace: object) -> None:
        self._driver.Context.pop()
        if isinstance(error, self._driver.Error):
            raise ModelError("the GPU fails: {}".format(error)) from error

    def allocate(self, nbytes: int) -> Any:
        """Device memory: int() of it is its address, `free()` gives it back."""
        return self._driver.mem_alloc(nbytes)

    def pinned(self, shape: Tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Page-locked memory, which the GPU copies without the CPU's help.

        Uncached for the CPU below compute capability 7.2: written once and read once, never worked in.
        """
        return self._driver.pagelocked_empty(shape, dtype)

    def to_device(self, target: Any, source: np.ndarray) -> None:
        """Copy page-locked memory to the device, in the stream."""
        self._driver.memcpy_htod_async(target, source, self.stream)

    def from_device(self, target: np.ndarray, source: Any) -> None:
        """Copy from the device to page-locked memory, in the stream."""
        self._driver.memcpy_dtoh_async(target, source, self.stream)

    def compile_kernel(self) -> Any:
        """normalize.cu, ready to be launched; None, and a line in the log, where nvcc is not there to compile it."""
        try:
            from pycuda.compiler import SourceModule

            with open(KERNEL, encoding="utf-8") as file:
                return SourceModule(file.read()).get_function("normalize")
        except (OSError, ImportError, RuntimeError, self._driver.Error) as error:  # no nvcc; CompileError is an Error
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            log.info(
                "colour order and scale on the CPU: normalize.cu did not compile (%s); put /usr/local/cuda/bin on PATH",
                reason,
            )
            return None

    def launch(self, kernel: Any, source: Any, target: Any, shape: Tuple[int, ...], steps: InputSteps) -> None:
        """Run `kernel` on pictures of `shape` (n, h, w, 3) at `source`, into `target`, in the stream."""
        in_all = shape[0] * shape[1] * shape[2]
        kernel(
            source,
            target,
            np.int32(shape[1] * shape[2]),
            np.int32(in_all),
            *[np.int32(channel) for channel in steps.channels],
            *[np.float32(value) for value in steps.scales + steps.offsets],
            block=(THREADS, 1, 1),
            grid=((in_all + THREADS - 1) // THREADS, 1),
            stream=self.stream,
        )

    def close(self) -> None:
        """Let go of stream and context."""
        if self._context is not None:
            with self:
                self.stream = None
            self._context.detach()
            self._context = None
