"""Runtime: makes an engine of a plan, or None and a word to the logger."""

from typing import Any

from gpu_double import device
from gpu_double.builder import require_gpu
from gpu_double.compute import Network
from gpu_double.facade import kept, make
from gpu_double.logger import error
from gpu_double.plan import BadPlan, plan_of
from gpu_double.versions import gpu_of_release

FAILED = "Engine deserialization failed."


class Runtime:
    """Needs a GPU."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        require_gpu(logger)

    @property
    def logger(self) -> Any:
        return self._logger

    def deserialize_cuda_engine(self, serialized_engine: Any) -> Any:
        return _engine(self, bytes(memoryview(serialized_engine)))

    max_threads = kept("max_threads", 1)
    engine_host_code_allowed = kept("engine_host_code_allowed", False)
    DLA_core = kept("DLA_core", -1)


def _engine(runtime: Any, data: bytes) -> Any:
    module, logger = runtime._trt, runtime._logger
    try:
        plan = plan_of(data)
    except BadPlan as fault:
        error(logger, 1, "Serialization", str(fault))
        error(logger, 4, "Internal Error", FAILED)
        return None
    if plan.version != module.__version__:
        text = "Serialization assertion stdVersionRead == serializationVersion failed.Version tag does not match."
        text += " Note: Current Version: {}, Serialized Engine Version: {}".format(module.__version__, plan.version)
        error(logger, 1, "Serialization", text)
        error(logger, 4, "Internal Error", FAILED)
        return None
    here = gpu_of_release().compute_capability
    if plan.compute_capability != here:
        text = "The engine plan file is generated on an incompatible device, expecting compute {}.{} got compute {}.{}"
        error(logger, 6, "API Usage Error", (text + ", please rebuild.").format(*here + plan.compute_capability))
        error(logger, 4, "Internal Error", FAILED)
        return None
    context = device.current_or_primary()
    if device.is_out_of_memory("deserialize", context):
        error(logger, 1, "Cuda Runtime", "out of memory")
        return None
    return make(
        module.ICudaEngine, plan=plan, network=Network(plan), logger=logger, cuda=context, runtime=runtime, data=data
    )
