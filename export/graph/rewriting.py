"""What torch writes for YOLO's networks, written anew to compute the same in less time.

On a CPU onnxruntime keeps feature maps in blocks of channels; each cut through the channels (Slice, Split) and each
Softmax across them sends the whole map back to rows and forth again. Without, the detectors of the shipped bundles take
0.94 of their time at 160 and 0.92 at 320 (desk, one thread, onnxruntime 1.31, November 2026).
"""

from typing import Dict, Iterator, List, NamedTuple, Optional

import numpy as np
import onnx
from onnx import helper, numpy_helper

_Nodes = List[onnx.NodeProto]


class _Piece(NamedTuple):
    """Channels `start` to `end` of a map, under the name `output`."""

    output: str
    start: int
    end: int


def split_convolutions(model: onnx.ModelProto) -> int:
    """Where a convolution's output, SiLU included, is only cut into pieces, one convolution for each piece; in place.

    The weights of a piece are called `name[start:end]`. Returns how many convolutions were split.
    """
    graph = _Graph(model)
    count = 0
    for convolution in [node for node in model.graph.node if node.op_type == "Conv"]:
        chain = graph.with_silu(convolution)
        pieces = graph.pieces(chain[-1].output[0])
        if pieces is None or not graph.has_plain_weights(convolution):
            continue
        for piece in pieces:
            graph.add(_copy_for(piece, chain, graph), before=convolution)
        cuts = graph.readers[chain[-1].output[0]]
        graph.remove(chain + cuts)
        count += 1
    graph.store(model)
    return count


def transpose_for_softmax(model: onnx.ModelProto) -> int:
    """Where a Softmax across channels only feeds a weighted sum of them, let both run along the last axis; in place.

    So do YOLOv8 and 11 decode their boxes. Returns how many were written anew.
    """
    graph = _Graph(model)
    count = 0
    for softmax in [node for node in model.graph.node if node.op_type == "Softmax"]:
        turn = graph.makers.get(softmax.input[0])
        sums = graph.readers[softmax.output[0]]
        if turn is None or len(sums) != 1 or not _is_box_decoding(turn, softmax, sums[0], graph):
            continue
        weights = sums[0].input[1] + "/column"
        graph.constants[weights] = graph.constants[sums[0].input[1]].reshape(-1, 1)
        turned, shares = turn.output[0] + "/last", softmax.output[0] + "/last"
        column = sums[0].output[0] + "/last"
        new = [
            helper.make_node("Transpose", [turn.input[0]], [turned], name=turned, perm=[0, 1, 3, 2]),
            helper.make_node("Softmax", [turned], [shares], name=shares, axis=3),
            helper.make_node("MatMul", [shares, weights], [column], name=column),
            # (n, 4, cells, 1) -> (n, 1, 4, cells), as the convolution had it.
            helper.make_node("Transpose", [column], [sums[0].output[0]], name=column + "/back", perm=[0, 3, 1, 2]),
        ]
        graph.add(new, before=turn)
        graph.remove([softmax, sums[0]] + ([turn] if len(graph.readers[turn.output[0]]) == 1 else []))
        count += 1
    graph.store(model)
    return count


def _is_box_decoding(turn: onnx.NodeProto, softmax: onnx.NodeProto, last: onnx.NodeProto, graph: "_Graph") -> bool:
    """(n, 4, bins, cells) -> Transpose -> Softmax over axis 1 -> 1x1 convolution to one channel, without a bias."""
    weights = graph.constants.get(last.input[1]) if last.op_type == "Conv" and len(last.input) == 2 else None
    return (
        turn.op_type == "Transpose"
        and _attribute(turn, "perm") == [0, 2, 1, 3]
        and _attribute(softmax, "axis") == 1
        and weights is not None
        and weights.shape[0] == 1
        and weights.shape[2:] == (1, 1)
    )


def _copy_for(piece: _Piece, chain: _Nodes, graph: "_Graph") -> _Nodes:
    """The nodes of `chain`, a convolution and what follows, for the channels of `piece` alone."""
    mark = "[{}:{}]".format(piece.start, piece.end)
    copies = []
    names = {node.output[0]: node.output[0] + mark for node in chain[:-1]}
    names[chain[-1].output[0]] = piece.output
    for name in chain[0].input[1:]:
        names[name] = name + mark
        graph.constants[name + mark] = np.ascontiguousarray(graph.constants[name][piece.start : piece.end])
    for node in chain:
        copy = onnx.NodeProto.FromString(node.SerializeToString())
        copy.name = node.output[0] + mark
        copy.input[:] = [names.get(name, name) for name in node.input]
        copy.output[:] = [names[node.output[0]]]
        copies.append(copy)
    return copies


