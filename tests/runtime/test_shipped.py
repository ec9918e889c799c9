"""Which bundle a source gets where none is named, and that it names what a real camera sees."""

import logging
import threading
from collections import Counter

import cv2
import numpy as np
import pytest

from runtime.assembly import assemble
from runtime.errors import UsageError
from runtime.settings import Settings
from runtime.shipped import bundle_for
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("demo://", "demo"),
        ("demo://?products=16&seed=7", "demo"),
        ("fault://stall@demo://?seed=2", "demo"),
        ("0", "groceries"),
        ("/dev/video0", "groceries"),
        ("demo.mp4", "groceries"),
        ("rtsp://user:pass@host/demo", "groceries"),
        ("auto", "groceries"),
    ],
)
def test_drawn_products_are_for_drawn_scenes(address, name):
    assert bundle_for(address) == name


def bundle_of(settings, **parts):
    with assemble(settings, threading.Event(), sinks=[FakeSink()], **parts) as assembly:
        return assembly.bundle and assembly.bundle.name


def test_a_folder_of_photos_gets_the_groceries_and_says_what_they_know(tmp_path, caplog):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((48, 64, 3), np.uint8))
    with caplog.at_level(logging.INFO):
        assert bundle_of(Settings(source=str(tmp_path), engine="onnx")) == "groceries"
    assert "knows 25 kinds of things: beans, cake, candy" in caplog.text
    assert "--bundle DIR" in caplog.text


def test_auto_without_a_camera_is_the_demo(monkeypatch, caplog):
    monkeypatch.setattr("runtime.sources.opening.camera_paths", lambda: [])
    with caplog.at_level(logging.INFO):
        assert bundle_of(Settings(engine="onnx")) == "demo"
    assert "knows" not in caplog.text


def test_auto_with_a_camera_is_real(monkeypatch):
    camera = FakeSource([np.zeros((48, 64, 3), np.uint8)], live=True)
    monkeypatch.setattr("runtime.sources.opening.camera_paths", lambda: ["/dev/video7"])
    monkeypatch.setattr("runtime.sources.opening.open_camera", lambda *_: camera)
    assert bundle_of(Settings(engine="onnx")) == "groceries"


def test_a_source_that_is_handed_in_keeps_the_demo():
    assert bundle_of(Settings(engine="onnx"), source=FakeSource([])) == "demo"


@pytest.mark.slow
def test_a_real_video_is_named(shared):
    video = str(shared / "data" / "video" / "bottle-detection.mp4")
    sink = FakeSink()
    settings = Settings(source=video, size=320, fps=0.0, frames=400, engine="onnx", sequential=True)
    with assemble(settings, threading.Event(), sinks=[sink]) as assembly:
        assembly.loop.run()
        products = assembly.bundle.products
    named = Counter(
        products[number] for seen in sink.observations[50:] for number in seen.names.products.tolist() if number >= 0
    )
    assert named.most_common(1)[0][0] == "water"
    assert named["water"] >= len(sink.observations[50:])


def test_weights_of_pytorch_are_answered_with_the_command_that_exports_them():
    with pytest.raises(UsageError, match=r"export.onnx detector yolo11n.pt --out yolo11n.onnx"):
        bundle_of(Settings(detector="yolo11n.pt"), source=FakeSource([]))
