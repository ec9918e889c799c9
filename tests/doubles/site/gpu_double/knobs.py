"""How a test steers the double, in child processes too: one environment variable with JSON, read at each use."""

import json
import os
from typing import Any, Dict

VERSION = "SHELFSIGHT_DOUBLE_TENSORRT"
"""Environment variable: the release of TensorRT to play, "8.2", "8.6", "10.9" or "11.4"."""
KNOBS = "SHELFSIGHT_DOUBLE_KNOBS"
"""Environment variable: a JSON object with any of `DEFAULTS`."""

DEFAULTS: Dict[str, Any] = {
    "broken": [],  # "tensorrt", "pycuda": importing it fails as with a missing library
    "gpus": 1,
    "compute_capability": None,  # [major, minor]; None: one that goes with the release
    "gpu_name": None,
    "memory_mib": 4096,
    "out_of_memory_at": [],  # "build", "deserialize", "create_context", "mem_alloc", "pagelocked_empty"
    "kill_build": False,  # SIGKILL to the own process in the middle of a build, as the kernel does when memory is short
    "kill_build_above_mib": None,  # the same, where the workspace allowed is more than this
    "build_s": 0.0,
    "build_s_with_cache": None,  # where a timing cache knows the network; None: as build_s
    "build_fails": False,
    "fp16_outputs": "as computed",  # or "perturbed", "nan", "zero": of engines whose weights are FP16
    "fp32_outputs": "as computed",  # the same for the others
    "perturbation": 0.2,  # relative, for "perturbed"
    "fast_fp16": True,
    "inference_s": 0.0,
    "no_kernel_compiler": False,  # as a machine without nvcc
}


def knob(name: str) -> Any:
    """The value now in force. KeyError for a name that is none."""
    default = DEFAULTS[name]
    text = os.environ.get(KNOBS)
    if not text:
        return default
    chosen = json.loads(text)
    unknown = sorted(set(chosen) - set(DEFAULTS))
    if unknown:
        raise KeyError("no such knob of the double: {}; there are {}".format(unknown, sorted(DEFAULTS)))
    return chosen.get(name, default)
