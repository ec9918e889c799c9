"""Train stage 2: python -m training.classifier --data SET --out RUN

SET is a YOLO set, whose boxes are cut out, or a folder of pictures a product. RUN/last.pt is the result,
RUN/metrics.csv its curves. Killed at any moment, it goes on with --resume from the last checkpoint, and ends as it
would have ended: step n draws the same examples whenever it is run. --folds K trains K times, each on all but a K-th.
"""

import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from tqdm import tqdm

from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError, UsageError
from training.checkpoint import read_checkpoint, write_checkpoint
from training.memory import fitting
from training.requirements import INSTALL, STAGE2, require
from training.stage2.allocation import keep_freed_memory
from training.stage2.flags import parser
from training.stage2.folds import cross_validate
from training.stage2.regions import Regions, check_held_out, collect_regions

CHECKPOINT_EVERY_S = 30.0
CURVE_POINTS = 50
VALIDATED = 500
"""So many regions at most are looked at for a point of the curve."""
TRIED = 100
"""Regions that show whether a batch fits into memory."""


def train(values: Dict[str, Any], regions: Optional[Regions] = None) -> Any:
    """Train, or go on; the Training. `regions`: instead of reading the data set. Raises ShelfsightError."""
    try:
        import torch

        from training.stage2.training import KEPT, Training
    except ImportError as error:
        raise MissingPackageError(f"training stage 2 needs {error.name}: {INSTALL}") from error
    torch.set_num_threads(values["threads"])
    keep_freed_memory()
    out: Path = values["out"]
    last = out / "last.pt"
    content = read_checkpoint(last, "classifier") if values["resume"] else None
    if content is None and last.exists():
        raise UsageError(f"{last} exists: go on with --resume, or give another --out")
    if content is not None:
        values = dict(values, **{key: content["values"][key] for key in KEPT if key in content["values"]})
    out.mkdir(parents=True, exist_ok=True)
    if regions is None:
        regions = collect_regions(values)
        check_held_out(regions)
    training = Training(values, regions.products, regions.others, is_begun=content is not None)
    if content is not None:
        training.go_on_from(content)
    elif values["start"]:
        training.start_from(read_checkpoint(values["start"], "classifier"))
        if values["imprint"]:
            training.imprint(regions.train)
    more = f" and {len(regions.others)} others" if regions.others else ""
    print(f"{len(regions.train)} regions of {len(regions.products)} products{more}, weights: {training.origin}")

    def try_batch(batch: int) -> None:
        trial = Training(dict(values, batch=batch), regions.products, regions.others, is_begun=True)
        trial.learn(next(trial.batches(regions.train[:TRIED])))

    with fitting(values["batch"], try_batch):
        _run(training, regions, out)
    return training


def _run(training: Any, regions: Regions, out: Path) -> None:
    from training.stage2.training import Known, accuracy

    report_every = max(20, training.values["steps"] // CURVE_POINTS)
    reported, saved_s = training.progress(), time.monotonic()
    losses: List[Tuple[float, float]] = []
    best = 0.0
    known = Known.of(training, regions.val[:: max(1, len(regions.val) // VALIDATED)])
    batches = training.batches(regions.train)
    with tqdm(
        total=100, desc="training", unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}", disable=None
    ) as bar:
        while training.progress() < 1.0:
            began_s = time.monotonic()
            losses.append(training.learn(next(batches)))
            training.spent_s += time.monotonic() - began_s
            bar.update(100 * training.progress() - bar.n)
            is_due = training.step % report_every == 0 or training.progress() - reported > 1 / CURVE_POINTS
            if is_due or training.progress() >= 1.0:
                reported = training.progress()
                loss, right = np.mean(losses, axis=0)
                val = accuracy(training, known)
                best = max(best, val)
                bar.set_postfix_str(
                    f"step {training.step} loss {loss:.3f} right {right:.3f} val {val:.3f} best {best:.3f}"
                )
                _append(out / "metrics.csv", (training.step, training.spent_s, loss, right, val))
                losses.clear()
            if time.monotonic() - saved_s > CHECKPOINT_EVERY_S:
                write_checkpoint(out / "last.pt", training.content())
                saved_s = time.monotonic()
    write_checkpoint(out / "last.pt", training.content())


def _append(path: Path, row: Sequence[float]) -> None:
    """One line more of the curves."""
    is_new = not path.exists()
    with open(path, "a", encoding="utf-8") as file:
        if is_new:
            file.write("step,seconds,loss,train_top1,val_top1\n")
        file.write(",".join(f"{value:.6g}" for value in row) + "\n")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(parser().parse_args(arguments))
    interrupted = "interrupted; the same command with --resume goes on"
    return exit_status_of(lambda: _train(values), interrupted, values["out"])


def _train(values: Dict[str, Any]) -> None:
    _check(values)
    require(STAGE2, values["device"])
    if values["folds"]:
        cross_validate(values, train)
        return
    training = train(values)
    print(f"{values['out'] / 'last.pt'}: {training.step} steps, {training.spent_s / 60:.1f} minutes")


def _check(values: Dict[str, Any]) -> None:
    counts = min(values["steps"], values["batch"] - 1, values["embedding"], values["limit"])
    if counts < 1 or values["crop_size"] < 32:
        raise UsageError("--steps, --embedding and --limit must be at least 1, --batch 2, --crop-size 32")
    if values["teacher"] and values["cutmix"]:
        raise UsageError("--teacher with --cutmix: its patches are not the same in two sizes, take --mixup")
    if values["imprint"] and not values["start"]:
        raise UsageError("--imprint without --start: a network that knows nothing yet has no means to begin with")
    if values["batch"] % 2 and (values["mixup"] or values["cutmix"]):
        raise UsageError(f"--batch {values['batch']}: mixup and CutMix take examples in pairs, so an even number")
    shares = {name: values[name] for name in ("smoothing", "warmup", "ema", "context", "also_share")}
    wrong = [f"--{name.replace('_', '-')} {share}" for name, share in shares.items() if not 0 <= (share or 0) < 1]
    if wrong or values["folds"] == 1 or values["freeze"] < 0:
        raise UsageError(f"{', '.join(wrong) or '--folds, --freeze'}: shares lie in 0..1, folds are 2 or more")


if __name__ == "__main__":
    sys.exit(main())
