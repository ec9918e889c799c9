"""Learning rate, weight decay and mixup, searched by Optuna. The rows are its memory: a search goes on from them."""

import math
from typing import Any, Dict, List, Sequence

import numpy as np

from runtime.errors import MissingPackageError
from training.study.rows import Row

TRIALS = 12
"""So many a search is planned for."""
USUAL = {"lr": 0.2, "weight_decay": 1e-4, "mixup": 0.0}
"""Tried first: the defaults of python -m training.classifier."""


def next_flags(rows: Sequence[Row]) -> Dict[str, Any]:
    """What to try after `rows`, by Optuna's tree of Parzen estimators. MissingPackageError without Optuna."""
    try:
        import optuna
    except ImportError as error:
        raise MissingPackageError("a search needs optuna: pip install '.[training]'") from error
    if not rows:
        return dict(USUAL)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {
        "lr": optuna.distributions.FloatDistribution(0.02, 1.0, log=True),
        "weight_decay": optuna.distributions.FloatDistribution(1e-6, 1e-2, log=True),
        "mixup": optuna.distributions.FloatDistribution(0.0, 0.4),
    }
    sampler = optuna.samplers.TPESampler(seed=len(rows), n_startup_trials=TRIALS // 3)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for name in trials_of(rows):
        own = [row for row in rows if row.variant == name]
        flags = {key: own[0].settings.get(key, USUAL[key]) for key in space}
        reached = float(np.mean([0.0 if math.isnan(row.top1) else row.top1 for row in own]))
        study.add_trial(optuna.trial.create_trial(params=flags, distributions=space, value=reached))
    asked = study.ask(space)
    return {key: float(f"{value:.3g}") for key, value in asked.params.items()}


def trials_of(rows: Sequence[Row]) -> List[str]:
    """Names of the trials that were run, in order."""
    return list(dict.fromkeys(row.variant for row in rows))


def name_of(flags: Dict[str, Any]) -> str:
    """Of a trial: what it tries."""
    return ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in flags.items())
