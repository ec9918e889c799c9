"""The rows of benchmarks.peers as tables, verdicts and a plot."""

import statistics
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

BARE, OURS, HAND, DNN = "bare", "ours", "hand-written", "opencv dnn"
OPENVINO = "ours, openvino"
COMPARED = (OURS, OPENVINO)
"""The ways to run ours that are held against the others."""
ULTRALYTICS, ULTRALYTICS_ONNX = "ultralytics", "ultralytics onnx"
TARGETS = ((HAND, 1.05, "from 3 boxes on"), (ULTRALYTICS, 1.45, "at 160"))


def heading(report: Dict[str, Any]) -> str:
    """What the tables below it were measured on, in one line."""
    text = "{processor}, {cores} cores, Python {python}, commit {commit}; "
    plan = "{threads} thread(s), {clock} time, {repeats} turns of {frames} frames each"
    return text.format(**report["machine"]) + plan.format(**report["plan"])


def row_of(size: int, boxes: int, name: str, turns_ms: Dict[str, List[float]]) -> Dict[str, Any]:
    """Medians and ranges, each ratio taken between turns of the same round."""
    own = turns_ms[name]
    row: Dict[str, Any] = {"size": size, "boxes": boxes, "peer": name, "ms": spread(own)}
    times = {other: spread([mine / its for mine, its in zip(own, theirs)]) for other, theirs in turns_ms.items()}
    row["over_bare"] = times[BARE]
    row["faster"] = {ours: times[ours] for ours in COMPARED if ours in times}
    return row


def spread(values: Sequence[float]) -> Dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }


def tables(rows: Sequence[Dict[str, Any]]) -> str:
    """Markdown, a line for each size and number of boxes: first times and whole over bare, then how ours compares."""
    names = list(dict.fromkeys(row["peer"] for row in rows))

    def time_text(row: Dict[str, Any]) -> str:
        return "{ms[median]:.2f} ({over_bare[median]:.2f})".format(**row)

    parts = [_table(rows, "ms a frame, in brackets whole / bare (medians)", time_text, names)]
    for ours in COMPARED:
        if ours in names:

            def ratio_text(row: Dict[str, Any], ours: str = ours) -> str:
                return "{median:.2f} ({min:.2f}-{max:.2f})".format(**row["faster"][ours])

            others = [name for name in names if name not in (BARE, ours)]
            parts.append(_table(rows, ours + " is so many times as fast (median, range)", ratio_text, others))
    return "\n\n".join(parts)


def _table(
    rows: Sequence[Dict[str, Any]], title: str, text: Callable[[Dict[str, Any]], str], names: Sequence[str]
) -> str:
    lines = [title + ":", "", "| size | boxes | {} |".format(" | ".join(names)), "|" + " --- |" * (len(names) + 2)]
    for size, boxes in dict.fromkeys((row["size"], row["boxes"]) for row in rows):
        of = {row["peer"]: row for row in rows if (row["size"], row["boxes"]) == (size, boxes)}
        lines.append("| {} | {} | {} |".format(size, boxes, " | ".join(text(of[name]) for name in names)))
    return "\n".join(lines)


def verdicts(rows: Sequence[Dict[str, Any]]) -> Iterator[str]:
    """How many times as fast as the peer of each target ours is."""
    text = "{}: at {} with {} boxes {} is {median:.3f} x as fast as {} ({min:.3f} to {max:.3f}), target {} {}"
    for name, target, where in TARGETS:
        concerned = [
            row for row in rows if row["peer"] == name and (row["boxes"] >= 3 if name == HAND else row["size"] == 160)
        ]
        for row in concerned:
            for ours, ratio in row["faster"].items():
                word = "met" if ratio["median"] >= target else "MISSED"
                yield text.format(word, row["size"], row["boxes"], ours, name, target, where, **ratio)


def plot(path: str, rows: Sequence[Dict[str, Any]]) -> None:
    """Whole over bare against the number of objects: a panel for each peer and size, the other peers behind it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sizes = sorted({row["size"] for row in rows})
    names = [name for name in dict.fromkeys(row["peer"] for row in rows) if name != BARE]
    shape = len(sizes), len(names)
    figure, panels = pyplot.subplots(
        *shape, figsize=(1.0 + 1.55 * len(names), 0.9 + 2.1 * len(sizes)), sharex=True, sharey=True, squeeze=False
    )
    for size, line in zip(sizes, panels):
        of = {name: [row for row in rows if (row["size"], row["peer"]) == (size, name)] for name in names}
        for name, axes in zip(names, line):
            for other in names:
                axes.plot(*_medians(of[other]), color="0.85", linewidth=1, zorder=1)
            axes.axhline(1.0, color="0.4", linestyle=":", linewidth=1, zorder=2)
            is_ours = name.startswith(OURS)
            colour = "C0" if is_ours else "C1"
            axes.errorbar(*_medians(of[name]), _gaps(of[name]), color=colour, marker="o", markersize=4, capsize=2)
        line[0].set(ylabel="detector at {}".format(size))
    for name, axes in zip(names, panels[0]):
        axes.set_title(name, fontsize=9)
    highest = max(row["over_bare"]["max"] for row in rows)
    panels[0][0].set(ylim=(0, 1.05 * highest), xticks=sorted({row["boxes"] for row in rows}))
    figure.suptitle("whole loop / bare networks (dotted: 1), by objects in a frame; less is better", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _medians(rows: Sequence[Dict[str, Any]]) -> Tuple[List[int], List[float]]:
    return [row["boxes"] for row in rows], [row["over_bare"]["median"] for row in rows]


def _gaps(rows: Sequence[Dict[str, Any]]) -> List[List[float]]:
    """From each median down to the least and up to the most."""
    found = [row["over_bare"] for row in rows]
    return [[one["median"] - one["min"] for one in found], [one["max"] - one["median"] for one in found]]
