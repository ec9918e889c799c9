"""TensorRT engines of every version from 8.2 to 11. Here alone, and lazily, tensorrt is imported."""

import contextlib
import importlib.util
import logging
import os
from typing import Any, List, Optional, Tuple

import numpy as np

from runtime.engines.buffers import OutputBuffer, PictureBuffer
from runtime.engines.cache import read_plan, read_record
from runtime.engines.cuda import Cuda, find_gpu
from runtime.engines.engine import Engine, TensorSpec
from runtime.engines.io_tensors import NamedTensors, NumberedBindings
from runtime.engines.sidecar import TENSORRT, EngineKey, mismatches
from runtime.errors import EngineMismatch, MissingPackageError, ModelError

log = logging.getLogger(__name__)

NVIDIA_DEVICES = ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/nvgpu", "/dev/dxg", "/proc/driver/nvidia/version")
"""Where the driver of a card, of a Jetson, or of a Windows host shows itself."""


def import_tensorrt() -> Any:
    """The package; MissingPackageError says why it cannot be had."""
    try:
        import tensorrt
    except Exception as error:  # a library of another CUDA raises OSError, a broken installation anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MissingPackageError(
            "TensorRT cannot be imported ({}): it comes with JetPack, for the system's own Python; a venv needs "
            "--system-site-packages".format(reason)
        ) from error
    if not hasattr(tensorrt, "Builder"):
        raise MissingPackageError("TensorRT is broken: its package has no Builder; install it again")
    return tensorrt


def absent() -> str:
    """Why nobody would expect TensorRT on this machine; empty where there is a GPU or a part of the package."""
    if any(os.path.exists(path) for path in NVIDIA_DEVICES) or importlib.util.find_spec("tensorrt") is not None:
        return ""
    return "no NVIDIA GPU here"


def this_machine() -> EngineKey:
    """A key with TensorRT and GPU filled in; MissingPackageError where either is missing. Costs no GPU memory."""
    version = import_tensorrt().__version__
    gpu = find_gpu()
    return EngineKey("", "", TENSORRT, version, gpu.name, gpu.sm, "", 0, 0, 0)


