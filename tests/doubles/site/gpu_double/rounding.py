"""Weights in half precision: the error that an FP16 engine really has, at the least."""

from typing import Any

import numpy as np


def rounded_to_half(data: bytes) -> bytes:
    """An ONNX file with every float32 weight rounded to float16, still stored as float32."""
    import onnx

    model = onnx.load_model_from_string(data)
    for tensor in _floats(model):
        array = onnx.numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = array.astype(np.float16).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, tensor.name))
    return model.SerializeToString()


def has_half_weights(data: bytes) -> bool:
    """Whether the ONNX file itself is in FP16, as strongly typed networks have it."""
    import onnx

    model = onnx.load_model_from_string(data)
    return any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)


def _floats(model: Any) -> Any:
    import onnx

    return [tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
