"""What a check may ask of a machine: its files and its commands' answers. Tests put captured ones in their place."""

import os
import subprocess
import sys
from typing import Callable, NamedTuple, Optional, Sequence

from jetson.board.sysfs import Tree

TIMEOUT_S = 30.0
NOT_FOUND = 127
"""A shell's exit status for a command that is not there."""


class Answer(NamedTuple):
    """Of a command."""

    status: int
    """Its exit status; negative: the signal that ended it."""
    output: str
    """Standard output and error together, without blanks around."""

    @property
    def is_there(self) -> bool:
        """Whether there is such a command."""
        return self.status != NOT_FOUND

    @property
    def lines(self) -> Sequence[str]:
        return self.output.splitlines()

    @property
    def last_line(self) -> str:
        return self.lines[-1].strip() if self.lines else ""


Runner = Callable[[Sequence[str]], Answer]

PYTHON = "python"
"""As the first word of a command: the Python that the doctor runs on."""


def run(command: Sequence[str]) -> Answer:
    """Run it in the C locale, no longer than TIMEOUT_S; never raises."""
    words = [sys.executable if command[0] == PYTHON else command[0]] + list(command[1:])
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            env=dict(os.environ, LC_ALL="C"),
        )
    except (FileNotFoundError, PermissionError):
        return Answer(NOT_FOUND, "")
    except subprocess.TimeoutExpired:
        return Answer(124, "no answer within {:g} s".format(TIMEOUT_S))
    return Answer(done.returncode, done.stdout.decode("utf-8", "replace").strip())


class Machine:
    """The one that the doctor looks at."""

    def __init__(self, tree: Optional[Tree] = None, runner: Runner = run) -> None:
        self.tree = tree or Tree()
        self._runner = runner
        self.model = self.tree.text("/proc/device-tree/model") or ""
        """Such as "NVIDIA Jetson Nano Developer Kit"; empty on a PC."""
        self._compatible = self.tree.text("/proc/device-tree/compatible") or ""

    def ask(self, *command: str) -> Answer:
        """The answer of a command; `PYTHON` as its first word is the Python that the doctor runs on."""
        return self._runner(command)

    @property
    def is_jetson(self) -> bool:
        return "nvidia,tegra" in self._compatible

    @property
    def is_nano(self) -> bool:
        """The first Jetson Nano, not the Orin."""
        return "nvidia,tegra210" in self._compatible
