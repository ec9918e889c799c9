"""What TensorRT is given: fixed sides, folded arithmetic, begun where it can begin, and still the same network."""

import collections

import numpy as np
import onnx
import pytest
import tiny_bundle as tiny
from onnx import TensorProto

from export.building.model import engine_model
from export.checking.targets import TARGETS
from export.checking.verdict import _RULES, read_model
from export.graph.folding import fix_side
from export.graph.input_steps import input_steps
from export.graph.reading import graph_of
from export.graph.uint8_input import NORMALIZED
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError
from runtime.sides import Sides, square

SHIPPED = [("detector", square(160), 1), ("detector", Sides(320, 192), 1), ("classifier", square(64), 16)]


def outputs_of(model, tensor, tmp_path):
    path = str(tmp_path / "model.onnx")
    onnx.save(model, path)
    with OnnxEngine(path, 1) as engine:
        return engine.run(tensor)[0]


@pytest.mark.parametrize("stage, sides, max_batch", SHIPPED)
@pytest.mark.parametrize("takes_uint8", [False, True])
@pytest.mark.parametrize("in_half", [False, True])
def test_it_is_the_same_network(stage, sides, max_batch, takes_uint8, in_half, tmp_path):
    path = getattr(Bundle.open(SHIPPED_BUNDLE), stage)
    ready = engine_model(read_model(path), sides, max_batch, takes_uint8, in_half)
    onnx.checker.check_model(ready.model)
    assert (ready.steps is None) == takes_uint8
    for batch in (1,) if max_batch == 1 else (1, 4):
        pictures = np.random.RandomState(0).randint(0, 256, (batch, sides.height, sides.width, 3), dtype=np.uint8)
        tensor = pictures
        if ready.steps is not None:
            tensor = np.empty((batch, 3, sides.height, sides.width), np.float32)
            ready.steps.fill(pictures, tensor)
        with OnnxEngine(path, 1) as engine:
            expected = engine.run(pictures)[0]
        found = outputs_of(ready.model, tensor, tmp_path)
        assert found.shape == expected.shape
        # In FP16 a coordinate has eleven bits: half a pixel at 320.
        assert np.abs(found - expected).max() < ((0.02 if stage == "classifier" else 2.0) if in_half else 1e-3)


@pytest.mark.parametrize("stage, sides, max_batch", SHIPPED)
def test_no_arithmetic_on_shapes_is_left_but_on_the_batch(stage, sides, max_batch):
    """TensorRT 8.2 computes shapes in whole numbers only."""
    path = getattr(Bundle.open(SHIPPED_BUNDLE), stage)
    model = engine_model(read_model(path), sides, max_batch, False, False).model
    kinds = collections.Counter(node.op_type for node in model.graph.node)
    assert not set(kinds) & {"Range", "ConstantOfShape", "Expand", "Ceil", "Floor"}, kinds
    if max_batch == 1:
        assert "Shape" not in kinds
    types = graph_of(model).types
    after_shape = set()
    for node in model.graph.node:
        if node.op_type == "Shape" or (
            after_shape & set(node.input) and node.op_type not in ("Reshape", "Pad", "Slice")
        ):
            after_shape.update(node.output)
    assert [name for name in after_shape if types.get(name) == TensorProto.FLOAT] == []
    for target in ("8.2", "8.5", "10"):
        graph = graph_of(model)
        assert [finding for rule in _RULES for finding in rule(graph, TARGETS[target])] == []


def test_a_model_without_a_place_to_begin_at_is_refused_before_8_5():
    model = tiny.classifier_model()
    for node in model.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == NORMALIZED:
                    names[index] = "elsewhere"
    with pytest.raises(ModelError, match="no tensor 'normalized'"):
        engine_model(model, square(32), 16, False, False)
    assert engine_model(model, square(32), 16, True, False).steps is None


def test_a_picture_that_more_than_a_cast_reads_begins_at_normalized_everywhere():
    model = tiny.classifier_model()
    for node in model.graph.node:
        if node.op_type == "Cast":
            cast = node
        if node.op_type == "Transpose":
            transpose = node
    cast.input[0], transpose.input[0] = "planes", "images"
    between = transpose.output[0]
    transpose.output[0] = "planes"
    output = cast.output[0]
    cast.output[0] = between
    nodes = [onnx.NodeProto.FromString(n.SerializeToString()) for n in model.graph.node]
    order = sorted(range(len(nodes)), key=lambda i: {"Transpose": 0, "Cast": 1}.get(nodes[i].op_type, 2))
    del model.graph.node[:]
    model.graph.node.extend(nodes[i] for i in order)
    onnx.checker.check_model(model)
    assert output != between
    assert engine_model(model, square(32), 16, True, False).steps is not None


def test_a_model_with_floats_at_its_front_or_another_size_is_refused():
    model = tiny.classifier_model()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    with pytest.raises(ModelError, match="one uint8 input"):
        engine_model(model, square(32), 16, True, False)
    model = tiny.classifier_model()
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 64
    with pytest.raises(ModelError, match="fixed to 64 where 32"):
        engine_model(model, square(32), 16, True, False)


def test_steps_are_read_off_the_graph():
    bundle = Bundle.open(SHIPPED_BUNDLE)
    steps = input_steps(read_model(bundle.classifier))
    assert steps.channels == (2, 1, 0)
    assert steps.scales == pytest.approx([1 / 127.5] * 3)
    assert steps.offsets == pytest.approx([-1.0] * 3)
    assert input_steps(tiny.classifier_model()).channels == (0, 1, 2)


def test_steps_that_are_not_one_scale_a_plane_are_refused():
    model = tiny.classifier_model()
    for node in model.graph.node:
        if node.op_type == "Div":
            node.op_type = "Pow"
            (constant,) = [tensor for tensor in model.graph.initializer if tensor.name == node.input[1]]
            constant.CopyFrom(onnx.numpy_helper.from_array(np.float32(0.5), constant.name))
    with pytest.raises(ModelError, match="not one channel, scale and offset"):
        input_steps(model)


@pytest.mark.parametrize("bundle", ["demo", "groceries"])
def test_shipped_classifiers_work_out_no_padding_on_a_run(bundle):
    """Sides are fixed and what follows from them is folded; open, a batch takes a quarter longer."""
    opened = Bundle.open(bundle)
    graph = read_model(opened.classifier).graph
    sides = [dimension.dim_value for dimension in graph.input[0].type.tensor_type.shape.dim]
    assert sides == [0, opened.crop_size, opened.crop_size, 3]
    assert sum(node.op_type in ("Shape", "ConstantOfShape", "Range") for node in graph.node) == 0


def test_a_folded_classifier_is_the_same_network(tmp_path):
    model = tiny.classifier_model()
    fixed = fix_side(model, 32, (2, 3))
    pictures = np.random.RandomState(1).randint(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    assert np.array_equal(outputs_of(fixed, pictures, tmp_path), outputs_of(model, pictures, tmp_path))
