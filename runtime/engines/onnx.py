"""ONNX models on onnxruntime: the CPU, or CUDA where onnxruntime-gpu finds it."""

import os
from typing import Dict, List, Optional, Tuple

import numpy as np

from runtime.engines.engine import Engine, TensorSpec
from runtime.errors import MissingPackageError, ModelError
from runtime.handles import OUT_OF_MEMORY, is_out_of_memory

_DTYPES = {
    "tensor(uint8)": np.uint8,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(double)": np.float64,
    "tensor(bool)": np.bool_,
}


def _import_onnxruntime():
    try:
        import onnxruntime
    except ImportError as error:
        if is_out_of_memory(error):
            raise MissingPackageError(OUT_OF_MEMORY.format(error)) from error
        raise MissingPackageError(
            "onnxruntime cannot be imported ({}): pip install onnxruntime, or onnxruntime-gpu for CUDA".format(error)
        ) from error
    return onnxruntime


def _spec(node) -> TensorSpec:
    shape: Tuple[Optional[int], ...] = tuple(d if isinstance(d, int) and d > 0 else None for d in node.shape)
    if node.type not in _DTYPES:
        raise ModelError("{} is {}: expected a tensor of one of {}".format(node.name, node.type, ", ".join(_DTYPES)))
    return TensorSpec(node.name, shape, np.dtype(_DTYPES[node.type]))


class OnnxEngine(Engine):
    """One ONNX file in one onnxruntime session."""

    def __init__(self, path: str, threads: int = 0, sides: Optional[Dict[str, int]] = None) -> None:
        """Load `path`; `threads` for the maths, 0 = one a physical core.

        `sides`: values of open dimensions by name, where they will never be others: what follows from them is worked
        out once.
        """
        if not os.path.isfile(path):
            raise ModelError("no model at {}: give the path of an ONNX file".format(path))
        onnxruntime = _import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Spinning threads take the CPU from capture and compose: without it the loop uses half the CPU time.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        for name, value in (sides or {}).items():
            options.add_free_dimension_override_by_name(name, value)
        wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        providers = [provider for provider in wanted if provider in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=providers)
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise ModelError(_explain(path, error, onnxruntime.__version__)) from error
        try:
            inputs = [_spec(node) for node in self._session.get_inputs()]
            self.outputs = [_spec(node) for node in self._session.get_outputs()]
            self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)
        except UnicodeDecodeError as error:
            raise ModelError("{}: a name in it is no text ({}): export it again".format(path, error)) from error
        if len(inputs) != 1:
            raise ModelError("{} has {} inputs: expected one, the picture".format(path, len(inputs)))
        self.input = inputs[0]
        self._output_names = [spec.name for spec in self.outputs]
        provider = self._session.get_providers()[0].replace("ExecutionProvider", "")
        self.name = "onnxruntime {} {}".format(onnxruntime.__version__, provider)

    def run(self, tensor: np.ndarray) -> List[np.ndarray]:
        try:
            return self._session.run(self._output_names, {self.input.name: tensor})
        except Exception as error:  # as above
            message = "the model does not take a {} tensor of shape {}: {}"
            raise ModelError(message.format(tensor.dtype, tensor.shape, _first_line(error))) from error

    def close(self) -> None:
        self._session = None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["?"])[0]


def _explain(path: str, error: Exception, version: str) -> str:
    reason = _first_line(error)
    lowered = reason.lower()
    if is_out_of_memory(error):
        return OUT_OF_MEMORY.format(reason)
    if "opset" in lowered or "ir_version" in lowered or "ir version" in lowered:
        hint = "it needs a newer onnxruntime than {}: upgrade, or export with opset 13 and IR version 8".format(version)
    elif "protobuf" in lowered or "parse" in lowered:
        hint = "not an ONNX file, or cut short: copy or export it again"
    else:
        hint = "export it again with opset 13"
    return "cannot load {}: {} ({})".format(path, hint, reason)
