"""What a figure was measured on: no figure leaves a benchmark without it."""

import os
import platform
import subprocess
from typing import Dict, Optional

import cv2
import numpy as np

from jetson.checks.machine import Machine
from jetson.checks.power import power_mode_in


def machine(looked_at: Optional[Machine] = None) -> Dict[str, object]:
    """Processor, cores, system, versions and commit, ready for JSON; of a Jetson its name and power mode too."""
    looked_at = looked_at or Machine()
    return {
        **_board(looked_at),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": "{} {}".format(platform.system(), platform.machine()),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "commit": _commit(),
    }


def _board(looked_at: Machine) -> Dict[str, object]:
    if not looked_at.is_jetson:
        return {}
    return {"board": looked_at.model, "power_mode": power_mode_in(looked_at.ask("nvpmodel", "-q"))}


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
