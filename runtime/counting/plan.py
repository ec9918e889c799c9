"""Zones and lines in shares of the picture, so that they outlive another resolution."""

from typing import NamedTuple, Optional, Tuple

Point = Tuple[float, float]
"""x, y in shares of the picture's width and height: 0, 0 is its top left corner."""

FOOT, CENTRE = "foot", "centre"
ANCHORS = (FOOT, CENTRE)
"""Which point of a box passes: the middle of its lower side, or its centre."""


class Zone(NamedTuple):
    """A polygon that does not cross itself."""

    name: str
    polygon: Tuple[Point, ...]
    anchor: str = FOOT
    products: Optional[Tuple[str, ...]] = None
    """What it looks for, by the names that the picture shows; None: everything."""


class Line(NamedTuple):
    """A segment with two ends. "in" is from the left hand to the right of one who goes from `start` to `end`."""

    name: str
    start: Point
    end: Point
    anchor: str = FOOT
    products: Optional[Tuple[str, ...]] = None


class Plan(NamedTuple):
    """Everything that is counted."""

    zones: Tuple[Zone, ...] = ()
    lines: Tuple[Line, ...] = ()
    aspect: Optional[float] = None
    """Width over height of the picture that it was drawn on; None: not known."""
