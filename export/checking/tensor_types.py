"""Element types that TensorRT's parser takes, and where: a rule of python -m export.check.

docs/operators.md of onnx-tensorrt: 8.x knows DOUBLE (narrowed to FLOAT), FLOAT, FLOAT16, INT8 (quantised values only),
INT32, INT64 (narrowed to INT32) and BOOL; UINT8 from 8.5 on, as the input or output of a network, read by a Cast only.
"""

from typing import Dict, Iterator, Set

from onnx import TensorProto

from export.checking.rules import ERROR, WARNING, Finding, title, type_name
from export.checking.targets import Target
from export.graph.reading import Graph

_KNOWN = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL}
_KNOWN_FROM_10 = {TensorProto.BFLOAT16}
_WHOLE = {TensorProto.INT32, TensorProto.INT64}

_TAKES_WHOLE = frozenset(
    """
    Abs Add And AveragePool Cast Concat Constant ConstantOfShape DepthToSpace Div Dropout Equal Expand EyeLike Flatten
    Gather GatherElements GatherND Greater GreaterOrEqual Identity If IsNaN Less LessOrEqual Loop Max Mean Min Mod Mul
    Neg NonMaxSuppression Not OneHot Or Pad QuantizeLinear DequantizeLinear Range Reshape Resize Scan Scatter
    ScatterElements ScatterND Shape Shrink Sign Size Slice SpaceToDepth Split Squeeze Sub Sum Tile Transpose Trilu
    Unsqueeze Upsample Where Xor
    """.split()
)
"""Operators that 8.x documents for INT32, or whose whole numbers are sizes and indices."""
_SIZES_AND_INDICES = {
    # operator: inputs that are sizes, axes or indices, whatever its data is
    "CumSum": {1},
    "TopK": {1},
    "ReduceSum": {1},
    "ReverseSequence": {1},
}


def tensor_types(graph: Graph, target: Target) -> Iterator[Finding]:
    """Types that the parser refuses or narrows, and whole numbers where it documents none."""
    raw = _uint8_inputs(graph)
    for value in graph.inputs:
        kind = value.type.tensor_type.elem_type
        if kind == TensorProto.UINT8 and not target.takes_uint8:
            change = "name the float tensor behind the input steps 'normalized', as python -m export.onnx does"
            what = "is UINT8, which TensorRT {} does not take".format(target.name)
            yield Finding(ERROR, "input {!r}".format(value.name), what, change)
    for node in graph.nodes:
        if node.op_type not in target.operators:
            continue  # Said already.
        for index, name in enumerate(node.input):
            yield from _read(node, index, graph.types.get(name, 0), name in raw and target.takes_uint8, target)
        for name in node.output:
            yield from _made(node, graph.types.get(name, 0), target)


def _uint8_inputs(graph: Graph) -> Set[str]:
    return {value.name for value in graph.inputs if value.type.tensor_type.elem_type == TensorProto.UINT8}


def _read(node, index: int, kind: int, is_raw_input: bool, target: Target) -> Iterator[Finding]:
    if kind == TensorProto.UINT8 and is_raw_input:
        if node.op_type not in ("Cast", "Identity"):
            what = "reads the UINT8 input itself: TensorRT {} lets nothing but Cast read it".format(target.name)
            yield Finding(ERROR, title(node), what, "cast to FLOAT before anything else, as python -m export.onnx does")
    elif kind in _WHOLE and target.clamps_int64 and node.op_type not in _TAKES_WHOLE:
        if node.op_type == "TopK" and index == 0:
            yield Finding(ERROR, title(node), "sorts whole numbers", "cast to FLOAT before it")
        elif index not in _SIZES_AND_INDICES.get(node.op_type, set()):
            what = "reads {}: TensorRT {} documents it for FLOAT and FLOAT16 only".format(type_name(kind), target.name)
            yield Finding(WARNING, title(node), what, "cast to FLOAT before it")


def _made(node, kind: int, target: Target) -> Iterator[Finding]:
    known = _KNOWN if target.clamps_int64 else _KNOWN | _KNOWN_FROM_10
    quantised: Dict[int, bool] = {TensorProto.INT8: node.op_type in ("QuantizeLinear", "Constant")}
    if kind == TensorProto.DOUBLE:
        what = "gives DOUBLE, which TensorRT narrows to FLOAT"
        yield Finding(WARNING, title(node), what, "export the network as float32 (module.float())")
    elif kind and kind not in known and not quantised.get(kind, False):
        what = "gives {}: TensorRT {} does not compute with it".format(type_name(kind), target.name)
        change = "compute in FLOAT" if node.op_type != "QuantizeLinear" else "quantise to INT8 with zero point 0"
        yield Finding(ERROR, title(node), what, change)
