"""What a sweep leaves in its folder: JSON, CSV, a Markdown table, a plot, a card, and the flags of the best setting."""

import csv
import os
import shlex
import tempfile
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from benchmarks.sweep.card import CARD, card_of, encoded
from benchmarks.sweep.pareto import PLOT, plot
from benchmarks.sweep.plan import Cell, SweepFolder
from benchmarks.sweep.rows import BOARD, Row
from runtime.figures.report import write_report

FLAGS = "best.flags"

_LATENCIES = ("latency_p50_ms", "latency_p95_ms")
_COLUMNS: Sequence[Tuple[str, Callable[[Row], str]]] = (
    # heading, how a row shows it
    ("resolution", lambda row: row["res"]),
    ("size", lambda row: str(row["size"])),
    ("input", lambda row: row["input"] or "-"),
    ("nominal", lambda row: "{:g}".format(row["nominal_fps"]) if row["nominal_fps"] else "no limit"),
    ("camera", lambda row: _number(row["camera_fps"], 1)),
    ("**true FPS**", lambda row: "**{}**".format(_number(row["true_fps"], 1))),
    ("range", lambda row: "{:.1f}-{:.1f}".format(row["true_fps_min"], row["true_fps_max"])),
    ("ceiling", lambda row: _number(row["ceiling_fps"], 1)),
    ("AP50", lambda row: _number(row["ap50"], 3)),
    ("F1", lambda row: _number(row["f1"], 3)),
    ("latency p50, p95 ms", lambda row: "{}, {}".format(*(_number(row[k], 0) for k in _LATENCIES))),
    ("detect ms", lambda row: _number(row["detect_ms"], 1)),
    ("classify ms", lambda row: _number(row["classify_ms"], 1)),
    ("reused", lambda row: "-" if row["reused_share"] is None else "{:.0f} %".format(100 * row["reused_share"])),
    ("limited by", lambda row: row["limited_by"]),
)
_BOARD: Sequence[Tuple[str, str, Callable[[Row], str]]] = (
    # heading, the figure without which it is left out, how a row shows it
    ("hottest C", "hottest_celsius", lambda row: _number(row["hottest_celsius"], 0)),
    ("mW", BOARD + "total_mw.mean", lambda row: _number(row.get(BOARD + "total_mw.mean"), 0)),
    ("FPS/W", BOARD + "fps_per_watt", lambda row: _number(row.get(BOARD + "fps_per_watt"), 2)),
    ("throttled", BOARD + "throttled_share", lambda row: _number(row.get(BOARD + "throttled_share"), 2)),
)


def _number(value: Optional[float], digits: int) -> str:
    return "-" if value is None else "{:.{}f}".format(value, digits)


def markdown_of(rows: Sequence[Row], failures: Dict[str, str]) -> str:
    """Resolution x size x fps, a row a cell; those that failed with their reason."""
    columns = list(_COLUMNS) + [(name, show) for name, key, show in _BOARD if any(row.get(key) for row in rows)]
    lines = ["| {} |".format(" | ".join(heading for heading, _ in columns)), "|" + " --- |" * len(columns)]
    for row in rows:
        lines.append("| {} |".format(" | ".join(show(row) for _, show in columns)))
    for name, reason in sorted(failures.items()):
        lines.append("\n{}: failed, {}".format(name, reason))
    return "\n".join(lines) + "\n"


def write_csv(path: str, rows: Sequence[Row], failures: Sequence[Row]) -> None:
    """One row a cell; a cell that failed has its reason in the last column."""
    columns: List[str] = list(dict.fromkeys(key for row in rows for key in row))
    columns = columns or ["res", "size", "nominal_fps"]

    def write(file: Any) -> None:
        writer = csv.DictWriter(file, columns + ["failure"], restval="")
        writer.writeheader()
        writer.writerows(list(rows) + list(failures))

    _write_whole(path, write)


def flags_text(cell: Cell, rest: Sequence[str], note: str) -> str:
    """What runtime.camera takes as @FILE: a flag and its value a line, under a comment."""
    flags = cell.flags + [shlex.quote(flag) for flag in rest]
    lines = ["# " + note]
    for flag in flags:
        if flag.startswith("--") or len(lines) == 1:
            lines.append(flag)
        else:
            lines[-1] += " " + flag
    return "\n".join(lines) + "\n"


def write_text(path: str, text: str) -> None:
    """Whole or not at all."""
    _write_whole(path, lambda file: file.write(text))


def _write_whole(path: str, write: Callable[[Any], Any]) -> None:
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)), prefix=".sweep-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            write(file)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_all(folder: SweepFolder, report: Dict[str, Any], failed: Dict[Cell, str]) -> Optional[str]:
    """Everything but the flags; why there is no plot, or None."""
    rows = report["cells"]
    write_report(folder.file("sweep.json"), report)
    failures = [
        dict(zip(("res", "size", "nominal_fps", "failure"), tuple(cell) + (reason,))) for cell, reason in failed.items()
    ]
    write_csv(folder.file("sweep.csv"), rows, failures)
    reasons = {cell.name: reason for cell, reason in failed.items()}
    text = "{source}, {pictures} labelled frames, {repeats} runs of {seconds:g} s; {processor}, {machine[cores]} cores,"
    text += " Python {machine[python]}, commit {machine[commit]}\n\n"
    write_text(folder.file("sweep.md"), text.format(**report) + markdown_of(rows, reasons))
    card = card_of(report)
    if card is not None:
        write_report(folder.file(CARD + ".json"), card)
        with open(folder.file(CARD + ".png"), "wb") as file:
            file.write(encoded(card))
    if not any(row["f1"] is not None for row in rows):
        return "no plot: no cell has an accuracy"
    return plot(folder.file(PLOT), rows, report["want_fps"], "{source}, {processor}".format(**report))
