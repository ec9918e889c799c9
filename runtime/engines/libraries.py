"""The libraries whose engines are made on this machine, or compared with their models on it, before they run."""

import platform
from typing import Callable, Iterator, NamedTuple, Tuple

from runtime.engines import openvino, tensorrt
from runtime.engines.sidecar import BF16, FP16, FP32, OPENVINO, TENSORRT, EngineKey
from runtime.errors import ModelError
from runtime.settings import Settings


class Library(NamedTuple):
    """One of them."""

    title: str
    flag: str
    """Its value of --engine."""
    precisions: Tuple[str, ...]
    """Its values of --precision, the first unless another is asked for."""
    this_machine: Callable[[], EngineKey]
    """What it runs on; ShelfsightError where it cannot be had."""
    absent: Callable[[], str]
    """Why nobody would expect it on this machine, in a few words; empty where it is missed."""
    makes: str
    """python -m this makes its engines, or compares them."""
    making: str
    """What that is called in the log, and what is said before it."""
    announced: str


LIBRARIES = (
    Library(
        TENSORRT,
        "tensorrt",
        (FP16, FP32),
        tensorrt.this_machine,
        tensorrt.absent,
        "export.engine",
        "engine build",
        "no engine fits: building for {}; minutes on a Jetson Nano, once",
    ),
    Library(
        OPENVINO,
        "openvino",
        (BF16, FP32),
        openvino.this_machine,
        openvino.absent,
        "export.openvino",
        "comparison",
        "no verdict fits: comparing OpenVINO with onnxruntime for {}; seconds, once",
    ),
)
"""In the order in which --engine auto takes them."""


def considered(settings: Settings) -> Iterator[Library]:
    """Those that --engine, --precision and this kind of processor leave."""
    for library in LIBRARIES:
        asked_for = settings.engine == library.flag
        is_possible = library.title != OPENVINO or platform.machine() in ("x86_64", "AMD64")
        has_precision = settings.precision is None or settings.precision in library.precisions
        if asked_for or (settings.engine == "auto" and is_possible and has_precision):
            yield library


def machine_for(library: Library, settings: Settings) -> EngineKey:
    """What `library` runs on; ShelfsightError where it cannot be had, or where auto has no use for it."""
    machine = library.this_machine()
    if library.title == OPENVINO and settings.engine == "auto":
        if not openvino.has_bf16(machine):
            raise ModelError("this CPU ({}) has no BF16, and in FP32 OpenVINO gains nothing".format(machine.device))
        if settings.precision == FP32:
            raise ModelError("in FP32 OpenVINO gains nothing")
    return machine
