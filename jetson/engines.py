"""Build the engines that the camera's flags ask for: python -m jetson.engines @/etc/shelfsight/camera.flags

For shelfsight-engines.service, before the camera starts. What fits already is left alone.
"""

import importlib.util
import os
import sys
from typing import List, Optional

from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.command_line.utf8 import in_utf8
from runtime.engines.sidecar import FP16, FP32
from runtime.settings import Settings
from runtime.shipped import bundle_for
from runtime.taking.opening import with_taken
from runtime.taking.place import Place


def build_command(settings: Settings, has_tensorrt: bool) -> Optional[List[str]]:
    """The arguments of python that build what `settings` run on; None where they run on no engine."""
    precision = settings.precision or FP16
    if settings.engine not in ("auto", "tensorrt") or precision not in (FP16, FP32) or not has_tensorrt:
        return None
    if settings.detector is not None and settings.bundle is None:
        return None  # engines are for bundles
    command = ["-m", "export.engine", settings.bundle or bundle_for(settings.each[0].source)]
    if settings.detector is not None:
        command += ["--stage", "classifier"]
    else:
        command += _input_flags(settings)
    return command + ["--precision", precision]


def _input_flags(settings: Settings) -> List[str]:
    """Of the detector. A stream tells its shape only when it is open: what is no 4:3 needs its --res here."""
    flags = [] if settings.size is None else ["--size", str(settings.size)]
    if settings.square:
        return flags + ["--square"]
    return flags if settings.res is None else flags + ["--res", "{}x{}".format(*settings.res)]


def _build(arguments: List[str]) -> int:
    settings = settings_from_arguments(arguments)
    if settings.take_bundles is not None:
        settings = with_taken(settings, Place(settings.take_bundles).running_folder)
    command = build_command(settings, importlib.util.find_spec("tensorrt") is not None)
    if command is None:
        print("no engine to build: these flags on this machine run on onnxruntime", flush=True)
        return 0
    os.execv(sys.executable, [sys.executable] + command)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status is that of python -m export.engine, 0 where there is nothing to build."""
    return exit_status_of(lambda: _build(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    in_utf8("jetson.engines")
    sys.exit(main())
