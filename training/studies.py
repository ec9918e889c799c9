"""Compare ways to train stage 2 on your own pictures: python -m training.studies init --data SET --out DIR --hours 1

DIR/rows.jsonl has a row a run, DIR/NAME.md the table beside the published figures, DIR/NAME.png the plot. Killed at any
moment, the same command goes on: what is in the file is not run again.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from benchmarks.machine import machine
from runtime.command_line.command import exit_status_of
from runtime.errors import ModelError, ShelfsightError, UsageError
from training import classifier
from training.data.dataset import write_atomically
from training.requirements import STAGE2, require
from training.stage2 import flags
from training.stage2.regions import check_held_out, collect_regions
from training.study.cifar import cifar_in
from training.study.definitions import STUDIES, Study, Variant
from training.study.latency import CLOCKS, Cost, costs_of
from training.study.planning import Plan, planned, without_teachers
from training.study.regions import gallery_of, regions_for
from training.study.report import latency_table, plot, report
from training.study.rows import Row, add_row, read_rows
from training.study.running import Job, Outcome, run_all
from training.study.search import TRIALS, name_of, next_flags, trials_of

WATCHED = 16
"""Regions that a training looks at for its curve; the row's figures are of all that were held out."""
LONGEST_EPOCHS = 30
ROWS = "rows.jsonl"


def values_of(variant: Variant, asked: argparse.Namespace, out: Path, seed: int = 0) -> Dict[str, Any]:
    """Those of python -m training.classifier for one run."""
    given = ["--data", str(asked.data), "--out", str(out), "--seed", str(seed), "--batch", str(asked.batch)]
    given += ["--crop-size", str(asked.crop_size), "--limit", str(asked.limit), "--device", asked.device]
    return {**vars(flags.parser().parse_args(given)), **variant.flags}


def folder_of(name: str, variant: str, seed: int, out: Path) -> Path:
    """Where a run keeps its training."""
    return out / name / f"{variant.replace(': ', '-').replace(', ', '-').replace(' ', '-')}-{seed}"


def network_of(values: Dict[str, Any]) -> str:
    """NAME:PX, as it is timed."""
    return f"{values['backbone']}:{values['crop_size']}"


