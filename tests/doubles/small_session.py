"""Builds and runs the small network on whatever release is played, as plainly as the release's documents say."""

from typing import Any, List, Optional

import numpy as np
from doubles.small_network import network, shape

MAX_BATCH = 4


class Log:
    """What TensorRT said: `errors`, and `all` with the severity's name in front."""

    def __init__(self, trt: Any) -> None:
        self.errors: List[str] = []
        self.all: List[str] = []
        outer = self

        class Listener(trt.ILogger):
            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: Any, msg: str) -> None:
                outer.all.append("{} {}".format(severity.name, msg))
                if severity <= trt.ILogger.Severity.ERROR:
                    outer.errors.append(msg)

        self.listener = Listener()


def is_named(trt: Any) -> bool:
    """Whether tensors go by name; 8.6 has both."""
    return hasattr(trt.ICudaEngine, "num_io_tensors")


def parsed(trt: Any, log: Log, onnx: bytes, flags: Optional[int] = None) -> Any:
    """Builder, network, parser; the parser's errors are None where it took the file."""
    creation = trt.NetworkDefinitionCreationFlag.__members__
    if flags is None:
        flags = 1 << int(creation["EXPLICIT_BATCH"]) if "EXPLICIT_BATCH" in creation else 0
    builder = trt.Builder(log.listener)
    definition = builder.create_network(flags)
    parser = trt.OnnxParser(definition, log.listener)
    is_taken = parser.parse(onnx)
    return builder, definition, None if is_taken else [parser.get_error(i) for i in range(parser.num_errors)]


def built(trt: Any, log: Log, onnx: Optional[bytes] = None, is_half: bool = False, **settings: Any) -> Any:
    """The plan as IHostMemory, or None. `settings`: profile (False: none), cache (an ITimingCache), workspace_mib."""
    builder, definition, errors = parsed(trt, log, network() if onnx is None else onnx)
    assert errors is None, errors
    config = builder.create_builder_config()
    if settings.get("profile", True):
        profile = builder.create_optimization_profile()
        profile.set_shape("x", shape(1), shape(2), shape(MAX_BATCH))
        config.add_optimization_profile(profile)
    if is_half:
        config.set_flag(trt.BuilderFlag.FP16)
    if settings.get("cache") is not None:
        assert config.set_timing_cache(settings["cache"], False)
    if settings.get("workspace_mib"):
        nbytes = settings["workspace_mib"] << 20
        if hasattr(config, "set_memory_pool_limit"):
            config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, nbytes)
        else:
            config.max_workspace_size = nbytes
    return builder.build_serialized_network(definition, config)


class Session:
    """An engine with buffers for the largest batch, in the context that is current."""

    def __init__(self, trt: Any, cuda: Any, log: Log, plan: Any) -> None:
        self.cuda, self.log = cuda, log
        self.is_named = is_named(trt)
        self.engine = trt.Runtime(log.listener).deserialize_cuda_engine(plan)
        self.context = self.engine.create_execution_context()
        self.stream = cuda.Stream()
        self.host_x = cuda.pagelocked_empty(shape(MAX_BATCH), np.float32)
        self.host_y = cuda.pagelocked_empty((MAX_BATCH, 3, 1, 1), np.float32)
        self.x, self.y = cuda.mem_alloc(self.host_x.nbytes), cuda.mem_alloc(self.host_y.nbytes)

    def set_shape(self, wanted: Any) -> bool:
        if self.is_named:
            return self.context.set_input_shape("x", wanted)
        return self.context.set_binding_shape(0, wanted)

    def start(self) -> bool:
        """Enqueue the inference alone."""
        if not self.is_named:
            return self.context.execute_async_v2([int(self.x), int(self.y)], self.stream.handle)
        for name, memory in (("x", self.x), ("y", self.y)):
            self.context.set_tensor_address(name, int(memory))
        return self.context.execute_async_v3(self.stream.handle)

    def run(self, x: np.ndarray) -> np.ndarray:
        """All of it, for a batch of float32."""
        count = len(x)
        assert self.set_shape(x.shape), self.log.errors
        self.host_x[:count] = x
        self.cuda.memcpy_htod_async(self.x, self.host_x[:count], self.stream)
        assert self.start(), self.log.errors
        self.cuda.memcpy_dtoh_async(self.host_y[:count], self.y, self.stream)
        self.stream.synchronize()
        return self.host_y[:count].copy()
