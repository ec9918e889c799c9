"""ONNX models on OpenVINO, on CPUs that compute in BF16. Here alone, and lazily, openvino is imported."""

import importlib.util
import os
import sys
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from runtime.engines.engine import Engine, TensorSpec
from runtime.engines.sidecar import BF16, FP32, OPENVINO, EngineKey
from runtime.errors import MissingPackageError, ModelError

_HINTS = {BF16: "bf16", FP32: "f32"}
_NOISE = ("Exception from ", "Check '", "FrontEnd API failed")
"""How the lines of OpenVINO's errors begin that say where in its source it happened."""


def import_openvino() -> Any:
    """The package; MissingPackageError says how to have it."""
    # Where this can be imported, openvino reports each of its imports to Google Analytics; it runs without.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except Exception as error:  # a library that does not load raises OSError, a broken installation anything
        if isinstance(error, ImportError) and getattr(error, "name", None) == "openvino":
            text = "OpenVINO is not installed: pip install '.[openvino]' (x86-64, Python 3.10 or newer)"
        else:
            text = "OpenVINO cannot be imported ({}): pip install --force-reinstall openvino".format(_reason(error))
        raise MissingPackageError(text) from error
    return openvino


def absent() -> str:
    """That it is an option, in a few words; empty where it is installed, if only in part."""
    if importlib.util.find_spec("openvino") is not None:
        return ""
    if sys.version_info < (3, 10):
        return "no OpenVINO for Python {}.{}".format(*sys.version_info[:2])
    return "pip install '.[openvino]' may make it faster"


def this_machine() -> EngineKey:
    """A key with OpenVINO and the CPU filled in; MissingPackageError where OpenVINO is missing."""
    openvino = import_openvino()
    core = openvino.Core()
    name, kinds = (core.get_property("CPU", key) for key in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES"))
    return EngineKey("", "", OPENVINO, _version(openvino), name.strip(), " ".join(kinds), "", 0, 0, 0)


def has_bf16(machine: EngineKey) -> bool:
    """Whether this CPU computes in BF16 itself: where it does not, BF16 gains nothing."""
    return "BF16" in machine.architecture.split()


class OpenVINOEngine(Engine):
    """One ONNX file, compiled for this CPU. Outputs are OpenVINO's own memory, written again by the next run.

    Where the number of pictures is left open, a single one, which the reuse of names makes the usual case, has a
    network of its own: an open batch costs 0.3 to 0.8 ms more a run than a fixed one (19 % for one crop, 6 % for 16;
    desk machine, November 2026), but a network for each would take 0.15 s and 28 MB. Not for two threads at once.
    """

    def __init__(
        self,
        path: str,
        precision: str = FP32,
        threads: int = 0,
        shape: Optional[Sequence[Optional[int]]] = None,
        cache: Optional[str] = None,
    ) -> None:
        """`precision`: fp32 or bf16; `threads`: 0 = one a physical core.

        `shape`: of the input where the model leaves it open, None where it stays so. `cache`: a folder of the user's
        own, for what is compiled. ModelError where it cannot run.
        """
        if not os.path.isfile(path):
            raise ModelError("no model at {}: give the path of an ONNX file".format(path))
        openvino = import_openvino()
        options: Dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            # Bound to a core each, its threads would wait for capture and compose there while other cores idle.
            "ENABLE_CPU_PINNING": False,
        }
        if cache is not None:
            options["CACHE_DIR"] = cache
        try:
            core = openvino.Core()
            model = core.read_model(path)
            if len(model.inputs) != 1:
                raise ModelError("{} has {} inputs: expected one, the picture".format(path, len(model.inputs)))
            if shape is not None:
                model.reshape([-1 if side is None else side for side in shape])
            self.input = _spec(model.inputs[0])
            self.outputs = [_spec(output) for output in model.outputs]
            self._request = core.compile_model(model, "CPU", options).create_infer_request()
            self._request_for_one = self._request
            if [side is None for side in self.input.shape] == [True, False, False, False]:
                model.reshape((1,) + self.input.shape[1:])
                self._request_for_one = core.compile_model(model, "CPU", options).create_infer_request()
        except RuntimeError as error:
            raise ModelError("OpenVINO does not take {}: {}".format(path, _reason(error))) from error
        self.metadata = _metadata(model)
        self._tensor = openvino.Tensor
        self.name = "OpenVINO {} CPU {}".format(_version(openvino), precision.upper())

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        if self._request is None:
            raise ModelError("{} is closed".format(self.name))
        request = self._request_for_one if len(tensor) == 1 else self._request
        try:
            if tensor.dtype != self.input.dtype:  # OpenVINO would read its bytes as if it were
                raise RuntimeError("expected {}".format(self.input.dtype))
            request.set_input_tensor(self._tensor(tensor, shared_memory=True))
            request.infer(share_outputs=True)
        except RuntimeError as error:
            message = "the model does not take a {} tensor of shape {}: {}"
            raise ModelError(message.format(tensor.dtype, tensor.shape, _reason(error))) from error
        return [request.get_output_tensor(index).data for index in range(len(self.outputs))]

    def close(self) -> None:
        self._request = self._request_for_one = None


def _version(openvino: Any) -> str:
    return str(openvino.__version__).split("-")[0]


def _spec(port: Any) -> TensorSpec:
    sides = tuple(side.get_length() if side.is_static else None for side in port.partial_shape)
    return TensorSpec(port.any_name, sides, np.dtype(port.element_type.to_dtype()))


def _metadata(model: Any) -> Dict[str, str]:
    where = ["framework"]
    return dict(model.get_rt_info(where).value) if model.has_rt_info(where) else {}


def _reason(error: Exception) -> str:
    """The line of OpenVINO's that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(_NOISE)] or lines or [type(error).__name__]
    return said[0]
