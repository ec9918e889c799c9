"""Stage 1's input takes the shape of the pictures, from whatever source they come, and when they change."""

import threading

import cv2
import numpy as np
import onnx
import pytest
import tiny_bundle as tiny
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from runtime.assembly import assemble
from runtime.errors import ModelError
from runtime.settings import Settings
from runtime.sides import Sides, sides_for, square
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource
from runtime.sources.waiting import WaitingSource

BLOCK = (36, 36, tiny.SQUARE, tiny.RED)


@pytest.mark.parametrize(
    "size, res, expected",
    [
        (160, (640, 480), "160x128"),
        (160, (1280, 720), "160x96"),
        (160, (480, 640), "128x160"),
        (160, (1080, 1920), "96x160"),
        (160, (500, 500), "160x160"),
        (320, (640, 480), "320x256"),
        (320, (1920, 1080), "320x192"),
        (640, (640, 384), "640x384"),
        (160, (4000, 10), "160x32"),
        (32, (640, 480), "32x32"),
    ],
)
def test_the_longer_side_is_the_size_and_the_other_is_rounded_up(size, res, expected):
    assert str(sides_for(size, res)) == expected


@given(st.integers(1, 128).map(lambda n: 32 * n), st.integers(1, 8000), st.integers(1, 8000))
def test_what_the_picture_fills_is_within_one_step(size, width, height):
    sides = sides_for(size, (width, height))
    assert sides.size == size
    shorter, exact = min(sides), size * min(width, height) / max(width, height)
    assert shorter % 32 == 0
    assert exact - 1e-6 <= shorter < exact + 32
    assert sides_for(size, sides) == sides, "sides ask for themselves"


def picture(width, height):
    return tiny.scene(BLOCK, width=width, height=height)


def looked(tiny_folder, pictures, **settings):
    """The report of a run over `pictures`, a source or None, and the boxes of each frame."""
    sink = FakeSink()
    given = dict({"bundle": str(tiny_folder), "fps": 0.0, "sequential": True}, **settings)
    with assemble(Settings(**given), threading.Event(), pictures, [sink]) as assembly:
        assembly.loop.run()
        return assembly.report(), [each.detections.boxes_px for each in sink.observations]


@pytest.mark.parametrize("is_sequential", [True, False])
@pytest.mark.parametrize(
    "width, height, expected", [(160, 128, "160x128"), (160, 96, "160x96"), (128, 160, "128x160"), (96, 160, "96x160")]
)
def test_the_report_says_both_and_boxes_are_those_of_the_picture(tiny_folder, width, height, expected, is_sequential):
    pictures = [picture(width, height) for _ in range(3)]
    report, boxes = looked(tiny_folder, FakeSource(pictures), sequential=is_sequential)
    assert (report["size"], report["input"], report["res"]) == (160, expected, "{}x{}".format(width, height))
    assert len(boxes) == 3
    for found in boxes:
        assert found.tolist() == [[20, 20, 52, 52]]


def test_square_is_as_before(tiny_folder):
    report, boxes = looked(tiny_folder, FakeSource([picture(160, 128)]), square=True)
    assert (report["size"], report["input"]) == (160, "160x160")
    assert boxes[0].tolist() == [[20, 20, 52, 52]]


@pytest.mark.parametrize("res, expected", [(None, "160x160"), ((160, 128), "160x128"), ((96, 160), "96x160")])
def test_a_folder_of_mixed_shapes_has_the_shape_of_res_or_a_square(tiny_folder, tmp_path, res, expected):
    for number, (width, height) in enumerate([(160, 128), (128, 160), (160, 160)]):
        cv2.imwrite(str(tmp_path / "{}.png".format(number)), picture(width, height))
    report, boxes = looked(tiny_folder, None, source=str(tmp_path), res=res)
    assert report["input"] == expected
    assert [len(found) for found in boxes] == [1, 1, 1] or res is not None


