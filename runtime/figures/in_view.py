"""How many of each name are in the picture. Filled in by runtime.counting, handed down by the top."""

from typing import Any, Dict, NamedTuple, Tuple


class InView(NamedTuple):
    """Objects of one name."""

    name: str
    now: int
    """In the newest picture; 0 while the source is away."""
    mean: float
    """A picture, whole run."""
    most: int
    """In one picture, whole run."""


def in_view_as_json(in_view: Tuple[InView, ...]) -> Dict[str, Any]:
    """By name: `now`, `mean`, `most`."""
    return {one.name: {"now": one.now, "mean": round(one.mean, 3), "most": one.most} for one in in_view}


def in_view_line(in_view: Tuple[InView, ...], most_names: int = 6) -> str:
    """What is in the newest picture in one line, the most frequent first; empty where nothing is."""
    rows = sorted([one for one in in_view if one.now], key=lambda one: (-one.now, one.name))
    words = ["{} {}".format(one.now, one.name) for one in rows[:most_names]]
    rest = sum(one.now for one in rows[most_names:])
    return ", ".join(words + ["{} more".format(rest)] if rest else words)
