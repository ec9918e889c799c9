"""The child process of a build, one engine: python -m export.building.build REQUEST.json. Started by export.engine.

It may be killed for want of memory, or crash inside a driver, without taking anything else along.
"""

import json
import logging
import os
import signal
import sys
import time
from typing import Any, List

import onnx

from export.building.model import engine_model
from export.building.progress import watch_progress
from export.building.request import BUILT, REFUSED, Built, Request
from export.checking.verdict import read_model
from runtime.command_line.command import exit_status_of
from runtime.engines.sidecar import FP16, FP32
from runtime.engines.tensorrt import import_tensorrt, make_log, started
from runtime.errors import BuildError
from runtime.sides import Sides

log = logging.getLogger(__name__)

OPTIMAL_BATCH = 4
"""That TensorRT tunes for where a batch is open: what a frame of the demo or of a shelf has."""


def build(request: Request) -> Built:
    """Build the engine, write it and the timing cache. Raises BuildError, ModelError, MissingPackageError."""
    began_s = time.monotonic()
    trt = import_tensorrt()
    logger = make_log(trt)
    builder = started(trt.Builder, logger)
    precision, why = request.precision, ""
    if precision == FP16 and not getattr(builder, "platform_has_fast_fp16", True):
        precision, why = FP32, "this GPU is not faster in FP16"
    has_flag = hasattr(trt.BuilderFlag, "FP16")
    source = read_model(request.model)
    ready = engine_model(
        source,
        Sides(request.width, request.height),
        request.max_batch,
        takes_uint8=hasattr(trt.DataType, "UINT8"),
        in_half=precision == FP16 and not has_flag,
    )
    network = builder.create_network(_network_flags(trt))
    _parse(trt, network, logger, ready.model)
    config = builder.create_builder_config()
    sources = _configure(trt, config, request)
    if precision == FP16 and has_flag:
        config.set_flag(trt.BuilderFlag.FP16)
    if request.max_batch > 1:
        config.add_optimization_profile(_profile(builder, network, request.max_batch))
    watch_progress(trt, config, log.debug)
    cache = _timing_cache(config, request.timing_cache)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise BuildError("TensorRT built nothing: {}".format(logger.reason()))
    _write(request.out, memoryview(plan))
    if cache is not None:
        _write(request.timing_cache, memoryview(config.get_timing_cache().serialize()))
    metadata = {entry.key: entry.value for entry in source.metadata_props}
    steps = None if ready.steps is None else ready.steps._asdict()
    return Built(precision, why, steps, metadata, round(time.monotonic() - began_s, 1), sources)


def _network_flags(trt: Any) -> int:
    """Explicit batch: to be asked for up to 9, ignored in 10, gone in 11, where there is nothing else."""
    explicit = getattr(trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH", None)
    return 0 if explicit is None else 1 << int(explicit)


def _parse(trt: Any, network: Any, logger: Any, model: onnx.ModelProto) -> None:
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model.SerializeToString()):
        reasons = [str(parser.get_error(index)) for index in range(parser.num_errors)]
        first = " ".join(reasons[0].split()) if reasons else logger.reason()
        raise BuildError(
            "TensorRT's parser does not take the model: {} (python -m export.check MODEL.onnx says more)".format(first)
        )


def _configure(trt: Any, config: Any, request: Request) -> List[str]:
    """Set workspace and tactic sources; the names of those sources."""
    workspace = request.workspace_mib << 20
    if hasattr(config, "set_memory_pool_limit"):
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, workspace)
    else:
        config.max_workspace_size = workspace
    if request.precision == FP32 and hasattr(trt.BuilderFlag, "TF32"):
        config.clear_flag(trt.BuilderFlag.TF32)  # on by default from Ampere on, and no more exact than FP16
    members = trt.TacticSource.__members__
    mask = config.get_tactic_sources()
    if not request.libraries:
        for name in ("CUBLAS", "CUBLAS_LT", "CUDNN"):
            if name in members:
                mask &= ~(1 << int(members[name]))
        config.set_tactic_sources(mask)
    return sorted(name for name, member in members.items() if mask & 1 << int(member))


def _profile(builder: Any, network: Any, max_batch: int) -> Any:
    profile = builder.create_optimization_profile()
    tensor = network.get_input(0)
    rest = tuple(tensor.shape)[1:]
    profile.set_shape(tensor.name, (1,) + rest, (min(OPTIMAL_BATCH, max_batch),) + rest, (max_batch,) + rest)
    return profile


def _timing_cache(config: Any, path: str) -> Any:
    """A timing cache with what `path` holds; without, every tactic is timed anew in every build."""
    held = b""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            held = file.read()
    for start in (held, b""):  # of another driver, or spoilt: begun anew
        cache = config.create_timing_cache(start)
        if cache is not None and config.set_timing_cache(cache, False):
            return cache
    return None


def _write(path: str, data: Any) -> None:
    with open(path, "wb") as file:
        file.write(data)


def main(arguments: List[str]) -> int:
    """Build what the file `arguments[0]` says; the last line on standard error says why not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # inside TensorRT, Python would see it only after minutes
    logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="%(message)s")
    with open(arguments[0], encoding="utf-8") as file:
        request = Request(**json.load(file))

    def run() -> int:
        try:
            built = build(request)
        except BuildError as error:
            print("shelfsight: {}".format(error), file=sys.stderr)
            return REFUSED
        with open(request.out + BUILT, "w", encoding="utf-8") as file:
            json.dump(built._asdict(), file)
        return 0

    return exit_status_of(run, target=request.out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