class _Graph:
    """The nodes of a model, by what they make and read."""

    def __init__(self, model: onnx.ModelProto) -> None:
        graph = model.graph
        self._nodes: _Nodes = list(graph.node)
        self._outputs = {output.name for output in graph.output}
        self._before: Dict[str, _Nodes] = {}
        self._removed: List[str] = []
        self.makers = {name: node for node in graph.node for name in node.output}
        self.readers: Dict[str, _Nodes] = {name: [] for name in self.makers}
        for node in graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self._weights = set(self.constants)
        for node in graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = numpy_helper.to_array(_attribute(node, "value"))

    def with_silu(self, convolution: onnx.NodeProto) -> _Nodes:
        """`convolution`, and the Sigmoid and Mul of its SiLU where nothing else reads it."""
        name = convolution.output[0]
        readers = self.readers[name]
        kinds = {node.op_type: node for node in readers}
        if set(kinds) == {"Sigmoid", "Mul"} and len(readers) == 2:
            sigmoid, product = kinds["Sigmoid"], kinds["Mul"]
            if set(product.input) == {name, sigmoid.output[0]} and len(self.readers[sigmoid.output[0]]) == 1:
                return [convolution, sigmoid, product]
        return [convolution]

    def pieces(self, name: str) -> Optional[List[_Piece]]:
        """What `name` is cut into along its channels; None where it is used in another way, or some of it twice."""
        pieces = []
        for node in self.readers[name]:
            cut = list(self._cut(node, name))
            if not cut:
                return None
            pieces += cut
        taken = sorted((piece.start, piece.end) for piece in pieces)
        overlap = any(end > start for (_, end), (start, _) in zip(taken, taken[1:]))
        return None if overlap or len(pieces) < 2 or name in self._outputs else pieces

    def _cut(self, node: onnx.NodeProto, name: str) -> Iterator[_Piece]:
        if node.input[0] != name or any(other not in self.constants for other in node.input[1:]):
            return
        values = [self.constants[other] for other in node.input[1:]]
        if node.op_type == "Split" and _attribute(node, "axis") == 1 and len(values) == 1:
            ends = np.cumsum(values[0]).tolist()
            for output, start, end in zip(node.output, [0] + ends, ends):
                yield _Piece(output, start, end)
        if node.op_type == "Slice" and len(values) in (3, 4) and all(len(value) == 1 for value in values):
            start, end, axis, step = [int(value[0]) for value in values] + [1] * (4 - len(values))
            if axis == 1 and step == 1 and 0 <= start < end:
                yield _Piece(node.output[0], start, end)

    def has_plain_weights(self, convolution: onnx.NodeProto) -> bool:
        """Whether all output channels see all input channels, and the weights are this convolution's own."""
        own = convolution.input[1:]
        is_own = all(name in self._weights and len(self.readers[name]) == 1 for name in own)
        return is_own and _attribute(convolution, "group", 1) == 1

    def add(self, nodes: _Nodes, before: onnx.NodeProto) -> None:
        """Put `nodes` in front of another one."""
        self._before.setdefault(before.output[0], []).extend(nodes)

    def remove(self, nodes: _Nodes) -> None:
        """Leave `nodes` out."""
        self._removed.extend(node.output[0] for node in nodes)

    def store(self, model: onnx.ModelProto) -> None:
        """Into `model`, without the weights that nothing reads any more."""
        nodes: _Nodes = []
        for node in self._nodes:
            nodes.extend(self._before.get(node.output[0], []))
            if node.output[0] not in self._removed:
                nodes.append(node)
        copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        made = {name for node in copies for name in node.output}
        read = {name for node in copies for name in node.input}
        tensors = [onnx.TensorProto.FromString(t.SerializeToString()) for t in model.graph.initializer]
        known = {tensor.name for tensor in tensors}
        tensors += [
            numpy_helper.from_array(values, name)
            for name, values in self.constants.items()
            if name not in known and name not in made
        ]
        del model.graph.node[:]
        del model.graph.initializer[:]
        model.graph.node.extend(copies)
        model.graph.initializer.extend(tensor for tensor in tensors if tensor.name in read)


def _attribute(node: onnx.NodeProto, name: str, default=None):
    for attribute in node.attribute:
        if attribute.name == name:
            return helper.get_attribute_value(attribute)
    return default
