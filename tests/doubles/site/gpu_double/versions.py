"""The releases that can be played, and the GPU that goes with each."""

import os
from typing import Dict, NamedTuple, Tuple

from gpu_double.knobs import VERSION, knob


class Release(NamedTuple):
    """One release of TensorRT, and the machine it is played on."""

    version: str
    """As tensorrt.__version__ says it."""
    operators: str
    """Which list of export.checking.operators its ONNX parser is held to."""
    compute_capability: Tuple[int, int]
    gpu: str
    cuda: Tuple[int, int, int]

    @property
    def number(self) -> Tuple[int, int]:
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


RELEASES: Dict[str, Release] = {
    "8.2": Release("8.2.1.8", "8.2", (5, 3), "NVIDIA Tegra X1", (10, 2, 0)),
    "8.6": Release("8.6.1", "8.6", (8, 7), "Orin", (11, 4, 0)),
    # No list of the importers of 10.9 and 11.4 was to be had: export.checking.targets holds them to 10.1's too.
    "10.9": Release("10.9.0.34", "10.1", (8, 7), "Orin", (12, 6, 0)),
    "11.4": Release("11.4.0.106", "10.1", (8, 9), "NVIDIA GeForce RTX 4060", (13, 0, 0)),
}


class Gpu(NamedTuple):
    """What the driver says of the device."""

    name: str
    compute_capability: Tuple[int, int]
    cuda: Tuple[int, int, int]


def played_release() -> Release:
    """The one that the environment names. ImportError where it names none."""
    name = os.environ.get(VERSION)
    if name not in RELEASES:
        raise ImportError("this is a test's double: set {} to one of {}".format(VERSION, ", ".join(RELEASES)))
    return RELEASES[name]


def gpu_of_release() -> Gpu:
    """The device, whose name says that it is a double."""
    release = played_release()
    capability = knob("compute_capability") or release.compute_capability
    name = "test double of {}".format(knob("gpu_name") or release.gpu)
    return Gpu(name, (capability[0], capability[1]), release.cuda)
