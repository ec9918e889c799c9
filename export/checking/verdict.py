"""Whether TensorRT's ONNX parser takes a model, by every rule there is. Runs on the device: onnx 1.11, Python 3.6."""

import os
from typing import Iterator, List, NamedTuple

import onnx

from export.checking import rules, tensor_types
from export.checking.targets import Target
from export.graph.half_weights import widened
from export.graph.reading import graph_of
from export.graph.uint8_input import from_normalized
from runtime.errors import ModelError

_RULES = (
    rules.opset,
    rules.unknown_operators,
    tensor_types.tensor_types,
    rules.constant_inputs,
    rules.constant_values,
    rules.attributes,
)


class Report(NamedTuple):
    """What was found in one model for one target."""

    begins_at: str
    """The tensor that the check begins at: `normalized`, or the model's input."""
    operators: List[str]
    """Kinds of operators there, sorted."""
    opset: int
    findings: List[rules.Finding]

    @property
    def passes(self) -> bool:
        return not any(finding.level == rules.ERROR for finding in self.findings)


def read_model(path: str) -> onnx.ModelProto:
    """The model in the file `path`; ModelError where there is none."""
    if not os.path.isfile(path):
        raise ModelError("no model at {}: give the path of an ONNX file".format(path))
    try:
        with open(path, "rb") as file:
            model = onnx.load_from_string(file.read())
    except OSError as error:
        raise ModelError("cannot read {}: {}".format(path, error.strerror or error)) from error
    except Exception as error:  # protobuf's exceptions have moved between its versions
        raise ModelError("{} is not an ONNX file, or cut short: copy or export it again".format(path)) from error
    if not model.graph.node or not model.opset_import:
        raise ModelError("{} is not an ONNX file: it holds no graph; copy or export it again".format(path))
    return model


def check_model(model: onnx.ModelProto, target: Target) -> Report:
    """Check `model` as an engine for `target` is built from it.

    That is with FP16-stored weights widened, and cut at `normalized` where TensorRT takes no uint8.
    """
    if not target.takes_uint8:
        model = from_normalized(model)
    graph = graph_of(widened(model))
    findings = list(_ir_version(model.ir_version, target))
    for rule in _RULES:
        findings.extend(rule(graph, target))
    begins_at = graph.inputs[0].name if graph.inputs else "?"
    kinds = sorted({node.op_type for node in graph.nodes})
    return Report(begins_at, kinds, graph.opset, list(dict.fromkeys(findings)))


def _ir_version(version: int, target: Target) -> Iterator[rules.Finding]:
    if target.largest_ir is not None and version > target.largest_ir:
        what = "is {}: onnxruntime 1.10, the other engine there, reads up to {}".format(version, target.largest_ir)
        yield rules.Finding(rules.ERROR, "IR version", what, "save it with ir_version 8, opset 13")
