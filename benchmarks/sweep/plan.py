"""What a sweep measures: the cells, and where each one's figures lie, so that a sweep can be taken up again."""

import json
import os
import shlex
import shutil
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from runtime.errors import UsageError
from runtime.figures.report import write_report

SETTINGS = "settings.json"
CELLS = "cells"


class Cell(NamedTuple):
    """One setting of the camera program."""

    res: str
    """WIDTHxHEIGHT."""
    size: int
    """Longer side of the detector's input in pixels."""
    fps: float
    """Nominal; 0 is as fast as it goes."""

    @property
    def name(self) -> str:
        """For people and for files, as in 640x480-160-24."""
        return "{}-{}-{:g}".format(*self)

    @property
    def flags(self) -> List[str]:
        """Of runtime.camera."""
        return ["--res", self.res, "--size", str(self.size), "--fps", "{:g}".format(self.fps)]


class SweepFolder:
    """The folder of one sweep: a file a measured cell, and the settings that all of them share."""

    def __init__(self, path: str, settings: Dict[str, Any], fresh: bool) -> None:
        """Opens or makes `path`. `fresh` forgets what it holds.

        UsageError where it holds figures that were measured with other settings than `settings`: no table mixes them.
        """
        self.path = path
        self._cells = os.path.join(path, CELLS)
        os.makedirs(path, exist_ok=True)
        if fresh and os.path.isdir(self._cells):
            shutil.rmtree(self._cells)
        os.makedirs(self._cells, exist_ok=True)
        before = _read(os.path.join(path, SETTINGS))
        if before is not None and before != settings and os.listdir(self._cells):
            told = sorted(key for key in set(before) | set(settings) if before.get(key) != settings.get(key))
            message = "{} holds a sweep with other {} ({}): give another --out, or --fresh to measure every cell again"
            raise UsageError(message.format(path, ", ".join(told), shown(before, told)))
        write_report(os.path.join(path, SETTINGS), settings)

    def file(self, name: str) -> str:
        """The path of a file in the folder."""
        return os.path.join(self.path, name)

    def cell_path(self, cell: Cell) -> str:
        """Where the cell's figures go, whole or not at all."""
        return os.path.join(self._cells, cell.name + ".json")

    def log_path(self, cell: Cell) -> str:
        """Where what the cell's process says goes."""
        return os.path.join(self._cells, cell.name + ".log")

    def read(self, cell: Cell) -> Optional[Dict[str, Any]]:
        """The figures of a cell that has been measured, else None."""
        return _read(self.cell_path(cell))


def shown(settings: Dict[str, Any], keys: Sequence[str]) -> str:
    """A few of these settings for an error's line."""
    return ", ".join("{}: {}".format(key, _text(settings.get(key))) for key in keys)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(shlex.quote(str(part)) for part in value) or "none"
    return json.dumps(value)


def _read(path: str) -> Optional[Dict[str, Any]]:
    """The object in a JSON file; None where there is none, or half of one."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
