"""The model that TensorRT's parser is given: the bundle's own, made ready for what this TensorRT can take."""

from typing import NamedTuple, Optional

import onnx

from export.graph.folding import fold_shapes
from export.graph.half_graph import half_model
from export.graph.half_weights import widened
from export.graph.input_steps import input_steps
from export.graph.uint8_input import from_normalized
from runtime.engines.normalize import InputSteps
from runtime.errors import ModelError
from runtime.sides import Sides


class EngineModel(NamedTuple):
    """What an engine is built from."""

    model: onnx.ModelProto
    steps: Optional[InputSteps]
    """From a picture to where it begins; None where it begins at the picture."""


def engine_model(model: onnx.ModelProto, sides: Sides, max_batch: int, takes_uint8: bool, in_half: bool) -> EngineModel:
    """`model` for an engine whose input has `sides`; N stays open where `max_batch` is more than 1.

    `takes_uint8`: whether TensorRT does; else it begins at `normalized`. `in_half`: computes in FP16 by its own types.
    Sides are fixed, and what follows from them is folded. Raises ModelError.
    """
    ready = widened(model)
    kind = ready.graph.input[0].type.tensor_type.elem_type
    if len(ready.graph.input) != 1 or kind != onnx.TensorProto.UINT8:
        raise ModelError("an engine is built from a model with one uint8 input: export it with python -m export.onnx")
    steps = None
    if not (takes_uint8 and _only_cast(ready.graph)):
        steps = input_steps(model)
        if steps is None:
            raise ModelError(
                "TensorRT takes uint8 from 8.5 on, and then only into a Cast; the model has no tensor 'normalized' to "
                "begin at instead: export it again with python -m export.onnx"
            )
        ready = from_normalized(ready)
    dims = ready.graph.input[0].type.tensor_type.shape.dim
    fixed = (sides.height, sides.width, 3) if steps is None else (3, sides.height, sides.width)
    for dim, value in zip(dims[1:], fixed):
        if dim.dim_value not in (0, value):
            raise ModelError("the model is fixed to {} where {} is asked for".format(dim.dim_value, value))
        dim.dim_value = value
    if max_batch == 1:
        dims[0].dim_value = 1
    del ready.graph.value_info[:]  # of other sizes
    ready = fold_shapes(ready, [(batch,) + tuple(fixed) for batch in ((1,) if max_batch == 1 else (2, 3))])
    if in_half:
        ready = half_model(ready)
    return EngineModel(ready, steps)


def _only_cast(graph: onnx.GraphProto) -> bool:
    """Whether nothing but casts reads the picture: TensorRT takes uint8 into nothing else."""
    return all(node.op_type == "Cast" for node in graph.node if graph.input[0].name in node.input)
