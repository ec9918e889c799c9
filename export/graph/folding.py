"""What follows from a network's fixed input size alone, worked out beforehand and put in as constants.

torch writes paddings, grids of cells and resize sizes as arithmetic on shapes, in floats too. With the sides fixed they
are constants, but with an open batch TensorRT 8.2 would have to do that arithmetic on shape tensors, which it knows in
whole numbers only.
"""

import os
import tempfile
from typing import Dict, List, Sequence, Set

import numpy as np
import onnx
from onnx import numpy_helper

from runtime.engines.onnx import OnnxEngine

_OF_SHAPES = ("Shape", "Size")
"""Operators whose output follows from their input's shape."""


def fold_shapes(model: onnx.ModelProto, shapes: Sequence[Sequence[int]]) -> onnx.ModelProto:
    """A copy of `model` with such values as initialisers, and without the nodes that worked them out.

    `shapes`: of the input, to try: what comes out the same for each does not depend on what differs between them, so
    give two batches where the batch is open, and two sizes where the sides are.
    """
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    names = _beside_the_data(copy.graph)
    if not names:
        return copy
    found = [_values(copy, names, shape) for shape in shapes]
    fixed = {
        name: values
        for name, values in found[0].items()
        if all(np.array_equal(values, other[name]) and values.shape == other[name].shape for other in found[1:])
    }
    kept = [node for node in copy.graph.node if not set(node.output) <= set(fixed)]
    constants = [numpy_helper.from_array(np.ascontiguousarray(values), name) for name, values in fixed.items()]
    _replace(copy.graph.initializer, list(copy.graph.initializer) + constants)
    _replace(copy.graph.node, _needed(kept, {output.name for output in copy.graph.output}))
    read = {name for node in copy.graph.node for name in node.input}
    _replace(copy.graph.initializer, [tensor for tensor in copy.graph.initializer if tensor.name in read])
    return copy


def fix_side(model: onnx.ModelProto, side: int, batches: Sequence[int]) -> onnx.ModelProto:
    """A copy of `model`, whose input is [n, h, w, 3], that takes squares of `side` pixels only, folded.

    Paddings that are worked out on every run keep onnxruntime from fusing them into their convolutions: a batch of 8
    crops of EfficientNet-Lite0 took 17.1 ms with open sides and 13.9 ms so (desk, one thread, November 2026).
    """
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    for dimension in copy.graph.input[0].type.tensor_type.shape.dim[1:3]:
        dimension.Clear()
        dimension.dim_value = side
    del copy.graph.value_info[:]
    return fold_shapes(copy, [(batch, side, side, 3) for batch in batches])


def _beside_the_data(graph: onnx.GraphProto) -> List[str]:
    """Tensors that nodes compute, but not from the values of the input."""
    weights = {tensor.name for tensor in graph.initializer}
    data = {value.name for value in graph.input} - weights
    names: List[str] = []
    for node in graph.node:
        if node.op_type not in _OF_SHAPES and data.intersection(node.input):
            data.update(node.output)
        elif node.op_type != "Constant":
            names.extend(name for name in node.output if name)
    return names


def _values(model: onnx.ModelProto, names: Sequence[str], shape: Sequence[int]) -> Dict[str, np.ndarray]:
    """The values of these tensors for a black picture of this shape."""
    asked = onnx.ModelProto.FromString(model.SerializeToString())
    own = {output.name for output in asked.graph.output}
    asked.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in own)
    with tempfile.TemporaryDirectory(prefix="shelfsight-") as folder:
        path = os.path.join(folder, "asked.onnx")
        onnx.save(asked, path)
        with OnnxEngine(path, 1) as engine:
            outputs = engine.run(np.zeros(shape, engine.input.dtype))
            found = {spec.name: values for spec, values in zip(engine.outputs, outputs)}
    return {name: np.asarray(found[name]) for name in names}


def _needed(nodes: Sequence[onnx.NodeProto], outputs: Set[str]) -> List[onnx.NodeProto]:
    """Those of `nodes` that `outputs` need, in order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]


def _replace(field, values: list) -> None:
    copies = [type(value).FromString(value.SerializeToString()) for value in values]
    del field[:]
    field.extend(copies)