def step_times(study: Study, every: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Seconds a step of each variant, a teacher's time left out (or why it cannot be trained, a text), and how many
    regions there are."""
    from training.stage2.embedder import make_embedder
    from training.stage2.training import Training

    regions = collect_regions(every[0])
    if not study.folds:
        check_held_out(regions)
    times: Dict[str, Any] = {}
    for variant, values in zip(study.variants, every):
        if values["init"] == "imagenet" and make_embedder(values["backbone"], 2)[1].startswith("random"):
            times[variant.name] = f"no ImageNet weights of {values['backbone']} to be had here"
            continue
        try:
            training = Training(dict(values, teacher=None), regions.products, regions.others, is_begun=True)
        except ShelfsightError as error:
            times[variant.name] = str(error)
            continue
        batches = training.batches(regions.train[: classifier.TRIED])
        training.learn(next(batches))
        began_s = time.monotonic()
        training.learn(next(batches))
        times[variant.name] = time.monotonic() - began_s
    return {"times": times, "regions": len(regions.train)}


def one_run(name: str, variant: Variant, values: Dict[str, Any]) -> Row:
    """Train, measure; in a process of its own. An interrupted training goes on."""
    import resource

    from training.stage2.training import Known, embeddings_of
    from training.study.scoring import Embeddings, scores_of

    regions = regions_for(values, STUDIES[name])
    watched = regions.val[:: max(1, len(regions.val) // WATCHED)]
    resume = (values["out"] / "last.pt").exists()
    training = classifier.train(dict(values, resume=resume), regions._replace(val=watched))
    held, gallery = (
        Embeddings(embeddings_of(training.embedder, known.crops), known.products)
        for known in (Known.of(training, those) for those in (regions.val, gallery_of(regions.train)))
    )
    scores = scores_of(held, training.prototypes(), gallery)
    usual = flags.usual()
    settings = {key: value for key, value in values.items() if value != usual[key] and key not in ("data", "out")}
    settings = {**settings, "crop_size": values["crop_size"], "batch": values["batch"]}
    return Row(
        study=name,
        variant=variant.name,
        seed=values["seed"],
        settings=settings,
        steps=training.step,
        epochs=round(training.step * values["batch"] / len(regions.train), 2),
        seconds=round(training.spent_s, 1),
        weights=training.origin,
        products=len(regions.products),
        regions=(len(regions.train), len(held.products)),
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        machine="{processor}, {cores} cores".format(**machine()),
        **scores._asdict(),
    )


def _plan(name: str, asked: argparse.Namespace) -> Plan:
    """That of the first start: a study that goes on keeps to it."""
    path = asked.out / f"{name}-plan.json"
    if path.exists():
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    study = STUDIES[name]
    every = [values_of(variant, asked, asked.out / "probe") for variant in study.variants]
    [probe] = run_all([Job(step_times, (study, every), asked.out / "probe.log")], 1)
    if probe.error:
        raise ModelError(f"nothing could be trained: {probe.error}")
    times = {one: each for one, each in probe.result["times"].items() if not isinstance(each, str)}
    absent = {one: each for one, each in probe.result["times"].items() if isinstance(each, str)}
    if not times:
        raise ModelError(f"nothing to compare: {'; '.join(absent.values())}")
    steps_an_epoch = probe.result["regions"] / asked.batch
    longest = round(LONGEST_EPOCHS * steps_an_epoch)
    runs = _seeds(name, asked) * (TRIALS if study.is_searched else 1)
    plan = planned(times, runs, asked.hours, asked.jobs, steps_an_epoch, longest)
    plan.left_out.update(absent)
    plan = without_teachers(plan, {one.name: one.flags["teacher"] for one in study.variants if "teacher" in one.flags})
    write_atomically(path, json.dumps(plan._asdict(), indent=1).encode())
    return plan


class Going(NamedTuple):
    """A study under way."""

    name: str
    asked: argparse.Namespace
    steps: int
    """Of each run."""
    until_s: float
    """Of time.monotonic(): no run begins later."""
    costs: Dict[str, Cost]
    """Of the networks, by NAME:PX."""


def study(name: str, asked: argparse.Namespace) -> None:
    """All runs that are missing, then the table and the plot."""
    definition = STUDIES[name]
    if definition.is_of_cifar:
        asked.data = cifar_in(asked.data)
    asked.out.mkdir(parents=True, exist_ok=True)
    plan = _plan(name, asked)
    print(f"{len(plan.variants)} variants, {_seeds(name, asked)} seeds, {plan.steps} steps, {plan.epochs:.1f} epochs")
    chosen = [variant for variant in definition.variants if variant.name in plan.variants]
    until_s = time.monotonic() + asked.hours * 3600
    timed = definition.variants if definition.is_ordered_by_time else chosen
    going = Going(name, asked, plan.steps, until_s, _costs(name, timed, asked))
    if definition.is_searched:
        late = _search(going)
    else:
        teachers = {variant.flags.get("teacher") for variant in chosen}
        first, then = ([one for one in chosen if (one.name in teachers) == is_first] for is_first in (True, False))
        late = {**_run(going, first), **_run(going, then)}
    _show(going, {**plan.left_out, **late})


def _search(going: Going) -> Dict[str, str]:
    """Trial after trial, each with all seeds; a trial that was cut short is asked for again, and goes on."""
    late: Dict[str, str] = {}
    while not late:
        rows = _rows(going.name, going.asked.out)
        whole = [row for row in rows if sum(one.variant == row.variant for one in rows) >= going.asked.seeds]
        if len(trials_of(whole)) >= TRIALS:
            break
        flags = next_flags(whole)
        late = _run(going, [Variant(name_of(flags), flags)])
    return late


def _run(going: Going, variants: List[Variant]) -> Dict[str, str]:
    """Those that have no row; which were not begun, and why."""
    name, asked, steps, until_s, costs = going
    done = {row.key for row in _rows(name, asked.out)}
    jobs = []
    for seed in range(_seeds(name, asked)):
        for variant in variants:
            if (name, variant.name, seed) not in done:
                run = folder_of(name, variant.name, seed, asked.out)
                values = dict(values_of(variant, asked, run, seed), steps=steps)
                if values["teacher"]:
                    values["teacher"] = str(folder_of(name, values["teacher"], seed, asked.out) / "last.pt")
                jobs.append(Job(one_run, (name, variant, values), run.parent / f"{run.name}.log"))
    begun = []
    for outcome in run_all(jobs, asked.jobs, until_s):
        begun.append(outcome.job)
        row = outcome.result or _failed(outcome)
        cost = costs.get(network_of(outcome.job.arguments[2]))
        add_row(asked.out / ROWS, row._replace(**cost._asdict()) if cost else row)
        reached = row.error or f"top-1 {row.top1:.3f}, {row.seconds:.0f} s"
        print(f"{row.variant}, seed {row.seed}: {reached}", flush=True)
    left = [job.arguments for job in jobs if job not in begun]
    return {f"{variant.name}, seed {values['seed']}": f"{asked.hours:g} hours were over" for _, variant, values in left}


def _seeds(name: str, asked: argparse.Namespace) -> int:
    return STUDIES[name].folds or asked.seeds


def _rows(name: str, out: Path) -> List[Row]:
    return [row for row in read_rows(out / ROWS) if row.study == name]


def _failed(outcome: Outcome) -> Row:
    name, variant, values = outcome.job.arguments
    return Row(name, variant.name, values["seed"], variant.flags, 0, 0.0, 0.0, error=outcome.error)


def _costs(name: str, variants: Sequence[Variant], asked: argparse.Namespace) -> Dict[str, Cost]:
    """Of the networks compared, by NAME:PX; kept beside the rows, since they are timed together or not at all."""
    path = asked.out / f"{name}-costs.json"
    if not path.exists():
        networks = list(dict.fromkeys(network_of(values_of(variant, asked, asked.out)) for variant in variants))
        [timing] = run_all(
            [Job(costs_of, (networks, asked.out / "networks", asked.clock), asked.out / "latency.log")], 1
        )
        if timing.error:
            raise ModelError(f"the networks could not be timed: {timing.error}")
        write_atomically(path, json.dumps({one: cost._asdict() for one, cost in timing.result.items()}).encode())
    return {one: Cost(**cost) for one, cost in json.loads(path.read_text(encoding="utf-8")).items()}


def _show(going: Going, left_out: Dict[str, str]) -> None:
    name, out = going.name, going.asked.out
    rows, definition = _rows(name, out), STUDIES[name]
    if definition.is_searched:
        definition = definition._replace(variants=tuple(Variant(trial, {}) for trial in trials_of(rows)))
    text = report(name, definition, rows, left_out)
    if definition.is_ordered_by_time:
        text += "\n" + latency_table(definition, rows, going.costs)
    write_atomically(out / f"{name}.md", text.encode())
    print(text)
    try:
        plot(definition, rows, out / f"{name}.png")
    except ImportError:
        print("no plot: matplotlib is not installed (pip install matplotlib)")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.studies", description="Compare ways to train stage 2 on your own pictures."
    )
    parser.add_argument("name", choices=STUDIES, help="what is compared")
    parser.add_argument("--data", required=True, type=Path, metavar="SET", help="a YOLO set, or a folder a product")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="rows, table, plot, trainings")
    parser.add_argument("--hours", type=float, default=1.0, metavar="H", help="for all runs; plans their epochs (1)")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="runs of each variant (2)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="runs at once (one a core)")
    parser.add_argument("--crop-size", type=int, default=96, metavar="PX", help="side of a crop (96)")
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="crops a step (64)")
    parser.add_argument("--limit", type=int, default=30000, metavar="N", help="about as many regions (30000)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (cpu)")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="networks are timed by; cpu for a machine that is shared (wall)"
    )
    asked = parser.parse_args(arguments)
    again = "interrupted; the same command goes on"
    return exit_status_of(lambda: _checked(asked), again, asked.out)


def _checked(asked: argparse.Namespace) -> None:
    if min(asked.seeds - 1, asked.jobs, asked.limit, asked.batch - 1) < 1 or asked.hours <= 0 or asked.crop_size < 32:
        raise UsageError(
            "--seeds and --batch must be at least 2, --jobs and --limit 1, --crop-size 32, --hours above 0"
        )
    require(STAGE2, asked.device)
    study(asked.name, asked)


if __name__ == "__main__":
    sys.exit(main())
