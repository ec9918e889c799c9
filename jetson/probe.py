"""What one library says of itself, in one line: python -m jetson.probe NAME

The doctor asks in a process of its own for each, since a library may end the process (illegal instruction).
"""

import importlib
import sys
from typing import Dict

from runtime.command_line.command import exit_status_of
from runtime.errors import UsageError


def numpy() -> str:
    import numpy

    numpy.ones((64, 64)) @ numpy.ones((64, 64))  # where OpenBLAS meets an instruction that the processor lacks
    return numpy.__version__


def cv2() -> str:
    import cv2

    line = next((line for line in cv2.getBuildInformation().splitlines() if "GStreamer:" in line), "GStreamer: NO")
    return "{}, GStreamer {}".format(cv2.__version__, "yes" if "YES" in line else "no")


def onnxruntime() -> str:
    return _version("onnxruntime")


def aiohttp() -> str:
    return _version("aiohttp")


def tensorrt() -> str:
    return _version("tensorrt")


def openvino() -> str:
    """What the CPU computes with as well."""
    from runtime.engines.openvino import has_bf16, this_machine

    found = this_machine()
    return "{} on {}, {} BF16".format(found.version, found.device, "with" if has_bf16(found) else "without")


def pycuda() -> str:
    """The GPU as well, which takes a driver."""
    from runtime.engines.cuda import find_gpu

    gpu = find_gpu()
    return "{}, {}".format(gpu.name, gpu.sm)


def _version(name: str) -> str:
    return str(importlib.import_module(name).__version__)


PROBES: Dict[str, object] = {
    probe.__name__: probe for probe in (numpy, cv2, onnxruntime, aiohttp, tensorrt, openvino, pycuda)
}


def _tell(name: str) -> None:
    probe = PROBES.get(name)
    if not callable(probe):
        raise UsageError("no probe {!r}: there are {}".format(name, ", ".join(PROBES)))
    try:
        print(probe())
    except (ImportError, OSError, AttributeError) as error:  # of a library that is broken in one way or another
        print(error)
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(exit_status_of(lambda: _tell(sys.argv[1] if len(sys.argv) > 1 else "")))
