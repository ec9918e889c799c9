"""Cross-validation of stage 2: K trainings, each on all but a K-th; pictures that look alike stay together."""

import json
from typing import Any, Callable, Dict, List, Sequence

import numpy as np
from tqdm import tqdm

from runtime.errors import SourceError
from training.data.dataset import read_picture, write_atomically
from training.data.perceptual_hash import groups_of, look_of, near_pairs
from training.stage2.regions import Regions, collect_regions


def cross_validate(values: Dict[str, Any], train: Callable) -> Dict[str, Any]:
    """Train in RUN/fold-1, ...; top-1 of each, mean and deviation, also in RUN/folds.json. Goes on with --resume."""
    from training.stage2.training import Known, accuracy

    folds, out = values["folds"], values["out"]
    regions = collect_regions(values)
    fold_of = folds_of(regions, folds, values["seed"])
    top1 = []
    for fold in range(folds):
        kept = [region for region, own in zip(regions.train, fold_of) if own != fold]
        held = [region for region, own in zip(regions.train, fold_of) if own == fold]
        if not kept or not held:
            raise SourceError(f"--folds {folds}: too few pictures for so many")
        folder = out / f"fold-{fold + 1}"
        own = dict(values, out=folder, resume=values["resume"] and (folder / "last.pt").exists())
        training = train(own, Regions(kept, held, regions.products, regions.others, []))
        top1.append(round(accuracy(training, Known.of(training, held)), 5))
        print(f"fold {fold + 1} of {folds}: top-1 {top1[-1]:.3f}", flush=True)
    scores = {"top1": top1, "mean": float(np.mean(top1)), "std": float(np.std(top1, ddof=1))}
    write_atomically(out / "folds.json", json.dumps(scores, indent=1).encode())
    print(f"top-1 {scores['mean']:.3f} +- {scores['std']:.3f} over {folds} folds")
    return scores


def folds_of(regions: Regions, folds: int, seed: int) -> List[int]:
    """For each region of `regions.train` the fold that it validates."""
    paths = sorted(set(regions.pictures))
    looks = [look_of(read_picture(path)) for path in tqdm(paths, "comparing", unit="picture", disable=None)]
    groups = groups_of(len(paths), near_pairs(looks))
    group_of = {paths[number]: index for index, group in enumerate(groups) for number in group}
    shown: List[List[int]] = [[] for _ in groups]
    for region, path in zip(regions.train, regions.pictures):
        shown[group_of[path]].append(region.product)
    fold_of = dealt(shown, folds, seed)
    return [fold_of[group_of[path]] for path in regions.pictures]


def dealt(shown: Sequence[Sequence[int]], folds: int, seed: int) -> List[int]:
    """A fold for each group, of which `shown` tells the products: each product is shared out alike.

    In random order, each group goes where its products are fewest so far.
    """
    seen = np.zeros((folds, 1 + max((number for group in shown for number in group), default=0)))
    fold_of = [0] * len(shown)
    for group in np.random.RandomState(seed).permutation(len(shown)).tolist():
        products = list(shown[group])
        fold = int(np.argmin(seen[:, products].sum(axis=1) + seen.sum(axis=1) * 1e-6))
        fold_of[group] = fold
        np.add.at(seen[fold], products, 1)
    return fold_of
