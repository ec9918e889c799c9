"""The AP50 command: a network that answers by brightness, the two COCO models, and wrong input."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from benchmarks import ap50 as command
from benchmarks.scoring.matching import Found
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError

SIDE = 32
BOX = (8, 8, 24, 16)
"""What the made-up network finds in every picture, in pixels."""
LABEL = "0.5 0.375 0.5 0.25"
"""The same as a label."""

# What the frameworks themselves reach on ../shared/data/coco at conf 0.001 and iou 0.7, and who measured it: the
# command with --against, on Linux x86_64, Python 3.11, onnxruntime 1.32, OpenCV 5.0.
FRAMEWORK_AP50 = {
    "yolov8n_coco_int8": ("ultralytics 8.4.190", 0.6048),
    "yolox_nano_coco": ("yolox 0.3.0", 0.5081),
}


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    """End to end, [1, 1, 6]: BOX, scored by how bright the picture is, 0..1, of class 0."""
    onnx = pytest.importorskip("onnx", reason="needs onnx, a test extra")
    from onnx import TensorProto, helper

    image = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 6])
    constants = [
        helper.make_tensor("box", TensorProto.FLOAT, [1, 1, 4], [float(value) for value in BOX]),
        helper.make_tensor("class", TensorProto.FLOAT, [1, 1, 1], [0.0]),
        helper.make_tensor("shape", TensorProto.INT64, [3], [1, 1, 1]),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Reshape", ["mean", "shape"], ["score"]),
        helper.make_node("Concat", ["box", "score", "class"], ["output"], axis=2),
    ]
    graph = helper.make_graph(nodes, "brightness", [image], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    path = tmp_path_factory.mktemp("model") / "brightness.onnx"
    onnx.save(model, str(path))
    return str(path)


@pytest.fixture
def data(tmp_path):
    """Three pictures, brighter and brighter in natural order; the box is there in the first and the last."""
    folder = tmp_path / "data"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for number, grey in ((1, 50), (2, 100), (10, 200)):
        image = np.full((SIDE, SIDE, 3), grey, np.uint8)
        cv2.imwrite(str(folder / "images" / "{}.png".format(number)), image)
    for number in (1, 10):
        (folder / "labels" / "{}.txt".format(number)).write_text("1 " + LABEL, encoding="utf-8")
    # In another order than the detector's: classes are matched by name.
    (folder / "classes.txt").write_text("other\nthing\n", encoding="utf-8")
    return folder


def arguments(detector, data, *more):
    return ["--detector", str(detector), "--data", str(data), "--classes", "thing,other"] + list(more)


def failed(capsys, *given):
    """Exit status and the line of a run that must fail with just one."""
    status = command.main(list(given))
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("shelfsight: ")
    return status, lines[0]


# The best is right, the second wrong, the last right: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1.
EXPECTED = (51 * 1 + 50 * 2 / 3) / 101


def test_each_picture_meets_its_own_labels(detector, data, tmp_path, capsys):
    out = tmp_path / "out.json"
    assert command.main(arguments(detector, data, "--json", str(out))) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["ours"]["ap50"] == pytest.approx(EXPECTED)
    assert report["ours"]["ap50_ignoring_class"] == pytest.approx(EXPECTED)
    assert (report["images"], report["boxes"], report["classes"], report["size"]) == (3, 2, 1, SIDE)
    assert report["ours"]["detections"] == 3
    shown = capsys.readouterr().out
    assert "3 pictures, 2 boxes of 1 classes" in shown
    assert "{:.4f}".format(EXPECTED) in shown


def test_conf_reaches_the_loop(detector, data, capsys):
    assert command.main(arguments(detector, data, "--conf", "0.5", "--json", "-")) == 0
    output = capsys.readouterr()
    report = json.loads(output.out)
    assert report["ours"]["detections"] == 1
    assert report["ours"]["ap50"] == pytest.approx(51 / 101)
    assert "through our loop" in output.err


def framework(monkeypatch, shift_px):
    """A made-up framework that finds the same, moved to the right."""

    def find(request, paths):
        found = []
        for path in paths:
            score = cv2.imread(path).mean() / 255
            box = np.add(BOX, (shift_px, 0, shift_px, 0)).astype(np.float32)
            found.append(Found(box[None], np.array([score]), np.zeros(1, np.int64)))
        return found

    monkeypatch.setitem(command.FRAMEWORKS, "yolox", find)
    monkeypatch.setitem(sys.modules, "yolox", SimpleNamespace(__version__="0"))


def test_a_framework_that_agrees(detector, data, monkeypatch, capsys):
    framework(monkeypatch, 0)
    assert command.main(arguments(detector, data, "--against", "yolox")) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last == ["difference", "0.0000", "0.0000", "0.0000", "0"]


def test_a_framework_that_differs_is_an_error(detector, data, monkeypatch, capsys):
    framework(monkeypatch, 8)
    status, line = failed(capsys, *arguments(detector, data, "--against", "yolox"))
    assert status == 1
    assert "ap50 through our loop differs by +{:.4f} from yolox 0: expected at most 0.005".format(EXPECTED) in line


@pytest.mark.parametrize("name", ["ultralytics", "yolox"])
def test_a_framework_that_is_not_installed(detector, data, name, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, name, None)
    status, line = failed(capsys, *arguments(detector, data, "--against", name))
    assert status == 1
    assert "pip install" in line


def test_an_image_that_cannot_be_read(detector, data, capsys):
    (data / "images" / "2.png").write_bytes(b"no picture")
    assert command.main(arguments(detector, data)) == 1
    assert "1 of the 3 images in {} cannot be read".format(data / "images") in capsys.readouterr().err


def test_wrong_data_is_one_line(detector, data, capsys):
    (data / "labels" / "10.txt").write_text("2 " + LABEL, encoding="utf-8")
    status, line = failed(capsys, *arguments(detector, data))
    assert (status, "10.txt:1: class 2: expected 0 to 1" in line) == (1, True)


def test_a_labelled_class_that_the_detector_does_not_know(detector, data, capsys):
    (data / "classes.txt").write_text("other\nunheard-of\n", encoding="utf-8")
    status, line = failed(capsys, *arguments(detector, data))
    assert status == 2
    assert "1 of the 1 classes labelled" in line
    assert "'unheard-of'" in line


def test_no_such_model(data, capsys):
    status, line = failed(capsys, *arguments(data / "none.onnx", data))
    assert (status, "no model at" in line) == (1, True)


@pytest.mark.parametrize("flags", [["--conf", "2"], ["--iou", "nan"], ["--conf", "x"], ["--against", "me"], ["--no"]])
def test_wrong_usage(detector, data, flags, capsys):
    status, line = failed(capsys, *arguments(detector, data, *flags))
    assert (status, flags[0] in line) == (2, True)


def test_an_unwritable_report(detector, data, tmp_path, capsys):
    status, line = failed(capsys, *arguments(detector, data, "--json", str(tmp_path / "none" / "out.json")))
    assert (status, "cannot write the report" in line) == (1, True)


def coco_model(shared, name):
    """The path of a shared model that this onnxruntime can read."""
    path = str(shared / "models" / (name + ".onnx"))
    try:
        OnnxEngine(path).close()
    except ModelError as error:
        if "newer onnxruntime" not in str(error):
            raise
        pytest.skip("needs an onnxruntime that reads opset 20")
    return path


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(FRAMEWORK_AP50))
def test_the_loop_is_as_good_as_the_framework_was(shared, name, capsys):
    model, data = coco_model(shared, name), str(shared / "data" / "coco")
    assert command.main(["--detector", model, "--data", data, "--classes", "coco", "--json", "-"]) == 0
    ours = json.loads(capsys.readouterr().out)["ours"]["ap50"]
    _who, theirs = FRAMEWORK_AP50[name]
    assert abs(ours - theirs) <= command.MAX_DIFFERENCE


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name, against", [("yolov8n_coco_int8", "ultralytics"), ("yolox_nano_coco", "yolox")])
def test_the_loop_is_as_good_as_the_framework_is(shared, root, name, against):
    pytest.importorskip(against, reason="needs {}, which benchmarks/peer_loops/frameworks.py runs".format(against))
    model, data = coco_model(shared, name), str(shared / "data" / "coco")
    given = ["--detector", model, "--data", data, "--classes", "coco", "--against", against]
    # A process of its own: frameworks set process-wide options when they are imported.
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ap50"] + given,
        cwd=str(root),
        env=dict(os.environ, YOLO_AUTOINSTALL="false"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    assert done.returncode == 0, done.stdout
    assert "difference" in done.stdout
