"""A cell's process: started, waited for, ended with its owner, and what it died of in one line."""

import os
import signal
import subprocess
import sys
from typing import NamedTuple, Optional, Sequence

from runtime.engines.building import SIGKILL

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PREFIX = "shelfsight: "
_END_S = 5.0


class Outcome(NamedTuple):
    """How a process ended."""

    failure: Optional[str]
    """None where it went well."""
    is_usage: bool = False
    """It was asked for something that makes no sense, so that every other cell would say the same."""


def run_module(module: str, arguments: Sequence[str], log_path: str, timeout_s: float) -> Outcome:
    """Run `python -m module arguments`, what it says into `log_path`; it has ended when this returns or raises."""
    path = os.pathsep.join(part for part in (ROOT, os.environ.get("PYTHONPATH")) if part)
    with open(log_path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module] + list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(os.environ, PYTHONPATH=path, PYTHONIOENCODING="utf-8"),
        )
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return Outcome(
                "not done after {:.0f} s: see {}, or give it longer with --limit".format(timeout_s, log_path)
            )
        finally:
            _end(process)
    return outcome_of(process.returncode, last_line(log_path))


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def outcome_of(status: int, said: Optional[str]) -> Outcome:
    """From an exit status (negative: a signal) and the last line that the process said."""
    if status == 0:
        return Outcome(None)
    if status == -SIGKILL:
        return Outcome("killed by the system, most likely for want of memory")
    if status < 0:
        known = -status in {number.value for number in signal.Signals}
        name = signal.Signals(-status).name if known else "signal {}".format(-status)
        return Outcome("crashed ({}); it last said: {}".format(name, said or "nothing"))
    if said and said.startswith(_PREFIX):
        return Outcome(said[len(_PREFIX) :], is_usage=status == 2)
    return Outcome("ended with status {}; it last said: {}".format(status, said or "nothing"))


def last_line(path: str) -> Optional[str]:
    """The last line of a log that says something, shortened."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 4096))
            told = [line.strip() for line in file.read().decode("utf-8", "replace").split("\n") if line.strip()]
    except OSError:
        return None
    return told[-1][:500] if told else None
