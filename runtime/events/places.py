"""From the figures of a shelf, of lines and of zones to events: a slot in another state, what passed or stayed."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from runtime.events.event import CROSSED, EMPTY, ENTERED, FILLED, LEFT, LOW, WRONG
from runtime.figures.figures import Figures

TOLD_STATES = (FILLED, LOW, EMPTY, WRONG)
"""Of a slot; unknown and hidden are none of its own: an arm in front of it changes nothing."""


class PlaceChange(NamedTuple):
    """What changed at a place."""

    kind: str
    place: str
    """A slot, a line or a zone, by its name."""
    product: Optional[str]
    """What belongs into the slot; what passed, as the picture calls it."""
    direction: Optional[str] = None
    """in or out, of what crossed."""
    crop: Optional[str] = None
    """Where the page has a picture of it."""


class Places:
    """Of one run. The figures are of the whole run, and renewed a few times a second."""

    def __init__(self) -> None:
        self._states: Dict[str, str] = {}
        self._totals: Dict[Tuple[str, str], Dict[str, int]] = {}
        """By place and kind or direction, the counts that were told by name."""

    def note(self, figures: Figures) -> List[PlaceChange]:
        """What has changed since the last call."""
        return self._slots(figures) + self._lines(figures) + self._zones(figures)

    def _slots(self, figures: Figures) -> List[PlaceChange]:
        changes = []
        for one in () if figures.shelf is None else figures.shelf.slots:
            before = self._states.get(one.slot, FILLED)  # what is full as we begin is no news
            if one.state in TOLD_STATES and one.state != before:
                self._states[one.slot] = one.state
                changes.append(PlaceChange(one.state, one.slot, one.product, crop=one.crop))
        return changes

    def _lines(self, figures: Figures) -> List[PlaceChange]:
        changes = []
        for line in () if figures.counts is None else figures.counts.lines:
            into = {name: count.into for name, count in line.by_name}
            out = {name: count.out for name, count in line.by_name}
            for direction, totals in (("in", into), ("out", out)):
                for name in self._new(line.name, direction, totals):
                    changes.append(PlaceChange(CROSSED, line.name, name, direction))
        return changes

    def _zones(self, figures: Figures) -> List[PlaceChange]:
        changes = []
        for zone in () if figures.counts is None else figures.counts.zones:
            entered = {name: count.entered for name, count in zone.by_name}
            left = {name: count.left for name, count in zone.by_name}
            for kind, totals in ((ENTERED, entered), (LEFT, left)):
                changes += [PlaceChange(kind, zone.name, name) for name in self._new(zone.name, kind, totals)]
        return changes

    def _new(self, place: str, what: str, totals: Dict[str, int]) -> List[str]:
        """A name for each that came since the last call: what only turned out to be another product did not."""
        before = self._totals.get((place, what), {})
        self._totals[place, what] = totals
        risen = [name for name in totals for _ in range(totals[name] - before.get(name, 0))]
        return risen[: max(0, sum(totals.values()) - sum(before.values()))]
