"""What a figure was measured on: no figure leaves a benchmark without it."""

import os
import platform
import subprocess
from typing import Dict

import cv2
import numpy as np


def machine() -> Dict[str, object]:
    """Processor, cores, system, versions and commit, ready for JSON."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": "{} {}".format(platform.system(), platform.machine()),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "commit": _commit(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith(("model name", "Model")):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _commit() -> str:
    """Short hash of the checkout, with + where it differs from it; unknown outside of one."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        done = subprocess.run(
            command,
            cwd=os.path.dirname(os.path.abspath(__file__)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"
