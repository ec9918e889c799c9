"""The CUDA driver's state: devices, contexts with a stack a thread, streams whose work waits to be synchronised."""

import threading
from typing import Callable, Dict, List, Optional

from gpu_double.cuda_errors import LogicError
from gpu_double.knobs import knob
from gpu_double.memory import IllegalAddress, Memory

ILLEGAL_ACCESS = "an illegal memory access was encountered"
DEFAULT_STREAM = 0


class CudaContext:
    """Memory and streams of one context. After a fault every call in it fails, as on a GPU."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.queues: Dict[int, List[Callable[[], None]]] = {DEFAULT_STREAM: []}
        self.is_broken = False
        self.is_alive = True
        self.handles = 0
        """Of the primary context: how many hold it."""
        self.thread = threading.get_ident()

    def new_stream(self) -> int:
        """Its handle. Streams of all contexts have different ones."""
        _driver.last_stream += 1
        self.queues[_driver.last_stream] = []
        return _driver.last_stream

    def enqueue(self, handle: int, work: Callable[[], None]) -> None:
        """KeyError for a stream that is not of this context."""
        self.queues[handle].append(work)

    def run_stream(self, handle: int, call: str) -> None:
        """Do what waits in a stream, and before it in the default one; a fault names `call`."""
        self.check(call)
        for queue in [self.queues[DEFAULT_STREAM], self.queues[handle]]:
            while queue:
                work = queue.pop(0)
                try:
                    work()
                except IllegalAddress as error:
                    self.is_broken = True
                    raise LogicError("{} failed: {}".format(call, ILLEGAL_ACCESS)) from error

    def run_all(self, call: str) -> None:
        for handle in list(self.queues):
            self.run_stream(handle, call)

    def check(self, call: str) -> None:
        """Raise what every call raises after a fault."""
        if self.is_broken:
            raise LogicError("{} failed: {}".format(call, ILLEGAL_ACCESS))


class _Driver:
    """One a process."""

    def __init__(self) -> None:
        self.is_initialised = False
        self.last_stream = 0x5500
        self.primary: Optional[CudaContext] = None
        self.stacks = threading.local()


_driver = _Driver()


def initialise() -> None:
    """cuInit."""
    _driver.is_initialised = True


def is_initialised() -> bool:
    return _driver.is_initialised


def stack() -> List[CudaContext]:
    """This thread's contexts, the current one last."""
    if not hasattr(_driver.stacks, "contexts"):
        _driver.stacks.contexts = []
    return _driver.stacks.contexts


def current(call: str) -> CudaContext:
    """This thread's context. LogicError where it has none, or a broken one."""
    if not stack():
        raise LogicError("{} failed: invalid device context".format(call))
    stack()[-1].check(call)
    return stack()[-1]


def current_or_primary() -> CudaContext:
    """What CUDA's runtime interface, and so TensorRT, works in: without a current context it takes the primary one."""
    if stack():
        return stack()[-1]
    return primary()


def primary() -> CudaContext:
    if _driver.primary is None:
        _driver.primary = CudaContext()
    return _driver.primary


def is_primary(context: CudaContext) -> bool:
    """Whether it is the one that CUDA's runtime interface takes by itself where none is current."""
    return _driver.primary is context and not stack()


def forget_primary(context: CudaContext) -> None:
    """Where `context` is the primary one, the next to ask gets a new one."""
    if _driver.primary is context:
        _driver.primary = None


def is_out_of_memory(moment: str, context: CudaContext, nbytes: int = 0) -> bool:
    """Whether an allocation of `nbytes` at this moment (a value of the knob out_of_memory_at) must fail."""
    return moment in knob("out_of_memory_at") or context.memory.used_bytes + nbytes > knob("memory_mib") << 20
