"""From a command line to the Settings that it asks for: flags that make no sense together are refused here."""

from typing import Sequence

from runtime.command_line.flags_file import expanded
from runtime.command_line.parser import make_parser
from runtime.command_line.several import check_shared, with_cameras
from runtime.engines.sidecar import BF16, FP16
from runtime.errors import UsageError
from runtime.settings import AUTO, HISTORY_ENDING, Settings


def settings_from_arguments(arguments: Sequence[str]) -> Settings:
    """Parse a command line; UsageError in one line for what makes no sense. Exits for --help and --version."""
    arguments = expanded(arguments)
    check_shared(arguments)
    values = vars(make_parser().parse_args(arguments))
    values["hooks"] = tuple(values["hooks"] or ())
    settings = Settings(**with_cameras(values))
    _check_networks(settings)
    _check_outputs(settings)
    _check_sources(settings)
    return settings


def _check_networks(settings: Settings) -> None:
    if settings.detector is None:
        for flag, value in (("--classes", settings.classes), ("--head", settings.head)):
            if value is not None:
                raise UsageError("{} describes another detector: give it with --detector FILE.onnx".format(flag))
    if settings.meanwhile == "onnx" and settings.engine != "auto":
        raise UsageError("--meanwhile onnx goes with --engine auto, not with --engine {}".format(settings.engine))
    if (settings.engine, settings.precision) in (("tensorrt", BF16), ("openvino", FP16)):
        known = "fp16 and fp32" if settings.engine == "tensorrt" else "bf16 and fp32"
        message = "--precision {} does not go with --engine {}, which has {}"
        raise UsageError(message.format(settings.precision, settings.engine, known))


def _check_outputs(settings: Settings) -> None:
    has_history = any(kind.lower().endswith(HISTORY_ENDING) for kind in settings.sinks)
    if settings.keep_bytes is not None and settings.segment is None and not has_history:
        raise UsageError("--keep deletes old segments: give their length too, as in --segment 10m")
    if settings.keep_history is not None and not has_history:
        raise UsageError("--keep-history needs a history: name its file, as in --sink shelf.sqlite")
    if settings.mqtt is None and (settings.mqtt_password_file or settings.mqtt_picture_every_s):
        raise UsageError("--mqtt-password-file and --mqtt-picture need a broker: name it with --mqtt URL")
    if settings.take_bundles is not None and (settings.mqtt is None or settings.detector is not None):
        raise UsageError("--take-bundles takes whole bundles from a broker: name it with --mqtt, without --detector")
    if settings.bundle_key is not None and settings.take_bundles is None:
        raise UsageError("--bundle-key is for bundles that are taken: give it with --take-bundles DIR")


def _check_sources(settings: Settings) -> None:
    if settings.sequential and len(settings.each) > 1:
        raise UsageError("--sequential is for one camera: leave it out, or all but one --source")
    if settings.wait and any(one.source == AUTO for one in settings.each):
        raise UsageError("--wait needs a source to wait for: name it, as in --source /dev/video0")
