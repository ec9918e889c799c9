"""Builder: turns a network into a plan, slowly, or is killed on the way if a knob says so."""

import os
import signal
import time
from typing import Any, List, Optional

from gpu_double import device
from gpu_double.compute import Network
from gpu_double.config import config_values
from gpu_double.facade import make
from gpu_double.host_buffer import host_memory
from gpu_double.knobs import knob
from gpu_double.logger import error, say
from gpu_double.network import empty_network
from gpu_double.plan import Plan, PlanTensor, bytes_of
from gpu_double.profile import faults
from gpu_double.rounding import has_half_weights, rounded_to_half
from gpu_double.versions import gpu_of_release

STEPS = 10
"""Of the one phase that a progress monitor is told of."""
NO_DEVICE = "CUDA initialization failure with error: 100. Please check your CUDA installation"


class Builder:
    """Needs a GPU."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        require_gpu(logger)

    def create_network(self, flags: int) -> Any:
        return empty_network(self._trt, self, self._logger, int(flags))

    def create_builder_config(self) -> Any:
        return make(self._trt.IBuilderConfig, **config_values(self._trt, self._logger))

    def create_optimization_profile(self) -> Any:
        return make(self._trt.IOptimizationProfile)

    @property
    def platform_has_fast_fp16(self) -> bool:
        return knob("fast_fp16")

    @property
    def logger(self) -> Any:
        return self._logger

    def build_serialized_network(self, network: Any, config: Any, *_: Any) -> Any:
        plan = _plan(self, network, config)
        return None if plan is None else host_memory(self._trt, bytes_of(plan))

    def is_network_supported(self, network: Any, config: Any) -> bool:
        return not _faults(self, network, config)


def require_gpu(logger: Any) -> None:
    """What constructors do without a device: a word to the logger, and a TypeError of pybind11's."""
    if not knob("gpus"):
        error(logger, 6, "Internal Error", NO_DEVICE)
        raise TypeError("pybind11::init(): factory function returned nullptr")


def _faults(builder: Any, network: Any, config: Any) -> List[str]:
    """Why the real builder would give up at once."""
    if network._onnx is None or not network._outputs:
        return ["Network must have at least one output"]
    found = faults(network._inputs, config._profiles)
    if network._is_strongly_typed:
        names = [name for name in ("FP16", "BF16", "INT8") if _has_flag(builder._trt, config, name)]
        found += ["{} precision has been set for a network created with kSTRONGLY_TYPED".format(n) for n in names]
    return found


def _has_flag(module: Any, config: Any, name: str) -> bool:
    flag = module.BuilderFlag.__members__.get(name)
    return flag is not None and bool(config._flags >> int(flag) & 1)


def _plan(builder: Any, network: Any, config: Any) -> Optional[Plan]:
    logger = builder._logger
    wrong = _faults(builder, network, config)
    for text in wrong:
        error(logger, 4, "Internal Error", text)
    if wrong:
        return None
    is_half = _has_flag(builder._trt, config, "FP16")
    if is_half and not knob("fast_fp16"):
        say(logger, "WARNING", "Half2 support requested on hardware without native FP16 support")
    workspace = config._pools.get(0, 0)
    if not _work(builder, network, config, workspace):
        return None
    if "build" in knob("out_of_memory_at"):
        error(logger, 2, "OutOfMemory", "no further information")
        error(logger, 10, "Internal Error", "Could not find any implementation for node Conv_0.")
        return None
    if knob("build_fails"):
        error(logger, 10, "Internal Error", "Could not find any implementation for node Conv_0.")
        return None
    gpu = gpu_of_release()
    tensors = [(tensor, True) for tensor in network._inputs] + [(tensor, False) for tensor in network._outputs]
    return _computable(
        logger,
        Plan(
            version=builder._trt.__version__,
            compute_capability=gpu.compute_capability,
            gpu=gpu.name,
            name=network._name,
            precision="fp16" if is_half or has_half_weights(network._onnx) else "fp32",
            layers=len(network._layers),
            workspace_bytes=workspace,
            tactic_sources=config._tactic_sources,
            tensors=[PlanTensor(t._name, is_input, t._dtype, t._shape) for t, is_input in tensors],
            profiles=[dict(profile._set) for profile in config._profiles],
            onnx=rounded_to_half(network._onnx) if is_half else network._onnx,
        ),
    )


def _computable(logger: Any, plan: Plan) -> Optional[Plan]:
    """The plan, tried once on the smallest shapes; None, with an error, where onnxruntime cannot compute it."""
    smallest = {name: shapes[0] for profile in plan.profiles[:1] for name, shapes in profile.items()}
    shapes = {tensor.name: smallest.get(tensor.name, tensor.shape) for tensor in plan.tensors if tensor.is_input}
    try:
        Network(plan).output_shapes(shapes)
    except Exception as reason:  # onnxruntime's exceptions share no public base class
        error(logger, 10, "Internal Error", "the double cannot compute this network: {}".format(reason))
        return None
    return plan


def _work(builder: Any, network: Any, config: Any, workspace_bytes: int) -> bool:
    """Take the time that building takes. False where the progress monitor calls it off."""
    key = "{}/{}".format(hash_of(network._onnx), config._flags)
    is_known = config._cache is not None and key in config._cache._networks
    seconds = knob("build_s_with_cache") if is_known and knob("build_s_with_cache") is not None else knob("build_s")
    monitor = config.__dict__.get("_kept_progress_monitor")
    above = knob("kill_build_above_mib")
    is_doomed = knob("kill_build") or above is not None and workspace_bytes > above << 20
    device.current_or_primary()
    if monitor is not None:
        monitor.phase_start("Building Engine", None, STEPS)
    goes_on = True
    for step in range(STEPS):
        time.sleep(seconds / STEPS)
        if is_doomed and step == STEPS // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        goes_on = goes_on and (monitor is None or monitor.step_complete("Building Engine", step))
        if not goes_on:
            break
    if monitor is not None:
        monitor.phase_finish("Building Engine")
    if config._cache is not None:
        config._cache._networks.add(key)
    return goes_on


def hash_of(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()[:16]
