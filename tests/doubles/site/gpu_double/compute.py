"""The arithmetic of an engine: onnxruntime on the plan's ONNX, changed where a knob asks for a wrong result."""

import time
from typing import Any, Dict, List, Sequence

import numpy as np

from gpu_double.knobs import knob
from gpu_double.plan import Plan


class Network:
    """A plan ready to compute."""

    def __init__(self, plan: Plan) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(plan.onnx, options, providers=["CPUExecutionProvider"])
        self._types = {node.name: _dtype(node.type) for node in self._session.get_inputs()}
        self._outputs = [tensor for tensor in plan.tensors if not tensor.is_input]
        self._knob = plan.precision + "_outputs"

    def run(self, inputs: Dict[str, np.ndarray]) -> List[np.ndarray]:
        """The outputs in the plan's order, of the plan's types."""
        time.sleep(knob("inference_s"))
        feed = {name: array.astype(self._types[name], copy=False) for name, array in inputs.items()}
        found = self._session.run([tensor.name for tensor in self._outputs], feed)
        arrays = [np.ascontiguousarray(a, tensor.dtype) for a, tensor in zip(found, self._outputs)]
        return [_changed(array, knob(self._knob), index) for index, array in enumerate(arrays)]

    def output_shapes(self, shapes: Dict[str, Sequence[int]]) -> List[Sequence[int]]:
        """What the outputs' shapes come to, for inputs of these shapes: computed, as no rule is at hand."""
        feed = {name: np.zeros(tuple(shape), self._types[name]) for name, shape in shapes.items()}
        return [array.shape for array in self._session.run([tensor.name for tensor in self._outputs], feed)]


def _dtype(onnx_type: str) -> Any:
    names = {"float": "float32", "double": "float64", "float16": "float16"}
    inside = onnx_type[len("tensor(") : -1]
    return np.dtype(names.get(inside, inside))


def _changed(array: np.ndarray, how: str, index: int) -> np.ndarray:
    if how == "as computed" or not np.issubdtype(array.dtype, np.floating):
        return array
    if how == "zero":
        return np.zeros_like(array)
    if how == "nan":
        return np.full_like(array, np.nan)
    if how != "perturbed":
        raise KeyError("no such output of the double: {!r}".format(how))
    noise = np.random.RandomState(index).uniform(-1, 1, array.shape) * knob("perturbation")
    return (array * (1 + noise)).astype(array.dtype)
