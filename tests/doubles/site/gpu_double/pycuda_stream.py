"""pycuda.driver: streams and events."""

import time
from typing import List, Optional

from gpu_double import device
from gpu_double.cuda_errors import LogicError
from gpu_double.device import CudaContext


def _needs_context() -> CudaContext:
    """Of objects that live in a context."""
    if not device.stack():
        raise LogicError("explicit_context_dependent failed: invalid device context - no currently active context?")
    return device.current("cuCtxGetCurrent")


class Stream:
    """Work waits in it until it is synchronised."""

    def __init__(self, flags: int = 0) -> None:
        self._context = _needs_context()
        self._handle = self._context.new_stream()

    @property
    def handle(self) -> int:
        return self._handle

    def synchronize(self) -> None:
        _own(self._context, "cuStreamSynchronize").run_stream(self._handle, "cuStreamSynchronize")

    def is_done(self) -> bool:
        return not _own(self._context, "cuStreamQuery").queues[self._handle]

    def wait_for_event(self, event: "Event") -> None:
        event.synchronize()


class Event:
    """A moment in a stream."""

    def __init__(self, flags: int = 0) -> None:
        self._context = _needs_context()
        self._waiting: List[int] = []
        self._at_s: Optional[float] = None

    def record(self, stream: Optional[Stream] = None) -> "Event":
        handle = handle_of(stream)
        self._at_s = None
        self._waiting = [handle]
        _own(self._context, "cuEventRecord").enqueue(handle, self._reached)
        return self

    def _reached(self) -> None:
        self._at_s = time.perf_counter()

    def synchronize(self) -> "Event":
        for handle in self._waiting:
            _own(self._context, "cuEventSynchronize").run_stream(handle, "cuEventSynchronize")
        return self

    def query(self) -> bool:
        return self._at_s is not None

    def time_till(self, event: "Event") -> float:
        """Milliseconds."""
        if self._at_s is None or event._at_s is None:
            raise LogicError("cuEventElapsedTime failed: device not ready")
        return (event._at_s - self._at_s) * 1e3

    def time_since(self, event: "Event") -> float:
        """Milliseconds."""
        return event.time_till(self)


def _own(context: CudaContext, call: str) -> CudaContext:
    """The current context, which must be the one that the object was made in."""
    if device.current(call) is not context:
        raise LogicError("{} failed: invalid resource handle".format(call))
    return context


def handle_of(stream: Optional[Stream]) -> int:
    return device.DEFAULT_STREAM if stream is None else stream.handle
