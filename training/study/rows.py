"""Runs as rows of one JSONL file: added whole, never changed, so that a killed study goes on from it."""

import json
import os
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple


class Row(NamedTuple):
    """One training and what it reached; shares lie in 0..1."""

    study: str
    variant: str
    seed: int
    settings: Dict[str, Any]
    """Flags that differ from the defaults of python -m training.classifier."""
    steps: int
    epochs: float
    seconds: float
    """Of the training alone."""
    weights: str = ""
    """What it started from."""
    products: int = 0
    regions: Tuple[int, int] = (0, 0)
    """Trained on, measured on."""
    top1: float = float("nan")
    top5: float = float("nan")
    mean_ap: float = float("nan")
    match_f1: float = float("nan")
    peak_mib: float = float("nan")
    """Memory of the whole process at its highest."""
    parameters: int = 0
    multiplications: int = 0
    """Of convolutions and matrix products, for one crop."""
    ms: Dict[str, float] = {}
    """A crop, by engine: see training.study.latency."""
    machine: str = ""
    error: str = ""
    """Why there is no figure, in a line."""

    @property
    def key(self) -> Tuple[str, str, int]:
        return self.study, self.variant, self.seed


def read_rows(path: Path) -> List[Row]:
    """Those that were written whole: a last line cut short by a power cut is no row. None where there is no file."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith("}")]
    return [Row(**dict(row, regions=tuple(row["regions"]))) for row in rows]


def add_row(path: Path, row: Row) -> None:
    """At the end of the file, on the disk when this returns."""
    with open(path, "a+b") as file:
        if file.tell() and not _ends_whole(path):
            file.write(b"\n")
        file.write(json.dumps(row._asdict()).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _ends_whole(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
