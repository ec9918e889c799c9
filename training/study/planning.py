"""How long each run may be: as many steps for all, so that all of them fit into the hours."""

from typing import Dict, List, NamedTuple, Sequence

MIN_EPOCHS = 1.0
OVERHEAD = 1.5
"""A run's time by its steps' time: reading pictures, and measuring on the way."""


class Plan(NamedTuple):
    """What is run, and what is not."""

    steps: int
    epochs: float
    variants: List[str]
    left_out: Dict[str, str]
    """Names and reasons."""


def planned(
    seconds_a_step: Dict[str, float], seeds: int, hours: float, jobs: int, steps_an_epoch: float, longest: int
) -> Plan:
    """As many steps for each variant, `longest` at most; variants from the end go until the others have an epoch."""
    kept = list(seconds_a_step)
    left_out: Dict[str, str] = {}
    while True:
        steps = _steps(kept, seconds_a_step, seeds, hours, jobs)
        if len(kept) <= 1 or steps >= MIN_EPOCHS * steps_an_epoch:
            break
        left_out[kept.pop()] = f"no time for an epoch of it within {hours:g} hours"
    steps = max(1, min(steps, longest))
    return Plan(steps, steps / steps_an_epoch, kept, left_out)


def without_teachers(plan: Plan, teachers: Dict[str, str]) -> Plan:
    """The plan less what learns from a variant that is not in it; `teachers`: by the learner's name."""
    orphans = [name for name in plan.variants if teachers.get(name, name) not in plan.variants]
    missing = {name: f"{teachers[name]} is not run" for name in orphans}
    kept = [name for name in plan.variants if name not in orphans]
    return plan._replace(variants=kept, left_out={**plan.left_out, **missing})


def _steps(kept: Sequence[str], seconds_a_step: Dict[str, float], seeds: int, hours: float, jobs: int) -> int:
    together_s = sum(seconds_a_step[name] for name in kept) * seeds * OVERHEAD
    return int(hours * 3600 * jobs / together_s)
