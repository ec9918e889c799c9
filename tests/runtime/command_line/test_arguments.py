"""The command line: a contract. Every flag has help and is in the README; every mistake gets one line."""

import argparse
import re

import pytest

from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.parser import make_parser
from runtime.errors import UsageError
from runtime.settings import Settings


def flags():
    return [action for action in make_parser()._actions if not isinstance(action, argparse._HelpAction)]


def test_the_defaults_are_those_of_the_settings(monkeypatch):
    monkeypatch.delenv("SHELFSIGHT_TOKEN", raising=False)
    assert settings_from_arguments([]) == Settings()


def test_the_mission_statement():
    settings = settings_from_arguments(["--res", "640x480", "--size", "160"])
    assert (settings.res, settings.size, settings.live_fps, settings.source) == ((640, 480), 160, 30.0, "auto")


@pytest.mark.parametrize("action", flags(), ids=lambda action: action.option_strings[-1])
def test_every_flag_has_help_and_is_in_the_readme(action, root):
    assert action.help
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert re.search(r"`[^`\n]*{}\b".format(re.escape(action.option_strings[-1])), readme)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--res", "640"], "'640' is no resolution: expected WIDTHxHEIGHT"),
        (["--res", "0x480"], "no resolution"),
        (["--res", "640x480x3"], "no resolution"),
        (["--size", "100"], "'100' is no network size: expected a multiple of 32"),
        (["--size", "-32"], "expected"),
        (["--size", "0"], "no network size"),
        (["--fps", "-1"], "expected a number from 0"),
        (["--fps", "nan"], "expected a number"),
        (["--fps", "fast"], "'fast': expected a number"),
        (["--frames", "0"], "expected a number from 1"),
        (["--frames", "2.5"], "expected a number"),
        (["--seconds", "0"], "expected a number above 0"),
        (["--seconds", "inf"], "expected a number"),
        (["--port", "70000"], "to 65535"),
        (["--conf", "1.5"], "expected a number from 0 to 1"),
        (["--head", "ssd"], "invalid choice"),
        (["--engine", "torch"], "invalid choice"),
        (["--unknown"], "unrecognized arguments"),
        (["--sourc", "0"], "unrecognized arguments"),
        (["--classes", "coco"], "--detector"),
        (["--head", "yolox"], "--detector"),
        (["--wait"], "--wait needs a source"),
        (["--meanwhile", "onnx", "--engine", "tensorrt"], "--meanwhile onnx goes with --engine auto"),
        (["--meanwhile", "tensorrt"], "invalid choice"),
        (
            ["--engine", "tensorrt", "--precision", "bf16"],
            "does not go with --engine tensorrt, which has fp16 and fp32",
        ),
        (
            ["--engine", "openvino", "--precision", "fp16"],
            "does not go with --engine openvino, which has bf16 and fp32",
        ),
        (["--precision", "int8"], "'int8': expected fp16, bf16 or fp32; in int8 no shipped detector agrees"),
        (["--precision", "fp8"], "'fp8': expected fp16, bf16 or fp32"),
        (["@/no/such/file.flags"], "file.flags"),
    ],
)
def test_a_mistake_is_one_line_that_helps(arguments, words):
    with pytest.raises(UsageError) as error:
        settings_from_arguments(arguments)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_status == 2


def test_flags_from_a_file(tmp_path):
    path = tmp_path / "camera.flags"
    path.write_text(
        "# the shop's camera\n--source /dev/video0 --wait\n--res 1280x720  # wide\n\n--sink 'my film.mp4'\n--sink web\n"
    )
    settings = settings_from_arguments(["@" + str(path), "--fps", "15"])
    assert settings.source == "/dev/video0"
    assert settings.wait
    assert settings.res == (1280, 720)
    assert settings.sinks == ("my film.mp4", "web")
    assert settings.fps == 15.0


def test_a_secret_from_the_environment(monkeypatch):
    monkeypatch.setenv("SHELFSIGHT_TOKEN", "s3cret")
    assert settings_from_arguments([]).token == "s3cret"
    assert "s3cret" not in make_parser().format_help()
