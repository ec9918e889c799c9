"""The figures of benchmarks.search as PNG. ImportError without matplotlib."""

from __future__ import annotations

from typing import Any

from benchmarks.searching.speed import Timed


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")  # a file needs no display
    from matplotlib import pyplot

    return pyplot


def plot_right(path: str, scores: dict[str, dict[str, Any]]) -> None:
    """Recall and precision, sampled and with every frame inferred; what is wanted dotted."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(6, 3.2))
    for number, (name, score) in enumerate(scores.items()):
        values = [score["recall"], score["precision"]]
        bars = axes.bar(
            [side + 0.36 * number for side in (0, 1)], values, 0.34, label=f"{name}: {score['inferred']:.0%} inferred"
        )
        axes.bar_label(bars, fmt="%.3f", fontsize=8)
    for side, wanted in ((0, 0.90), (1, 0.95)):
        axes.hlines(wanted, side - 0.2, side + 0.56, colors="0.3", linestyles=":")
    axes.set(xticks=[0.18, 1.18], xticklabels=["recall, 1 s and more", "precision"], ylim=(0.5, 1.08))
    axes.legend(loc="lower right", fontsize=8)
    _save(pyplot, figure, path)


def plot_speed(path: str, ways: list[Timed], filmed_s: float) -> None:
    """x real time of each way, with and without starting; shares of one process's time."""
    pyplot = _pyplot()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3.2), gridspec_kw={"width_ratios": [2, 1]})
    places = range(len(ways))
    for shift, label, values in (
        (-0.19, "all of it", [filmed_s / way.wall_s for way in ways]),
        (0.19, "without starting", [way.rate for way in ways]),
    ):
        bars = left.bar([place + shift for place in places], values, 0.36, label=label)
        left.bar_label(bars, fmt="%.0f", fontsize=8)
    left.axhline(60, color="0.3", linestyle=":")
    left.set(xticks=list(places), xticklabels=[way.name for way in ways], ylabel="x real time")
    left.legend(fontsize=8, loc="upper left")
    below = 0.0
    for kind, share in ways[0].shares.items():
        right.bar([0], [share], bottom=below, label=f"{kind} {share:.0%}")
        below += share
    right.set(xticks=[], ylabel="share of CPU time", xlim=(-0.6, 2.2))
    right.legend(fontsize=8, loc="center right")
    _save(pyplot, figure, path)


def plot_memory(path: str, memory: list[tuple[float, float]]) -> None:
    """MiB of the largest process over the hours of video that it has looked through."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(6, 3))
    axes.plot(*zip(*memory), linewidth=1)
    axes.set(xlabel="hours of video looked through", ylabel="MiB of the largest process")
    axes.set_ylim(0, 1.25 * max(mib for _, mib in memory))
    axes.grid(alpha=0.3)
    _save(pyplot, figure, path)


def _save(pyplot: Any, figure: Any, path: str) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    pyplot.close(figure)
