"""Weights stored as FP16 and widened once at load, which halves the file: each goes through a Cast to its old name.

onnxruntime folds those casts while it loads (tried: 1.10 and 1.32), so that inference costs what it cost. TensorRT's
parser wants the weights of a convolution as weights, not as the output of a node: `widened` gives it that.
"""

from typing import Dict, List

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from runtime.errors import ModelError

SMALLEST = 512
"""Elements below which a tensor stays FP32: biases and constants are a thousandth of the file and need their digits."""
_SUFFIX = ".fp16"
_LARGEST_FP16 = 65504.0


def store_half(model: onnx.ModelProto) -> int:
    """Store the large FP32 initialisers of `model` as FP16, in place; how many bytes that saves.

    One with a value beyond FP16 stays FP32. Raises ModelError where a weight is not finite.
    """
    casts, saved = [], 0
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if not np.isfinite(values).all():
            raise ModelError(
                "the weights {} are not finite: the training diverged; export an earlier one".format(tensor.name)
            )
        if values.size < SMALLEST or np.abs(values).max() > _LARGEST_FP16:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + _SUFFIX))
        casts.append(helper.make_node("Cast", [name + _SUFFIX], [name], name=name + ".widened", to=TensorProto.FLOAT))
        saved += values.size * 2
    _prepend(model.graph, casts)
    return saved


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of `model` whose FP16-stored weights are plain FP32 initialisers again."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    weights = {t.name: t for t in graph.initializer if t.data_type == TensorProto.FLOAT16 and _is_inside(t)}
    kept = []
    for node in graph.node:
        to = [attribute.i for attribute in node.attribute if attribute.name == "to"]
        if node.op_type == "Cast" and node.input[0] in weights and to == [TensorProto.FLOAT]:
            values = numpy_helper.to_array(weights[node.input[0]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        else:
            kept.append(node)
    _replace_nodes(graph, kept)
    _drop_unread(graph)
    return copy


def fold_aliases(model: onnx.ModelProto) -> None:
    """Read each initialiser under its own name, in place: torch's exporter puts an Identity before one used twice."""
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    outputs = {output.name for output in graph.output}
    aliases: Dict[str, str] = {}
    kept = []
    for node in graph.node:
        source = aliases.get(node.input[0], node.input[0]) if node.input else ""
        if node.op_type == "Identity" and source in weights and node.output[0] not in outputs:
            aliases[node.output[0]] = source
            continue
        for index, name in enumerate(node.input):
            node.input[index] = aliases.get(name, name)
        kept.append(node)
    _replace_nodes(graph, kept)


def _is_inside(tensor: TensorProto) -> bool:
    """Whether the values are in the model's own file."""
    return tensor.data_location != TensorProto.EXTERNAL


def _prepend(graph: onnx.GraphProto, nodes: List[onnx.NodeProto]) -> None:
    _replace_nodes(graph, nodes + list(graph.node))


def _replace_nodes(graph: onnx.GraphProto, nodes: List[onnx.NodeProto]) -> None:
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def _drop_unread(graph: onnx.GraphProto) -> None:
    """Remove FP16 initialisers that nothing reads any more."""
    read = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    kept = [t for t in graph.initializer if t.name in read or not t.name.endswith(_SUFFIX)]
    copies = [TensorProto.FromString(tensor.SerializeToString()) for tensor in kept]
    del graph.initializer[:]
    graph.initializer.extend(copies)
