"""What was counted in zones and across lines. Filled in by runtime.counting, handed down by the top."""

from typing import Any, Dict, NamedTuple, Tuple


class ZoneCount(NamedTuple):
    """Of one kind of thing in one zone, whole run."""

    now: int = 0
    """In it at present; always `entered` - `left`."""
    entered: int = 0
    """How many began to be in it, also those that were first seen there."""
    left: int = 0
    """How many ended to be in it, also those that were last seen there."""
    dwell_s: float = 0.0
    """All their time in it together."""

    def plus(self, other: "ZoneCount") -> "ZoneCount":
        """Side by side."""
        return ZoneCount(
            self.now + other.now, self.entered + other.entered, self.left + other.left, self.dwell_s + other.dwell_s
        )

    @property
    def mean_dwell_s(self) -> float:
        """Of a stay, those that go on included."""
        return self.dwell_s / self.entered if self.entered else 0.0


class LineCount(NamedTuple):
    """Of one kind of thing across one line, whole run."""

    into: int = 0
    """From the left hand to the right of one who goes from the line's first end to its second."""
    out: int = 0

    def plus(self, other: "LineCount") -> "LineCount":
        """Side by side."""
        return LineCount(self.into + other.into, self.out + other.out)


class ZoneCounts(NamedTuple):
    """One zone."""

    name: str
    by_name: Tuple[Tuple[str, ZoneCount], ...]
    """By what the picture calls them."""

    @property
    def total(self) -> ZoneCount:
        """Of all."""
        total = ZoneCount()
        for _, count in self.by_name:
            total = total.plus(count)
        return total


class LineCounts(NamedTuple):
    """One line."""

    name: str
    by_name: Tuple[Tuple[str, LineCount], ...]

    @property
    def total(self) -> LineCount:
        """Of all."""
        total = LineCount()
        for _, count in self.by_name:
            total = total.plus(count)
        return total


class Counts(NamedTuple):
    """All zones and lines, in the order of their file."""

    zones: Tuple[ZoneCounts, ...] = ()
    lines: Tuple[LineCounts, ...] = ()


def counts_as_json(counts: Counts) -> Dict[str, Any]:
    """By the names of zones and lines: the totals, and `products` with the same by name."""
    return {
        "zones": {
            zone.name: dict(_zone(zone.total), products={name: _zone(count) for name, count in zone.by_name})
            for zone in counts.zones
        },
        "lines": {
            line.name: dict(_line(line.total), products={name: _line(count) for name, count in line.by_name})
            for line in counts.lines
        },
    }


def _zone(count: ZoneCount) -> Dict[str, Any]:
    return {
        "now": count.now,
        "entered": count.entered,
        "left": count.left,
        "dwell_s": round(count.dwell_s, 2),
        "mean_dwell_s": round(count.mean_dwell_s, 2),
    }


def _line(count: LineCount) -> Dict[str, int]:
    return {"in": count.into, "out": count.out}
