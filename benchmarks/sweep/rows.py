"""From a cell's figures to one row of a table; what a sweep checks of itself; and the best of its settings."""

import statistics
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from benchmarks.sweep.plan import Cell
from runtime.figures.figures import Stages

MAX_ACCURACY_CHANGE = 0.005
"""How far AP50 and F1 of one resolution and size may differ between nominal rates: they see the same frames."""
RATE_TOLERANCE = 0.01
"""How far a measured rate may lie beyond the nominal one, as a share: both ends of a run are stamped late or early."""
BOARD = "board."
"""What begins the columns that a board's telemetry fills."""

Row = Dict[str, Any]
"""Of one cell, by column, flat; None where there is no figure."""


def row_of(cell: Cell, figures: Dict[str, Any]) -> Row:
    """The row of a cell that was measured: medians over its runs, and the range of true FPS."""
    runs, scores = figures["runs"], figures["accuracy"]
    true_fps = [run["true_fps"] for run in runs]
    ceiling_fps = [run["true_fps"] for run in figures["ceiling"]]
    asked, reused = (sum(run["classify"][key] for run in runs) for key in ("asked", "reused"))
    row: Row = {
        "res": cell.res,
        "size": cell.size,
        "input": runs[0].get("input"),
        "nominal_fps": cell.fps,
        "ap50": scores["ap50"],
        "f1": scores["f1"],
        "precision": scores["precision"],
        "recall": scores["recall"],
        "camera_fps": _median([run["camera_fps"] for run in runs]),
        "true_fps": _median(true_fps),
        "true_fps_min": min(true_fps),
        "true_fps_max": max(true_fps),
        "ceiling_fps": _median(ceiling_fps),
        "ceiling_fps_min": min(ceiling_fps),
        "ceiling_fps_max": max(ceiling_fps),
        "latency_p50_ms": _median([run["latency_ms"]["p50"] for run in runs]),
        "latency_p95_ms": _median([run["latency_ms"]["p95"] for run in runs]),
    }
    for stage in [name for name in Stages._fields if name != "others"]:  # a cell has one camera
        row[stage + "_ms"] = _median([run["stages_ms"].get(stage) for run in runs])
    row.update(
        dropped=sum(run["frames"]["dropped"] for run in runs),
        asked=asked,
        reused=reused,
        reused_share=round(reused / (asked + reused), 4) if asked + reused else None,
        limited_by=runs[len(runs) // 2]["limited_by"],
        engine=runs[0]["engine"],
        model=_model(runs[0]),
        repeats=len(runs),
    )
    board = [dict(numbers_in(run.get("board"), BOARD)) for run in runs]
    row.update((key, _median([each.get(key) for each in board])) for key in sorted(set().union(*board)))
    row["hottest_celsius"] = _hottest(runs + figures["ceiling"])
    return row


def _model(report: Dict[str, Any]) -> str:
    """What a report was measured with, in a word or two."""
    return report["detector"] if report.get("bundle") is None else "bundle " + report["bundle"]


def _hottest(reports: Sequence[Dict[str, Any]]) -> Optional[float]:
    """Of any sensor in any run."""
    told = (pair for report in reports for pair in numbers_in(report.get("board"), BOARD))
    values = [value for key, value in told if key.startswith(BOARD + "temperatures") and key.endswith(".max")]
    return max(values, default=None)


def numbers_in(board: Any, prefix: str) -> Iterator[Tuple[str, float]]:
    """Every number of a report's board, whatever the board tells, under a dotted name."""
    if isinstance(board, dict):
        for key, value in board.items():
            for found in numbers_in(value, "{}{}.".format(prefix, key)):
                yield found
    elif isinstance(board, (int, float)) and not isinstance(board, bool):
        yield prefix.rstrip("."), board


def _median(values: Sequence[Optional[float]]) -> Optional[float]:
    told = [value for value in values if value is not None]
    return round(statistics.median(told), 2) if told else None


class Check(NamedTuple):
    """Something that must hold of a sweep's figures, whatever the machine."""

    claim: str
    passes: bool
    seen: str


def checks_of(rows: Sequence[Row]) -> List[Check]:
    """Whether the sweep's figures can be what they are called."""
    return [accuracy_is_of_the_frames(rows), true_is_at_most_nominal(rows)]


def accuracy_is_of_the_frames(rows: Sequence[Row]) -> Check:
    """The same frames at another nominal rate must score the same."""
    claim = "nominal fps does not change accuracy"
    worst, where, compared = 0.0, "", 0
    for key in sorted({(row["res"], row["size"]) for row in rows}):
        alike = [row for row in rows if (row["res"], row["size"]) == key]
        compared += len(alike) > 1
        for measure in ("ap50", "f1"):
            values = [row[measure] for row in alike if row[measure] is not None]
            change = max(values) - min(values) if values else 0.0
            if change > worst:
                worst, where = change, ", {} at {} {}".format(measure, *key)
    seen = "largest change {:.4f}{}, at most {} expected".format(worst, where, MAX_ACCURACY_CHANGE)
    if not compared:
        seen = "one nominal fps only: nothing to compare"
    return Check(claim, worst <= MAX_ACCURACY_CHANGE, seen)


def true_is_at_most_nominal(rows: Sequence[Row]) -> Check:
    """A loop held to a rate never shows more, in any run."""
    ratios = [(row["true_fps_max"] / row["nominal_fps"], row) for row in rows if row["nominal_fps"]]
    claim = "true FPS is at most nominal"
    if not ratios:
        return Check(claim, True, "no nominal rate was set")
    ratio, row = max(ratios, key=lambda pair: pair[0])
    told = row["true_fps_max"], row["nominal_fps"], row["res"], row["size"]
    seen = "highest {:.2f} of {:g} fps, {} at {}".format(*told)
    return Check(claim, ratio <= 1 + RATE_TOLERANCE, seen)


def best_of(rows: Sequence[Row], want_fps: float) -> Optional[Row]:
    """The most accurate row of those whose every run reached `want_fps`: by F1, then AP50, then true FPS."""
    fast = [row for row in rows if row["true_fps_min"] >= want_fps * (1 - RATE_TOLERANCE)]
    return max(fast, key=_merit) if fast else None


def _merit(row: Row) -> Tuple[float, float, float]:
    return round(row["f1"] or 0.0, 3), round(row["ap50"] or 0.0, 3), row["true_fps"]


def pareto_of(rows: Sequence[Row], speed: str = "true_fps") -> List[Row]:
    """The rows that no other one beats in both accuracy (F1) and the column `speed`, slowest first."""
    front: List[Row] = []
    for row in sorted(rows, key=lambda row: (-row[speed], -(row["f1"] or 0.0))):
        if not front or (row["f1"] or 0.0) > (front[-1]["f1"] or 0.0):
            front.append(row)
    return front[::-1]
