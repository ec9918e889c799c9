"""The check by TensorRT release: made-up models that must fail or pass; shared and exported ones; the command."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import tiny_bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from export import check
from export.checking.operators import IMPORTED
from export.checking.rules import ERROR, WARNING
from export.checking.targets import TARGETS
from export.checking.verdict import check_model, read_model
from runtime.errors import ModelError

EXPORTED = Path(__file__).with_name("exported")
FLOAT, UINT8, INT64 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT64
node = helper.make_node


def model(nodes, constants=(), input_type=FLOAT, shape=(1, 3, 8, 8), opset=13, ir=8, output_type=FLOAT):
    """From "x" to "y"; `constants`: pairs of name and value."""
    graph = helper.make_graph(
        nodes,
        "made up",
        [helper.make_tensor_value_info("x", input_type, shape)],
        [helper.make_tensor_value_info("y", output_type, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = ir
    return made


def found(made, target="8.2", level=ERROR):
    """What is wrong, as (node or subject, change)."""
    return [(f.where, f.change) for f in check_model(made, TARGETS[target]).findings if f.level == level]


MOD = model([node("Mod", ["x", "two"], ["y"], fmod=1)], [("two", np.float32(2))])
NON_ZERO = model([node("NonZero", ["x"], ["n"]), node("Cast", ["n"], ["y"], to=FLOAT)])
HARD_SWISH = model([node("HardSwish", ["x"], ["y"])], opset=14)
UINT8_MATHS = model(
    [node("Add", ["x", "one"], ["z"]), node("Cast", ["z"], ["y"], to=FLOAT)], [("one", np.uint8(1))], UINT8
)
OPSET_17 = model([node("Relu", ["x"], ["y"])], opset=17)


@pytest.mark.parametrize(
    "made, where, change",
    [
        (MOD, "Mod 'y'", "rewrites it"),
        (NON_ZERO, "NonZero 'n'", "without suppression"),
        (HARD_SWISH, "HardSwish 'y'", "dynamo=False"),
        (UINT8_MATHS, "input 'x'", "normalized"),
        (UINT8_MATHS, "Add 'z'", "FLOAT"),
        (OPSET_17, "opset", "opset_version=13"),
        (model([node("Relu", ["x"], ["y"])], ir=9), "IR version", "ir_version 8"),
        (model([node("Inverse", ["x"], ["y"], domain="com.microsoft")]), "Inverse 'y'", "other domains"),
        (model([node("Relu", ["x"], ["y"])], input_type=UINT8), "input 'x'", "normalized"),
        (
            model([node("Cast", ["x"], ["z"], to=TensorProto.INT16), node("Cast", ["z"], ["y"], to=FLOAT)]),
            "Cast 'z'",
            "",
        ),
        (model([node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2])]), "MaxPool 'y'", "without them"),
        (
            model([node("Resize", ["x", "", "s"], ["y"], mode="cubic")], [("s", np.ones(4, "f4"))]),
            "Resize 'y'",
            "linear",
        ),
        (model([node("Einsum", ["x"], ["y"], equation="...ij->...ji")]), "Einsum 'y'", "MatMul"),
    ],
)
def test_made_up_ones_fail_on_8_2(made, where, change):
    assert any(subject == where and change in advice for subject, advice in found(made))


@pytest.mark.parametrize("made", [MOD, NON_ZERO, HARD_SWISH, OPSET_17])
def test_what_8_5_gained_passes_there(made):
    assert found(made, "8.5") == []
    assert check_model(made, TARGETS["8.5"]).passes


@pytest.mark.parametrize("target", ["8.5", "10", "11"])
def test_uint8_is_for_the_input_and_a_cast_only(target):
    assert {where for where, _ in found(UINT8_MATHS, target)} == {"Add 'z'"}
    cast = model([node("Cast", ["x"], ["y"], to=FLOAT)], input_type=UINT8)
    assert check_model(cast, TARGETS[target]).passes


def test_opsets_of_later_releases():
    for opset, failing in ((13, []), (14, ["8.2"]), (18, ["8.2", "8.5"]), (21, ["8.2", "8.5", "10"])):
        made = model([node("Relu", ["x"], ["y"])], opset=opset)
        assert [name for name in TARGETS if not check_model(made, TARGETS[name]).passes] == failing
    assert found(model([node("Relu", ["x"], ["y"])], opset=7), level=WARNING)[0][0] == "opset"


COMPUTED = [
    # operator, inputs with "k" computed, attributes
    ("TopK", ["x", "k"], {}, "K"),
    ("Slice", ["x", "zero", "k", "k"], {}, "axes"),
    ("Unsqueeze", ["x", "k"], {}, "axes"),
    ("Squeeze", ["x", "k"], {}, "axes"),
    ("CumSum", ["x", "k"], {}, "axis"),
]


@pytest.mark.parametrize("operator, inputs, attributes, name", COMPUTED)
def test_what_must_be_constant(operator, inputs, attributes, name):
    outputs = ["y", "i"] if operator == "TopK" else ["y"]
    work = node(operator, inputs, outputs, **attributes)
    shape = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["k"])]
    computed = model(shape + [work], [("zero", np.zeros(1, np.int64))])
    findings = [f for f in check_model(computed, TARGETS["8.2"]).findings if f.level == ERROR]
    assert [(f.where, name in f.what) for f in findings] == [("{} 'y'".format(operator), True)]
    constant = model([work], [("zero", np.zeros(1, np.int64)), ("k", np.ones(1, np.int64))])
    assert check_model(constant, TARGETS["8.2"]).passes


def test_weights_of_a_convolution_are_constant_on_8_2_and_may_be_computed_later():
    nodes = [node("Relu", ["w"], ["positive"]), node("Conv", ["x", "positive"], ["y"])]
    made = model(nodes, [("w", np.ones((4, 3, 1, 1), np.float32))])
    assert [where for where, _ in found(made)] == ["Conv 'y'"]
    assert found(made, "10") == []


def test_k_within_the_layer():
    def top(k):
        return model([node("TopK", ["x", "k"], ["y", "i"])], [("k", np.array([k], np.int64))])

    assert check_model(top(3840), TARGETS["8.2"]).passes
    assert not check_model(top(3841), TARGETS["8.2"]).passes


def test_a_constant_node_counts_as_constant():
    k = node("Constant", [], ["k"], value=numpy_helper.from_array(np.array([2], np.int64)))
    whole = node("Constant", [], ["k"], value_ints=[2])
    assert check_model(model([k, node("TopK", ["x", "k"], ["y", "i"])]), TARGETS["8.2"]).passes
    assert check_model(model([whole, node("TopK", ["x", "k"], ["y", "i"])]), TARGETS["8.2"]).passes


def test_warnings_do_not_fail():
    double = model([node("Cast", ["x"], ["z"], to=TensorProto.DOUBLE), node("Cast", ["z"], ["y"], to=FLOAT)])
    clamped = model(
        [node("Cast", ["x"], ["i"], to=INT64), node("Add", ["i", "big"], ["y"])], [("big", np.int64(2**40))]
    )
    summed = model([node("Cast", ["x"], ["i"], to=INT64), node("ReduceMax", ["i"], ["y"])], output_type=INT64)
    boxes = [("b", np.zeros((1, 5, 4), "f4")), ("s", np.zeros((1, 1, 5), "f4"))]
    suppressed = model([node("NonMaxSuppression", ["b", "s"], ["y"])], boxes, output_type=INT64)
    plugin = model([node("EfficientNMS_TRT", ["x"], ["y"])])
    for made in (double, clamped, summed, suppressed, plugin):
        report = check_model(made, TARGETS["8.2"])
        assert report.passes
        assert [finding.level for finding in report.findings] == [WARNING]


def test_the_end_of_a_slice_may_be_beyond_32_bits():
    constants = [("zero", np.zeros(1, np.int64)), ("end", np.array([2**63 - 1], np.int64))]
    assert check_model(model([node("Slice", ["x", "zero", "end"], ["y"])], constants), TARGETS["8.2"]).findings == []


def test_operators_inside_branches_are_seen():
    value = helper.make_tensor_value_info("y1", FLOAT, None)
    bad = helper.make_graph([node("HardSwish", ["x"], ["y1"])], "then", [], [value])
    good = helper.make_graph([node("Relu", ["x"], ["y1"])], "else", [], [value])
    made = model([node("If", ["c"], ["y"], then_branch=bad, else_branch=good)], [("c", np.array(True))])
    assert [where for where, _ in found(made)] == ["HardSwish 'y1'"]
    assert [where for where, _ in found(made, level=WARNING)] == ["If 'y'"]


def test_zero_points():
    def quantised(zero):
        constants = [("scale", np.float32(0.1)), ("zero", zero)]
        nodes = [node("QuantizeLinear", ["x", "scale", "zero"], ["q"])]
        return model(nodes + [node("DequantizeLinear", ["q", "scale", "zero"], ["y"])], constants)

    assert check_model(quantised(np.int8(0)), TARGETS["8.2"]).passes
    assert not check_model(quantised(np.int8(3)), TARGETS["8.2"]).passes
    assert any("INT8" in change for _, change in found(quantised(np.uint8(0))))


@given(
    st.lists(st.sampled_from(["Relu", "Sigmoid", "Exp", "Neg", "Tanh", "Softplus", "Abs", "Add", "Mul"]), min_size=1)
)
@settings(max_examples=30)
def test_a_clean_model_passes_everywhere(operators):
    names = ["x"] + ["t{}".format(i) for i in range(len(operators) - 1)] + ["y"]
    nodes = []
    for index, operator in enumerate(operators):
        inputs = names[index : index + 1] + (["one"] if operator in ("Add", "Mul") else [])
        nodes.append(node(operator, inputs, [names[index + 1]]))
    made = model(nodes, [("one", np.float32(1))])
    for target in TARGETS.values():
        report = check_model(made, target)
        assert (report.findings, report.begins_at, report.operators) == ([], "x", sorted(set(operators)))


def test_each_release_keeps_the_operators_of_the_last():
    assert IMPORTED["8.2"] < IMPORTED["8.5"] < IMPORTED["8.6"]
    assert {name for name in IMPORTED["8.6"] - IMPORTED["10.1"] if not name.startswith("TRT_")} == set()
    assert [len(IMPORTED[name]) for name in ("8.2", "8.5", "8.6", "10.1")] == [147, 159, 164, 169]
    assert not {"Mod", "NonZero", "HardSwish", "RoiAlign", "BitShift"} & IMPORTED["8.2"]


@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.parametrize("name", ["detector", "end2end", "classifier"])
def test_what_the_exporter_wrote_passes(name, target):
    report = check_model(read_model(str(EXPORTED / (name + ".onnx"))), TARGETS[target])
    assert report.findings == []
    assert report.begins_at == ("normalized" if target == "8.2" else "images")


def test_the_bundle_made_by_hand_passes_on_8_2():
    for made in (tiny_bundle.detector_model(), tiny_bundle.classifier_model()):
        report = check_model(made, TARGETS["8.2"])
        assert (report.findings, report.begins_at) == ([], "normalized")


@pytest.mark.parametrize(
    "name, passing", [("yolox_nano_coco", True), ("yunet_n_640_640", True), ("yolov8n_coco_int8", False)]
)
def test_the_shared_models(shared, name, passing):
    path = shared / "models" / (name + ".onnx")
    for target in TARGETS.values():
        report = check_model(read_model(str(path)), target)
        assert report.passes == passing
        assert passing or any("ConvInteger" in finding.where for finding in report.findings)


def test_the_shipped_bundles_pass(root):
    paths = sorted((root / "runtime").glob("bundles/*/*.onnx"))
    for path in paths:
        for target in TARGETS.values():
            assert check_model(read_model(str(path)), target).findings == [], path


def test_the_command(tmp_path, capsys):
    good, bad = str(EXPORTED / "detector.onnx"), str(tmp_path / "bad.onnx")
    onnx.save(MOD, bad)
    assert check.main([good]) == 0
    assert "passes TensorRT 8.2 (from 'normalized' on" in capsys.readouterr().out
    assert check.main([good, bad, "--target", "8.2"]) == 1
    out = capsys.readouterr().out
    assert "bad.onnx: FAILS TensorRT 8.2" in out
    assert "error: Mod 'y' has no importer in TensorRT 8.2\n    -> python -m export.onnx" in out
    assert check.main([bad, "--target", "11"]) == 0
    assert "10.1's is used" in capsys.readouterr().out


def test_findings_of_one_kind_are_counted(tmp_path, capsys):
    nodes = [node("HardSwish", ["x"], ["t0"])] + [node("HardSwish", ["t%d" % i], ["t%d" % (i + 1)]) for i in range(8)]
    path = str(tmp_path / "many.onnx")
    onnx.save(model(nodes + [node("Relu", ["t8"], ["y"])]), path)
    assert check.main([path]) == 1
    out = capsys.readouterr().out
    assert out.count("HardSwish 't") == 3
    assert "the same of 6 more HardSwish" in out


@pytest.mark.parametrize("content", [None, b"", b"no model\n", b"\x08\x07", bytes(range(256))])
def test_a_file_that_is_no_model_is_one_plain_line(tmp_path, capsys, content):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    assert check.main([str(path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("shelfsight: ")
    assert printed.err.count("\n") == 1
    assert str(path) in printed.err
    with pytest.raises(ModelError):
        read_model(str(path))


@pytest.mark.parametrize("arguments", [[], ["m.onnx", "--target", "9"], ["--what"]])
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        check.main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err
