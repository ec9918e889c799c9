"""A child process that is watched: its log kept, signs of life passed on, a kill seen and explained."""

import os
import signal
import subprocess
import sys
import time
from typing import Callable, List, Optional, Sequence

from runtime.engines.building import SIGKILL
from runtime.errors import BuildError

TELL_EVERY_S = 10.0
_POLL_S = 0.05
_END_S = 5.0

OUT_OF_MEMORY = (
    "killed by the system, most likely for want of memory: add swap (sudo fallocate -l 4G /swapfile && sudo chmod 600 "
    "/swapfile && sudo mkswap /swapfile && sudo swapon /swapfile), turn nvzramconfig off (sudo systemctl disable "
    "nvzramconfig, then reboot), stop the desktop (sudo systemctl isolate multi-user.target), or give it less with "
    "--workspace {less} (it had {workspace} MiB)"
)


class ChildCrashed(BuildError):
    """It ended by a fault of its own, such as a segmentation fault in a driver."""


def run_child(
    module: str,
    arguments: Sequence[str],
    log_path: str,
    tell: Callable[[str], None],
    workspace_mib: int,
    kept_open: Sequence[int] = (),
    accepted: Sequence[int] = (0,),
) -> int:
    """Run `python -m module arguments`; its exit status, one of `accepted`. BuildError, explained, where it is another;
    ChildCrashed where it is a fault's.

    Every TELL_EVERY_S `tell` is called with how long it takes and the last line of its log. `kept_open`: descriptors
    that it inherits, such as a lock's. However this ends, the child has ended too.
    """
    command = [sys.executable, "-m", module] + list(arguments)
    with open(log_path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=tuple(kept_open),
            env=dict(os.environ, PYTHONIOENCODING="utf-8"),
        )
    try:
        began_s = told_s = time.monotonic()
        while process.poll() is None:
            time.sleep(_POLL_S)
            now_s = time.monotonic()
            if now_s - told_s >= TELL_EVERY_S:
                told_s = now_s
                tell("{:.0f} s: {}".format(now_s - began_s, last_line(log_path) or "no word yet"))
    finally:
        _end(process)
    if process.returncode in accepted:
        return process.returncode
    kind = ChildCrashed if process.returncode < 0 and process.returncode != -SIGKILL else BuildError
    raise kind(_explained(module, process.returncode, log_path, workspace_mib))


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_line(path: str) -> Optional[str]:
    """The last line of a log that says something, shortened."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 4096))
            lines: List[str] = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return None
    told = [line.strip() for line in lines if line.strip()]
    return told[-1][:500] if told else None


def _explained(module: str, status: int, log_path: str, workspace_mib: int) -> str:
    if status in (-SIGKILL, 128 + SIGKILL):
        return OUT_OF_MEMORY.format(less=max(workspace_mib // 2, 16), workspace=workspace_mib)
    said = last_line(log_path)
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else "signal {}".format(-status)
        return "python -m {} crashed ({}); it last said: {}".format(module, name, said or "nothing")
    prefix = "shelfsight: "
    if said and said.startswith(prefix):
        return said[len(prefix) :]
    return "python -m {} ended with status {}: {}".format(module, status, said or "it said nothing")
