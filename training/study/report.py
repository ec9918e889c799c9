"""A study's rows as a Markdown table and a plot."""

from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from training.study.definitions import Study, Variant
from training.study.latency import Cost
from training.study.rows import Row

SHARES = {"top1": "top-1, %", "top5": "top-5, %", "mean_ap": "mAP, %", "match_f1": "match F1, %"}


def report(name: str, study: Study, rows: Sequence[Row], left_out: Dict[str, str]) -> str:
    """In Markdown: a line a variant, means over its seeds with the sample deviation, and the conditions of both."""
    shown = by_variant(study, rows)
    engines = list(dict.fromkeys(engine for _, own in shown for engine in own[0].ms))
    head = ["variant", "runs", *SHARES.values(), "published", "epochs", "s a run", "peak MiB"]
    head += ["parameters, M", "MACs, M"] + [f"{engine}, ms a crop" for engine in engines] + ["started from"]
    lines = [f"# {name}: {study.question}", "", _line(head), _line(["---"] * len(head))]
    lines += [_line(_cells(one, own, engines)) for one, own in shown]
    lines += ["", f"Published: {study.conditions}. Here: {_conditions(rows)}."]
    failed = {f"{row.variant}, seed {row.seed}": row.error for row in rows if row.error}
    lines += _not_run({**left_out, **failed})
    return "\n".join(lines) + "\n"


def _not_run(reasons: Dict[str, str]) -> List[str]:
    """A line a reason; `reasons`: by what was not run."""
    by_reason: Dict[str, List[str]] = {}
    for what, why in reasons.items():
        by_reason.setdefault(why, []).append(what)
    return [f"- not run: {'; '.join(names)}: {why}" for why, names in by_reason.items()]


def latency_table(study: Study, rows: Sequence[Row], costs: Dict[str, Cost]) -> str:
    """Top-1 beside what a crop costs, the quickest first; how well MACs and parameters order the engines' times.

    `costs`: by NAME:PX, of networks that have runs or not.
    """
    engines = list(next(iter(costs.values())).ms) if costs else []
    reached = {variant.flags["backbone"]: own for variant, own in by_variant(study, rows)}
    head = ["network", "top-1, %", *(f"{engine}, ms a crop" for engine in engines), "MACs, M", "parameters, M"]
    lines = [_line(head), _line(["---"] * len(head))]
    for network, cost in sorted(costs.items(), key=lambda item: item[1].ms[engines[0]]):
        own = reached.get(network.split(":")[0])
        top1 = _spread([100 * row.top1 for row in own]) if own else "not run"
        times = [f"{cost.ms[engine]:.3f}" for engine in engines]
        lines.append(
            _line([network, top1, *times, f"{cost.multiplications / 1e6:.1f}", f"{cost.parameters / 1e6:.2f}"])
        )
    lines.append("")
    for engine in engines:
        ms = [cost.ms[engine] for cost in costs.values()]
        by_macs = rank_correlation([cost.multiplications for cost in costs.values()], ms)
        by_parameters = rank_correlation([cost.parameters for cost in costs.values()], ms)
        lines.append(
            f"- rank correlation with the milliseconds on {engine}: MACs {by_macs:.2f}, parameters {by_parameters:.2f}"
        )
    return "\n".join(lines) + "\n"


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's, -1..1, of values without ties; nan of fewer than two."""
    if len(first) < 2:
        return float("nan")
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def by_variant(study: Study, rows: Sequence[Row]) -> List[Tuple[Variant, List[Row]]]:
    """The runs that went well of each variant that has some."""
    good = [row for row in rows if not row.error]
    pairs = ((variant, [row for row in good if row.variant == variant.name]) for variant in study.variants)
    return [(variant, own) for variant, own in pairs if own]


def _cells(variant: Variant, rows: Sequence[Row], engines: Sequence[str]) -> List[str]:
    shares = [_spread([100 * getattr(row, field) for row in rows]) for field in SHARES]
    times = [f"{np.mean([getattr(row, field) for row in rows]):.{digits}f}" for field, digits in
             (("epochs", 1), ("seconds", 0), ("peak_mib", 0))]  # fmt: skip
    one = rows[0]
    costs = [f"{one.parameters / 1e6:.2f}", f"{one.multiplications / 1e6:.1f}"]
    costs += [f"{one.ms[engine]:.3f}" if engine in one.ms else "-" for engine in engines]
    return [variant.name, str(len(rows)), *shares, variant.published, *times, *costs, one.weights]


def _spread(values: Sequence[float]) -> str:
    deviation = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{deviation}"


def _conditions(rows: Sequence[Row]) -> str:
    good = [row for row in rows if not row.error]
    if not good:
        return "nothing was run"
    trained, measured = good[0].regions
    data = f"{trained} regions of {good[0].products} products trained on, {measured} others measured on"
    settings = good[0].settings
    return f"{data}; crops of {settings['crop_size']} px, {settings['batch']} a step; {good[0].machine}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plot(study: Study, rows: Sequence[Row], path: Path) -> None:
    """A figure of what the study measures. ImportError without matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = by_variant(study, rows)
    figure = (_plot_costs if study.is_ordered_by_time else _plot_bars)(pyplot, study, shown)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _plot_bars(pyplot: Any, study: Study, shown: Sequence[Tuple[Variant, List[Row]]]) -> Any:
    """Each run as a point, each variant's mean as a bar."""
    figure, axes = pyplot.subplots(figsize=(7, 1 + 0.4 * len(shown)))
    for place, (_, own) in enumerate(shown):
        values = [100 * getattr(row, study.measure) for row in own]
        axes.barh(place, np.mean(values), color="lightsteelblue")
        axes.plot(values, [place] * len(values), "k.", markersize=5)
    axes.set_yticks(range(len(shown)), [variant.name for variant, _ in shown])
    axes.invert_yaxis()
    axes.set_xlabel(SHARES[study.measure])
    return figure


def _plot_costs(pyplot: Any, study: Study, shown: Sequence[Tuple[Variant, List[Row]]]) -> Any:
    """Each network's mean over what it costs: measured on each engine, and counted."""
    engines = list(shown[0][1][0].ms) if shown else []
    figure, panels = pyplot.subplots(1, len(engines) + 1, figsize=(5 * (len(engines) + 1), 4), sharey=True)
    costs = [(f"{engine}, ms a crop", lambda row, engine=engine: row.ms.get(engine, np.nan)) for engine in engines]
    costs.append(("MACs, M", lambda row: row.multiplications / 1e6))
    for axes, (words, cost_of) in zip(np.atleast_1d(panels), costs):
        for variant, own in shown:
            place = cost_of(own[0]), 100 * np.mean([getattr(row, study.measure) for row in own])
            axes.plot(*place, "k.")
            axes.annotate(variant.name, place, fontsize=7, xytext=(3, 3), textcoords="offset points")
        axes.set_xlabel(words)
    np.atleast_1d(panels)[0].set_ylabel(SHARES[study.measure])
    return figure
