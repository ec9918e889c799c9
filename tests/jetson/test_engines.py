"""Which engines the service builds before the camera starts, by the camera's own flags."""

import pytest

from jetson.engines import build_command, main
from runtime.settings import Settings


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        (Settings(), ["-m", "export.engine", "groceries", "--precision", "fp16"]),
        (Settings(source="demo://"), ["-m", "export.engine", "demo", "--precision", "fp16"]),
        (
            Settings(bundle="shelf", size=320, precision="fp32"),
            ["-m", "export.engine", "shelf", "--size", "320", "--precision", "fp32"],
        ),
        (
            Settings(source="csi://0", size=320, res=(1280, 720)),
            ["-m", "export.engine", "groceries", "--size", "320", "--res", "1280x720", "--precision", "fp16"],
        ),
        (
            Settings(res=(1280, 720), square=True),
            ["-m", "export.engine", "groceries", "--square", "--precision", "fp16"],
        ),
        (
            Settings(bundle="shelf", detector="yolo.onnx", size=320),
            ["-m", "export.engine", "shelf", "--stage", "classifier", "--precision", "fp16"],
        ),
        (Settings(detector="yolo.onnx"), None),
        (Settings(engine="onnx"), None),
        (Settings(engine="openvino"), None),
        (Settings(precision="bf16"), None),
    ],
)
def test_the_build_is_that_of_the_flags(settings, command):
    assert build_command(settings, has_tensorrt=True) == command


def test_without_tensorrt_there_is_nothing_to_build():
    assert build_command(Settings(), has_tensorrt=False) is None


def test_wrong_flags_are_wrong_usage(capsys):
    assert main(["--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err