@pytest.mark.parametrize("is_sequential", [True, False])
def test_a_source_that_comes_back_in_another_shape_gets_another_input(tiny_folder, is_sequential):
    """And back again: the first one is still there."""
    shapes = [(160, 128)] * 2 + [(96, 160)] * 2 + [(160, 128)] * 2
    report, boxes = looked(tiny_folder, FakeSource([picture(*shape) for shape in shapes]), sequential=is_sequential)
    assert report["input"] == "160x128"
    assert [found.tolist() for found in boxes] == [[[20, 20, 52, 52]]] * 6
    report, _ = looked(tiny_folder, FakeSource([picture(*shape) for shape in shapes[:4]]))
    assert report["input"] == "96x160"


def test_a_source_that_is_absent_yet_is_expected_in_the_shape_that_was_asked_for(tiny_folder):
    def open_portrait():
        return FakeSource([picture(96, 160)] * 3, live=True)

    source = WaitingSource("late", (160, 96), open_portrait)
    settings = Settings(bundle=str(tiny_folder), fps=0.0, sequential=True, frames=2)
    with assemble(settings, threading.Event(), source, [FakeSink()]) as assembly:
        assert assembly.report()["input"] == "160x96"
        assembly.loop.run()
        assert assembly.report()["input"] == "96x160"


def third_party(path, shape, output_shape):
    """A network of somebody else's that finds nothing; its output does not hang on its input."""
    image = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, list(output_shape))
    zeros = helper.make_tensor("zeros", TensorProto.FLOAT, output_shape, [0.0] * int(np.prod(output_shape)))
    nodes = [
        helper.make_node("ReduceMin", ["images"], ["least"], keepdims=0),
        helper.make_node("Mul", ["least", "zeros"], ["out"]),
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "theirs", [image], [out], [zeros]), opset_imports=[helper.make_opsetid("", 13)]
    )
    model.ir_version = 8
    onnx.save(model, str(path))
    return str(path)


def cells(sides):
    return sum((sides.width // stride) * (sides.height // stride) for stride in (8, 16, 32))


@pytest.mark.parametrize("size", [None, 640])
def test_a_network_of_fixed_sides_is_taken_as_it_is(tmp_path, size):
    sides = Sides(640, 384)
    path = third_party(tmp_path / "fixed.onnx", [1, 3, 384, 640], (1, 7, cells(sides)))
    settings = {"detector": path, "classes": "a,b,c", "bundle": None, "size": size}
    for width, height in ((640, 480), (480, 640)):
        report, _ = looked(None, FakeSource([np.zeros((height, width, 3), np.uint8)] * 2), **settings)
        assert (report["size"], report["input"]) == (640, "640x384")
    with pytest.raises(ModelError, match="fixed to size 640"):
        looked(None, FakeSource([picture(160, 128)]), **dict(settings, size=384))


def test_a_network_of_open_sides_takes_the_shape_of_the_pictures(tmp_path):
    path = third_party(tmp_path / "open.onnx", [1, 3, "h", "w"], (1, 7, cells(Sides(160, 128))))
    settings = {"detector": path, "classes": "a,b,c", "bundle": None}
    report, _ = looked(None, FakeSource([np.zeros((480, 640, 3), np.uint8)]), **settings)
    assert report["input"] == "160x128"


def test_a_network_that_cannot_run_in_that_shape_runs_in_a_square_and_says_so(tmp_path, caplog):
    """Open by its file, square by what was written into it."""
    path = third_party(tmp_path / "square.onnx", [1, 3, "h", "w"], (1, 7, cells(square(160))))
    settings = {"detector": path, "classes": "a,b,c", "bundle": None}
    pictures = [np.zeros((480, 640, 3), np.uint8), np.zeros((640, 480, 3), np.uint8)]
    report, _ = looked(None, FakeSource(pictures), **settings)
    assert report["input"] == "160x160"
    assert "a square input, since the network does not run in the pictures' shape" in caplog.text
