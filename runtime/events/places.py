"""From the figures of a shelf and of lines to events: a slot that changed its state, something that crossed."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from runtime.events.event import CROSSED, EMPTY, FILLED, LOW, WRONG
from runtime.figures.figures import Figures

TOLD_STATES = (FILLED, LOW, EMPTY, WRONG)
"""Of a slot; unknown and hidden are none of its own: an arm in front of it changes nothing."""


class PlaceChange(NamedTuple):
    """What changed at a place."""

    kind: str
    place: str
    """A slot or a line, by its name."""
    product: Optional[str]
    """What belongs into the slot; what crossed, as the picture calls it."""
    direction: Optional[str] = None
    """in or out, of what crossed."""


class Places:
    """Of one run. The figures are of the whole run, and renewed a few times a second."""

    def __init__(self) -> None:
        self._states: Dict[str, str] = {}
        self._crossed: Dict[Tuple[str, str, str], int] = {}

    def note(self, figures: Figures) -> List[PlaceChange]:
        """What has changed since the last call."""
        return self._slots(figures) + self._lines(figures)

    def _slots(self, figures: Figures) -> List[PlaceChange]:
        changes = []
        for one in () if figures.shelf is None else figures.shelf.slots:
            before = self._states.get(one.slot, FILLED)  # what is full as we begin is no news
            if one.state in TOLD_STATES and one.state != before:
                self._states[one.slot] = one.state
                changes.append(PlaceChange(one.state, one.slot, one.product))
        return changes

    def _lines(self, figures: Figures) -> List[PlaceChange]:
        changes = []
        for line in () if figures.counts is None else figures.counts.lines:
            for name, count in line.by_name:
                for direction, total in (("in", count.into), ("out", count.out)):
                    key = line.name, name, direction
                    new = total - self._crossed.get(key, 0)
                    self._crossed[key] = total
                    changes += [PlaceChange(CROSSED, line.name, name, direction)] * max(0, new)
        return changes
