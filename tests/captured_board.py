"""A captured board (jetson/boards/*.board): its files below a folder, its commands answered. See SOURCES.md there."""

import re
from pathlib import Path
from typing import Dict, Sequence

from jetson.board.sysfs import Tree
from jetson.checks.machine import NOT_FOUND, Answer, Machine

BOARDS = Path(__file__).resolve().parent / "jetson" / "boards"
_HEAD = re.compile(r"^=== (file|device|command)(?:\[(-?\d+)\])? (.+)$", re.MULTILINE)


class Captured:
    """One board, to be changed by a test at will: `answers` by the command's words, files with `write`."""

    def __init__(self, name: str, folder: Path) -> None:
        """`folder` takes its files."""
        self.root = folder
        self.answers: Dict[str, Answer] = {}
        text = (BOARDS / (name + ".board")).read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        for head, after in zip(heads, heads[1:] + [None]):
            kind, status, what = head.groups()
            content = text[head.end() : None if after is None else after.start()].strip("\n")
            if kind == "command":
                self.answers[what] = Answer(int(status or 0), content)
            else:
                self.write(what, content)

    def write(self, path: str, content: object) -> None:
        """Another content for a file of the board."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}\n".format(content), encoding="utf-8")

    def run(self, command: Sequence[str]) -> Answer:
        """The captured answer; of what was not captured, that there is no such command."""
        return self.answers.get(" ".join(command), Answer(NOT_FOUND, ""))

    @property
    def machine(self) -> Machine:
        return Machine(Tree(str(self.root)), self.run)
