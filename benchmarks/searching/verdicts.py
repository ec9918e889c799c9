"""A figure against the one that is wanted, as a line to read and a row to keep."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """What was measured, and whether it is enough."""

    what: str
    measured: float
    wanted: float
    is_least: bool = True
    """Whether `wanted` is the least that is enough, or the most."""
    is_asked: bool = True
    """False: reported, nothing hangs on it."""

    @property
    def holds(self) -> bool:
        """Whether it is enough."""
        return self.measured >= self.wanted if self.is_least else self.measured <= self.wanted

    def __str__(self) -> str:
        """A line."""
        word = "holds" if self.holds else "MISSED" if self.is_asked else "below, reported alone"
        return (
            f"{word}: {self.what}: {self.measured:.4g} ({'at least' if self.is_least else 'at most'} {self.wanted:g})"
        )


def told(verdicts: list[Verdict]) -> int:
    """Print them; 1 where one that is asked is missed, else 0."""
    for one in verdicts:
        print(one)
    return int(any(one.is_asked and not one.holds for one in verdicts))
