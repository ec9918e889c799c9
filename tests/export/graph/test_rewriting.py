"""Graphs written anew compute what they computed."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.checking.verdict import read_model
from export.graph.folding import fold_shapes
from export.graph.rewriting import split_convolutions, transpose_for_softmax
from runtime.bundle import Bundle
from runtime.engines.onnx import OnnxEngine

CHANNELS = 8


def model_of(nodes, inputs, outputs, ranks=(4, 4, 4), **constants):
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    wanted = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank) for name, rank in zip(outputs, ranks)
    ]
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "tested", values, wanted, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def convolution_with(cuts, outputs, group=1, silu=True, **constants):
    """A 3x3 convolution of CHANNELS channels and what `cuts` do with its output, `map`."""
    random = np.random.RandomState(0)
    weights = random.randn(CHANNELS, 4 // group, 3, 3).astype(np.float32)
    name = "conv" if silu else "map"
    nodes = [helper.make_node("Conv", ["x", "w", "b"], [name], pads=[1] * 4, kernel_shape=[3, 3], group=group)]
    if silu:
        nodes += [helper.make_node("Sigmoid", ["conv"], ["gate"]), helper.make_node("Mul", ["conv", "gate"], ["map"])]
    bias = random.randn(CHANNELS).astype(np.float32)
    return model_of(nodes + cuts, {"x": ["n", 4, "h", "w"]}, outputs, w=weights, b=bias, **constants)


def outputs_of(model, tmp_path, tensor):
    path = str(tmp_path / "model.onnx")
    onnx.save(model, path)
    with OnnxEngine(path, 1) as engine:
        return engine.run(tensor)


def picture(*shape):
    return np.random.RandomState(1).randn(*shape).astype(np.float32)


def slices(*ranges):
    """Slice nodes, and the constants that they take."""
    nodes, constants = [], {"axis": np.array([1], np.int64)}
    for number, (start, end) in enumerate(ranges):
        for what, value in (("from", start), ("to", end)):
            constants["{}{}".format(what, number)] = np.array([value], np.int64)
        names = ["map", "from{}".format(number), "to{}".format(number), "axis"]
        nodes.append(helper.make_node("Slice", names, ["part{}".format(number)]))
    return nodes, constants


def kinds(model):
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("silu", [True, False])
@pytest.mark.parametrize("way", ["slices", "split"])
def test_a_convolution_that_is_only_cut_becomes_one_for_each_piece(way, silu, tmp_path):
    if way == "slices":
        cuts, constants = slices((0, 3), (3, CHANNELS))
    else:
        cuts = [helper.make_node("Split", ["map", "sizes"], ["part0", "part1"], axis=1)]
        constants = {"sizes": np.array([3, 5], np.int64)}
    model = convolution_with(cuts, ["part0", "part1"], silu=silu, **constants)
    before = outputs_of(model, tmp_path, picture(2, 4, 6, 5))
    assert split_convolutions(model) == 1
    onnx.checker.check_model(model)
    assert sorted(set(kinds(model))) == (["Conv", "Mul", "Sigmoid"] if silu else ["Conv"])
    assert sorted(tensor.name for tensor in model.graph.initializer) == ["b[0:3]", "b[3:8]", "w[0:3]", "w[3:8]"]
    after = outputs_of(model, tmp_path, picture(2, 4, 6, 5))
    assert [part.shape[1] for part in after] == [3, 5]
    for old, new in zip(before, after):
        assert np.allclose(old, new, atol=1e-5)


def test_what_would_be_computed_twice_or_is_used_whole_stays():
    cuts, constants = slices((0, 3), (3, CHANNELS))
    whole = convolution_with(
        cuts + [helper.make_node("Relu", ["map"], ["all"])], ["part0", "part1", "all"], **constants
    )
    given_out = convolution_with(cuts, ["part0", "part1", "map"], **constants)
    grouped = convolution_with(cuts, ["part0", "part1"], group=2, **constants)
    cuts, constants = slices((0, 5), (3, CHANNELS))
    overlapping = convolution_with(cuts, ["part0", "part1"], **constants)
    cuts, constants = slices((0, 3))
    single = convolution_with(cuts, ["part0"], **constants)
    for model in (whole, given_out, grouped, overlapping, single):
        before = model.SerializeToString()
        assert split_convolutions(model) == 0
        assert kinds(model) == kinds(onnx.ModelProto.FromString(before))


def box_decoding(**changed):
    """What Ultralytics' DFL is in ONNX: (n, 4 x 16, cells) -> (n, 4, cells)."""
    settings = dict({"perm": [0, 2, 1, 3], "axis": 1}, **changed)
    nodes = [
        helper.make_node("Reshape", ["x", "apart"], ["bins"]),
        helper.make_node("Transpose", ["bins"], ["turned"], perm=settings["perm"]),
        helper.make_node("Softmax", ["turned"], ["shares"], axis=settings["axis"]),
        helper.make_node("Conv", ["shares", "w"], ["sums"], kernel_shape=[1, 1]),
        helper.make_node("Reshape", ["sums", "together"], ["boxes"]),
    ]
    apart, together = np.array([0, 4, 16, -1], np.int64), np.array([0, 4, -1], np.int64)
    weights = np.arange(16, dtype=np.float32).reshape(1, 16, 1, 1)
    return model_of(nodes, {"x": ["n", 64, "cells"]}, ["boxes"], (3,), w=weights, apart=apart, together=together)


def test_boxes_are_decoded_along_the_last_axis(tmp_path):
    model = box_decoding()
    (before,) = outputs_of(model, tmp_path, picture(2, 64, 21))
    assert transpose_for_softmax(model) == 1
    onnx.checker.check_model(model)
    assert kinds(model) == ["Reshape", "Transpose", "Softmax", "MatMul", "Transpose", "Reshape"]
    (after,) = outputs_of(model, tmp_path, picture(2, 64, 21))
    assert before.shape == after.shape == (2, 4, 21)
    assert np.allclose(before, after, atol=1e-5)


def test_another_softmax_stays():
    assert transpose_for_softmax(box_decoding(axis=3)) == 0
    assert transpose_for_softmax(box_decoding(perm=[0, 2, 3, 1])) == 0


@pytest.mark.parametrize("name", ["demo", "groceries"])
def test_the_shipped_detectors_are_written_anew(name):
    """Exported by hand before there was export.graph.rewriting, they were sent through it."""
    model = read_model(Bundle.open(name).detector)
    assert split_convolutions(model) == transpose_for_softmax(model) == 0
    assert any("[0:" in tensor.name for tensor in model.graph.initializer)


def test_what_depends_on_the_sides_is_not_folded(tmp_path):
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["sizes"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["x", "zero"], ["y"]),
    ]
    model = model_of(nodes, {"x": ["n", 4, "h", "w"]}, ["y", "sizes"], (4, 1), zero=np.zeros(1, np.float32))
    folded = fold_shapes(model, [(1, 4, 6, 7), (1, 4, 8, 7)])
    assert "Shape" in kinds(folded)
    sizes = outputs_of(folded, tmp_path, picture(1, 4, 3, 2))[1]
    assert sizes.tolist() == [1, 4, 3, 2]
    assert "Shape" not in kinds(fold_shapes(model, [(1, 4, 6, 7)]))
