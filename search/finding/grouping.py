"""Sightings put together: what follows one another within a second is one appearance, appearances are of videos."""

from __future__ import annotations

from typing import Iterable, Mapping, NamedTuple

from search.finding.rows import Row

GAP_S = 1.0
"""Within which the same thing is still there: a cut between two views of it, a hand before it."""


class Match(NamedTuple):
    """A sighting that was asked for."""

    row: Row
    certainty: float
    """Cosine to what was asked for, -1..1."""
    label: str
    """What it was asked for as."""


class Appearance(NamedTuple):
    """A stretch of a video in which it is seen."""

    label: str
    first_s: float
    last_s: float
    certainty: float
    """The best of its sightings."""
    best: int
    """The id of that sighting, whose crop shows it."""

    @property
    def seconds(self) -> float:
        """How long."""
        return self.last_s - self.first_s


class VideoMatch(NamedTuple):
    """A video in which it is seen."""

    address: str
    epoch_s: float | None
    appearances: list[Appearance]
    """In order of time."""
    duration_s: float | None = None
    """Of the video, where it is known."""
    is_file: bool = True
    """False: a device saw it, and there is nothing to look at but the crops."""

    @property
    def seconds(self) -> float:
        """On screen in all, where several are there at once counted for each."""
        return sum(one.seconds for one in self.appearances)

    @property
    def certainty(self) -> float:
        """The best."""
        return max(one.certainty for one in self.appearances)


def videos_of(
    matches: Iterable[Match], least_s: float = 0.0, durations_s: Mapping[str, float | None] | None = None
) -> list[VideoMatch]:
    """The videos of `matches`, those with the longest time on screen first; appearances of `least_s` and more.

    `durations_s`: of what is a video, see IndexReader; None: all are.
    """
    by_video: dict[str, dict[str, list[Match]]] = {}
    for match in matches:
        by_label = by_video.setdefault(match.row.file or match.row.source, {})
        by_label.setdefault(match.label, []).append(match)
    found = []
    for address, by_label in by_video.items():
        appearances = [one for ones in by_label.values() for one in appearances_of(ones) if one.seconds >= least_s]
        if appearances:
            epoch_s = next(iter(by_label.values()))[0].row.epoch_s
            appearances.sort(key=lambda one: (one.first_s, one.label))
            is_file = durations_s is None or address in durations_s
            found.append(VideoMatch(address, epoch_s, appearances, (durations_s or {}).get(address), is_file))
    return sorted(found, key=lambda one: (-one.seconds, one.address))


def appearances_of(matches: Iterable[Match], gap_s: float = GAP_S) -> list[Appearance]:
    """Of one video and label, in order of time."""
    found: list[Appearance] = []
    for match in sorted(matches, key=lambda one: (one.row.first_s, one.row.id)):
        row = match.row
        one = Appearance(match.label, row.first_s, row.last_s, match.certainty, row.id)
        if found and row.first_s - found[-1].last_s <= gap_s:
            before = found[-1]
            best = max(before, one, key=lambda each: each.certainty)
            one = best._replace(first_s=before.first_s, last_s=max(before.last_s, row.last_s))
            found[-1] = one
        else:
            found.append(one)
    return found
