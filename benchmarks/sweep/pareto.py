"""The plot of a sweep: accuracy against speed, both from zero, and enlarged; what no other setting beats joined."""

from typing import Any, Dict, List, Optional, Sequence

from benchmarks.sweep.labels import Box, Point, placed
from benchmarks.sweep.rows import Row, pareto_of

PLOT = "pareto.png"


def plot(path: str, rows: Sequence[Row], want_fps: float, title: str) -> Optional[str]:
    """A large point at each setting's ceiling, small ones at its true FPS at the nominal rates.

    Settings that differ in the nominal rate alone have one ceiling, the best of theirs. Says why there is no plot, or
    None where it was drawn.
    """
    try:
        import matplotlib
    except ImportError:
        return "no plot: matplotlib is not installed (pip install matplotlib)"
    matplotlib.use("Agg")  # a file needs no display
    from matplotlib import pyplot

    rows = [row for row in rows if row["f1"] is not None]
    ceilings = ceilings_of(rows)
    # From zero settings look as alike as they are; enlarged they can be told apart.
    figure, (whole, large) = pyplot.subplots(
        2, 1, figsize=(9, 6.5), sharex=True, gridspec_kw={"height_ratios": [1, 2.5]}
    )
    for axes in (whole, large):
        _draw(axes, rows, ceilings, want_fps)
    least, most = min(row["f1"] for row in rows), max(row["f1"] for row in rows)
    margin = max(0.35 * (most - least), 0.005)
    whole.set(xlim=(0, 1.15 * max(row["ceiling_fps"] for row in ceilings)), ylim=(0, 1.05), ylabel="F1", title=title)
    large.set(ylim=(least - margin, most + margin), ylabel="F1 of both stages, enlarged")
    large.set(xlabel="true FPS: large, the ceiling; small, at a nominal rate")
    figure.tight_layout()
    _annotate(figure, large, rows, ceilings)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return None


def _draw(axes: Any, rows: Sequence[Row], ceilings: Sequence[Row], want_fps: float) -> None:
    axes.plot(*zip(*[_place(row) for row in pareto_of(ceilings, "ceiling_fps")]), color="0.7", zorder=1)
    for number, row in enumerate(ceilings):
        colour = "C{}".format(number % 10)
        alike = [(other["true_fps"], other["f1"]) for other in rows if _setting(other) == _setting(row)]
        axes.plot(*zip(*alike), "o", markersize=3.5, color=colour, zorder=2)
        axes.plot(*_place(row), "o", markersize=8, color=colour, markeredgecolor="white", zorder=3)
    axes.axvline(want_fps, color="0.6", linestyle=":")
    axes.grid(color="0.93")
    axes.set_axisbelow(True)


def ceilings_of(rows: Sequence[Row]) -> List[Row]:
    """One row a resolution and size: of its nominal rates the one with the highest ceiling; the fastest first."""
    best: Dict[Any, Row] = {}
    for row in rows:
        known = best.get(_setting(row))
        if known is None or row["ceiling_fps"] > known["ceiling_fps"]:
            best[_setting(row)] = row
    return sorted(best.values(), key=lambda row: -row["ceiling_fps"])


def _setting(row: Row) -> Any:
    return row["res"], row["size"]


def _place(row: Row) -> Point:
    return row["ceiling_fps"], row["f1"]


def _along(line: Sequence[Point]) -> List[Point]:
    """Points on `line`, close enough to keep text off it."""
    found: List[Point] = []
    for (x1, y1), (x2, y2) in zip(line, line[1:]):
        found += [(x1 + (x2 - x1) * part / 20, y1 + (y2 - y1) * part / 20) for part in range(21)]
    return found


def _annotate(figure: Any, axes: Any, rows: Sequence[Row], ceilings: Sequence[Row]) -> None:
    """Name each ceiling beside its point, joined to it by a line, no text over another, a point or the front."""
    renderer = figure.canvas.get_renderer()
    style = {"fontsize": 8, "ha": "center", "va": "center"}
    texts = ["{res} at {size}\nF1 {f1:.3f}, {ceiling_fps:.0f} FPS".format(**row) for row in ceilings]
    drawn = [axes.annotate(text, (0, 0), xycoords="figure pixels", **style) for text in texts]
    sizes = [(extent.width, extent.height) for extent in (text.get_window_extent(renderer) for text in drawn)]
    for text in drawn:
        text.remove()

    def pixels(places: Sequence[Point]) -> List[Point]:
        return [(x, y) for x, y in axes.transData.transform(places)] if places else []

    points = [_place(row) for row in ceilings]
    front = [_place(row) for row in pareto_of(ceilings, "ceiling_fps")]
    others = [(row["true_fps"], row["f1"]) for row in rows] + _along(front)
    frame = axes.get_window_extent(renderer)
    area = Box(frame.x0 + 4, frame.y0 + 4, frame.x1 - 4, frame.y1 - 4)
    for text, point, box in zip(texts, points, placed(pixels(points), sizes, area, pixels(others))):
        middle = axes.transData.inverted().transform(((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2))
        line = {"arrowstyle": "-", "color": "0.6", "lw": 0.7, "shrinkB": 6}
        axes.annotate(text, point, middle, arrowprops=line, **style)
