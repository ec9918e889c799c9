"""Whether a bundle runs here: the program itself, in a child, on some frames of the demo, with this program's flags."""

import os
import subprocess
import sys
from typing import List

from runtime.settings import Settings

FRAMES = 20
MOST_S = 3600.0
"""On a Jetson the engines of both stages are built meanwhile, and are there when the bundle is switched to."""
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def command_of(settings: Settings, folder: str) -> List[str]:
    """The child's arguments: what decides which networks run and how is as in `settings`."""
    command = ["--source", "demo://", "--bundle", folder, "--frames", str(FRAMES), "--fps", "0", "--sink", "none"]
    command += ["--catalogue", "none", "--engine", settings.engine, "--threads", str(settings.threads)]
    res = settings.each[0].res
    if res is not None:
        command += ["--res", "{}x{}".format(*res)]
    if settings.size is not None:
        command += ["--size", str(settings.size)]
    if settings.precision is not None:
        command += ["--precision", settings.precision]
    return command + ["--square"] * settings.square + ["--stretch"] * settings.stretch


def why_not(settings: Settings, folder: str) -> str:
    """Empty: it ran. Takes as long as it takes, MOST_S at most."""
    environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
    environment["PYTHONPATH"] = os.pathsep.join([_ROOT] + [part for part in [environment.get("PYTHONPATH")] if part])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "runtime.camera"] + command_of(settings, folder),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=MOST_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return "the check could not be run: {}".format(error)
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return "the check ended with {}: {}".format(done.returncode, lines[-1] if lines else "nothing said")
