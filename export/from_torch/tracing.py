"""torch -> ONNX by tracing: opset 13, IR version 8 at most, the input named `normalized`. Needs torch."""

import io
import warnings
from typing import Any, Dict, List

import onnx

from export.graph.half_weights import fold_aliases
from export.graph.uint8_input import NORMALIZED
from runtime.errors import ModelError

OPSET = 13
"""The newest that TensorRT 8.2 reads."""
LARGEST_IR = 8
"""The newest that onnxruntime 1.10 reads, the last for Python 3.6."""


def onnx_from_torch(module: Any, example: Any, output: str, output_shape: List[Any]) -> onnx.ModelProto:
    """Trace `module` (float32 (n, 3, h, w) -> one tensor) with `example`; n, h and w stay open.

    `output_shape`: what to write down for the output, numbers or names of open axes. Raises ModelError.
    """
    import torch

    file = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            # Of the tracer, one per branch that it takes for constant: what matters is compared afterwards.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                (example,),
                file,
                # dynamo=True would give opset 18 without a word, and HardSwish for torch's hard swish.
                dynamo=False,
                opset_version=OPSET,
                input_names=[NORMALIZED],
                output_names=[output],
                dynamic_axes={
                    NORMALIZED: {0: "n", 2: "h", 3: "w"},
                    output: {axis: size for axis, size in enumerate(output_shape) if isinstance(size, str)},
                },
            )
    except (RuntimeError, ValueError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError("torch cannot export this network at opset {}: {}".format(OPSET, reason)) from error
    model = onnx.load_from_string(file.getvalue())
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if opsets.get("") != OPSET or model.ir_version > LARGEST_IR:
        raise ModelError(
            "torch {} wrote opset {} and IR version {}: expected {} and at most {}".format(
                torch.__version__, opsets.get(""), model.ir_version, OPSET, LARGEST_IR
            )
        )
    fold_aliases(model)
    _declare(model.graph.output[0], output_shape)
    return model


def _declare(value: onnx.ValueInfoProto, shape: List[Any]) -> None:
    for dimension, size in zip(value.type.tensor_type.shape.dim, shape):
        dimension.Clear()
        if isinstance(size, str):
            dimension.dim_param = size
        else:
            dimension.dim_value = size


def describe(model: onnx.ModelProto, metadata: Dict[str, str]) -> None:
    """Write `metadata` into `model`, in place of what it had; and no trace of the machine it was made on."""
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    for node in model.graph.node:
        node.doc_string = ""