def make_log(trt: Any) -> Any:
    """A TensorRT logger that keeps errors and the last line, and prints nothing; ours say it in one line."""

    class Log(trt.ILogger):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: List[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity == trt.ILogger.Severity.VERBOSE:
                return  # a build says thousands of these
            if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                self.errors.append(" ".join(message.split()))
            log.debug("TensorRT: %s", message)

        def reason(self) -> str:
            """The first error, which is the cause of the others."""
            return self.errors[0] if self.errors else "TensorRT does not say why"

    return Log()


def started(kind: Any, logger: Any) -> Any:
    """A Builder or Runtime; MissingPackageError where TensorRT does not start, as without a driver."""
    try:
        return kind(logger)
    except TypeError as error:  # pybind11's word for a constructor in C++ that gave nothing
        raise MissingPackageError("TensorRT does not start: {}".format(logger.reason())) from error


class TensorRTEngine(Engine):
    """One engine file with its sidecar. Buffers are allocated once, for the largest batch.

    Takes pictures (n, h, w, 3) uint8 whatever the engine begins at. Outputs are copied to ordinary memory, kept and
    written again by the next run. Not for two threads at once.
    """

    def __init__(self, path: str, wanted: Optional[EngineKey] = None) -> None:
        """EngineMismatch where it is not `wanted`, altered, or not for this TensorRT; ModelError if it cannot run."""
        record = read_record(path)
        if wanted is not None and record.key != wanted:
            raise EngineMismatch("{}: {}".format(path, "; ".join(mismatches(record.key, wanted))))
        if record.engine_sha256 is None:
            raise EngineMismatch("{} was not built: {}".format(path, record.why))
        plan = read_plan(path, record)
        self.record = record
        self.path = path
        key = record.key
        self.name = "TensorRT {} {}".format(key.version, record.precision.upper())
        self.metadata = dict(record.metadata)
        self.input = TensorSpec("images", (None, key.height, key.width, 3), np.dtype(np.uint8))
        if key.max_batch == 1:
            self.input = self.input._replace(shape=(1, key.height, key.width, 3))
        with contextlib.ExitStack() as stack:
            self._open(plan, stack)
            self._resources: Optional[contextlib.ExitStack] = stack.pop_all()

    def _open(self, plan: bytes, stack: contextlib.ExitStack) -> None:
        """Everything that must be closed goes to `stack`, in this order; the context is current meanwhile."""
        trt = import_tensorrt()
        self._cuda = Cuda()
        stack.callback(self._cuda.close)
        with self._cuda:
            logger = make_log(trt)
            self._runtime = started(trt.Runtime, logger)
            self._engine = self._runtime.deserialize_cuda_engine(plan)
            if self._engine is None:
                reason = logger.reason()
                kind = ModelError if "out of memory" in reason.lower() else EngineMismatch
                raise kind("TensorRT does not take {}: {}".format(os.path.basename(self.path), reason))
            self._context = self._engine.create_execution_context()
            if self._context is None:
                self._engine = self._runtime = None
                raise ModelError("{} cannot be run: {}".format(self.path, logger.reason()))
            stack.callback(self._drop_engine)
            tensors = NamedTensors if hasattr(self._engine, "num_io_tensors") else NumberedBindings
            self._tensors: Any = tensors(trt, self._engine, self._context)
            self._check_tensors()
            self._allocate(stack)

    def _drop_engine(self) -> None:
        with self._cuda:
            self._context = self._tensors = None
            self._engine = self._runtime = None

    def _check_tensors(self) -> None:
        """EngineMismatch where the engine itself is not what its sidecar says."""
        key, steps = self.record.key, self.record.steps
        batch = self.input.shape[0]
        shape = (batch, key.height, key.width, 3) if steps is None else (batch, 3, key.height, key.width)
        dtype = np.dtype(np.uint8 if steps is None else np.float32)
        found = self._tensors.inputs
        if len(found) != 1 or (found[0].shape, found[0].dtype) != (shape, dtype):
            told = ", ".join("{} {} {}".format(spec.name, spec.dtype, list(spec.shape)) for spec in found)
            raise EngineMismatch(
                "{} takes {}; its sidecar says {} {}".format(self.path, told or "nothing", dtype, list(shape))
            )
        self.outputs = list(self._tensors.outputs)

    def _allocate(self, stack: contextlib.ExitStack) -> None:
        key = self.record.key
        (begins_at,) = self._tensors.inputs
        self._batch = 0
        self._shapes: List[Tuple[int, ...]] = []
        self._set_batch(key.max_batch)
        pictures = (key.max_batch, key.height, key.width, 3)
        self._pictures = PictureBuffer(self._cuda, pictures, self.record.steps, stack)
        self._buffers = [
            OutputBuffer(self._cuda, spec, shape, stack) for spec, shape in zip(self.outputs, self._shapes)
        ]
        addresses = {spec.name: buffer.address for spec, buffer in zip(self.outputs, self._buffers)}
        addresses[begins_at.name] = self._pictures.address
        self._tensors.bind(addresses)

    def _set_batch(self, batch: int) -> None:
        if batch == self._batch:
            return
        (begins_at,) = self._tensors.inputs
        if begins_at.shape[0] is None and not self._tensors.set_input_shape(
            begins_at.name, (batch,) + tuple(begins_at.shape[1:])
        ):
            raise ModelError("{} does not take a batch of {}".format(self.path, batch))
        self._batch = batch
        self._shapes = [self._tensors.shape_of(spec.name) for spec in self.outputs]

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        self._check(tensor)
        with self._cuda as cuda:
            self._set_batch(len(tensor))
            self._pictures.upload(tensor)
            if not self._tensors.execute(cuda.stream.handle):
                raise ModelError("{}: the inference could not be started".format(self.path))
            for buffer, shape in zip(self._buffers, self._shapes):
                buffer.download(shape)
            cuda.stream.synchronize()
        return [buffer.array(shape) for buffer, shape in zip(self._buffers, self._shapes)]

    def _check(self, tensor: np.ndarray) -> None:
        if self._resources is None:
            raise ModelError("{} is closed".format(self.path))
        key = self.record.key
        fits = tensor.dtype == np.uint8 and tensor.shape[1:] == self.input.shape[1:]
        if not fits or not 1 <= len(tensor) <= key.max_batch:
            raise ModelError(
                "the engine does not take a {} tensor of shape {}: expected uint8 [1 to {}, {}, {}, 3]".format(
                    tensor.dtype, tensor.shape, key.max_batch, key.height, key.width
                )
            )

    def close(self) -> None:
        if self._resources is not None:
            resources, self._resources = self._resources, None
            del self._pictures, self._buffers
            try:
                resources.close()
            except ModelError as error:  # after a fault every call fails; what the fault was has been said
                log.debug("closing %s: %s", self.path, error)
