"""OnnxParser: reads an ONNX file into a network, held to the operators of the release's own parser."""

import os
from typing import Any, Iterator, List, Set, Tuple

from gpu_double.facade import make
from gpu_double.logger import error, say
from gpu_double.refusals import Misuse

FLOAT, UINT8, INT64, DOUBLE, FLOAT16 = 1, 2, 7, 11, 10
"""Numbers of onnx.TensorProto.DataType."""


class ParserError:
    """One reason why a file was refused."""

    def code(self) -> Any:
        return self._code

    def desc(self) -> str:
        return self._desc

    def node(self) -> int:
        return self._node

    def file(self) -> str:
        return "test double"

    def line(self) -> int:
        return 0

    def func(self) -> str:
        return "test double"

    def node_name(self) -> str:
        return self._node_name

    def node_operator(self) -> str:
        return self._node_operator

    def __str__(self) -> str:
        return "In node {} (test double): {}: {}".format(self._node, self._code._name(), self._desc)

    __repr__ = __str__


class OnnxParser:
    """Fills the network that it was made for."""

    def __init__(self, network: Any, logger: Any) -> None:
        self._network = network
        self._logger = logger
        self._errors: List[Any] = []
        network._parser = self  # the weights belong to the parser: it must outlive the network

    @property
    def num_errors(self) -> int:
        return len(self._errors)

    def get_error(self, index: int) -> Any:
        return self._errors[index]

    def clear_errors(self) -> None:
        self._errors = []

    def supports_operator(self, op_name: str) -> bool:
        return op_name in _operators(self._trt)

    def parse_from_file(self, model: str) -> bool:
        if not os.path.isfile(model):
            self._refuse("MODEL_DESERIALIZE_FAILED", "Could not open file {}".format(model))
            return False
        with open(model, "rb") as file:
            return _parse(self, file.read())

    def parse(self, model: Any, path: Any) -> bool:
        return _parse(self, bytes(memoryview(model)))

    def _refuse(self, code: str, message: str, index: int = -1, node: Any = None) -> None:
        found = make(
            self._trt.ParserError,
            code=self._trt.ErrorCode.__members__[code],
            desc=message,
            node=index,
            node_name=node.name if node else "",
            node_operator=node.op_type if node else "",
        )
        self._errors.append(found)
        error(self._logger, 4, "ONNX", str(found))


def _operators(module: Any) -> Any:
    from export.checking.operators import IMPORTED

    return IMPORTED[module._release.operators]


def _parse(parser: Any, data: bytes) -> bool:
    import onnx

    network = parser._network
    if network._onnx is not None:
        raise Misuse("this network was filled already: the real parser would add a second model to it")
    if not network._is_explicit:
        parser._refuse("INVALID_VALUE", "Assertion failed: !_importer_ctx.network()->hasImplicitBatchDimension()")
        return False
    try:
        model = onnx.load_model_from_string(data)
    except Exception as reason:  # protobuf's DecodeError, whose package differs by release
        parser._refuse("MODEL_DESERIALIZE_FAILED", "Failed to parse ONNX model: {}".format(reason))
        return False
    if not model.graph.node:
        parser._refuse("MODEL_DESERIALIZE_FAILED", "Failed to parse ONNX model from bytes")
        return False
    for index, node, message in _refusals(parser._trt, model):
        parser._refuse("UNSUPPORTED_NODE", message, index, node)
    if parser._errors:
        return False
    _fill(parser, network, model, data)
    return True


def _refusals(module: Any, model: Any) -> Iterator[Tuple[int, Any, str]]:
    """Index of the node, the node, and why the release's parser would refuse it."""
    operators = _operators(module)
    for index, node in enumerate(model.graph.node):
        if node.op_type not in operators:
            yield index, node, "No importer registered for op: {}".format(node.op_type)
    pictures = {info.name for info in model.graph.input if info.type.tensor_type.elem_type == UINT8}
    if pictures and module._release.number < (8, 5):
        yield -1, None, "Unsupported ONNX data type: UINT8 (2) of input {}".format(", ".join(sorted(pictures)))
    for index, node in enumerate(model.graph.node):
        if pictures & set(node.input) and node.op_type != "Cast":
            yield index, node, "a UINT8 network input may only be read by a cast, not by {}".format(node.op_type)
    for info in list(model.graph.input) + list(model.graph.output):
        if info.type.tensor_type.elem_type == DOUBLE:
            yield -1, None, "Unsupported ONNX data type: DOUBLE (11) of {}".format(info.name)


def _fill(parser: Any, network: Any, model: Any, data: bytes) -> None:
    module = parser._trt
    weights: Set[str] = {tensor.name for tensor in model.graph.initializer}
    inputs = [info for info in model.graph.input if info.name not in weights]
    network._onnx = data
    network._inputs = [_tensor(module, info, True) for info in inputs]
    network._outputs = [_tensor(module, info, False) for info in model.graph.output]
    for index, node in enumerate(model.graph.node):
        name = node.name or "(Unnamed Layer* {}) [{}]".format(index, node.op_type)
        layer = make(module.ILayer, name=name, outputs=list(node.output), precision=None, output_types={})
        network._layers.append(layer)
    if module._release.number < (10, 0) and any(t.data_type == INT64 for t in model.graph.initializer):
        say(parser._logger, "WARNING", "Your ONNX model has been generated with INT64 weights: cast down to INT32")


def _tensor(module: Any, info: Any, is_input: bool) -> Any:
    import onnx

    kind = info.type.tensor_type
    shape = tuple(d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else -1 for d in kind.shape.dim)
    if hasattr(onnx, "helper") and hasattr(onnx.helper, "tensor_dtype_to_np_dtype"):
        dtype = str(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
    else:
        dtype = str(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[kind.elem_type])
    if dtype == "int64" and module._release.number < (10, 0):
        dtype = "int32"
    return make(module.ITensor, name=info.name, shape=shape, dtype=dtype, is_input=is_input)
