"""This process becomes another program of ours, or itself anew."""

import os
import sys

from runtime.command_line.ending import ENDING

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def become(module: str, **variables: str) -> None:
    """`python -m module` with the arguments of this process, and `variables` in its environment.

    Returns where a signal has asked this process to end: then there is no other.
    """
    path = [_ROOT] + [part for part in [os.environ.get("PYTHONPATH")] if part]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path), **variables)
    sys.stdout.flush()
    sys.stderr.flush()
    if ENDING.hand_on():
        os.execve(sys.executable, [sys.executable, "-m", module] + sys.argv[1:], environment)
