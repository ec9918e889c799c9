"""The state of one slot, which changes only on evidence over time: a single frame decides nothing."""

from collections import deque
from typing import Deque, Dict, NamedTuple, Optional, Tuple

from runtime.shelf.layout import EMPTY, FILLED, HIDDEN, LOW, UNKNOWN, WRONG

WINDOW_S = 2.4
"""Looks that are older decide nothing."""
LEAST_S, LEAST_LOOKS = 1.2, 3
"""What a decision needs at least, since something was in front."""
LASTS_S = 0.6
"""How long another state must be decided before it is taken."""
HIDDEN_S = 2.0
"""So long behind somebody, and nobody knows any more."""
THERE = 0.45
"""In this share of the looks a facing is seen that is there: stage 1 overlooks more than it makes up."""
STRANGE = 0.6
"""In this share of the looks something is seen that does not belong there."""


class Look(NamedTuple):
    """What one frame shows of a slot."""

    facings: int
    """Of its product."""
    wrong: Optional[str] = None
    """A product that does not belong there."""
    unknown: int = 0
    """Things without a name."""


class SlotState:
    """Of one slot. Times are seconds on one clock that does not go back."""

    def __init__(self, facings: int) -> None:
        self._full = facings
        self._looks: Deque[Tuple[float, Look]] = deque()
        self._covered_s: Optional[float] = None
        self._seen_s: Optional[float] = None
        self._next: Tuple[str, float] = ("", 0.0)
        self.state = HIDDEN
        """Until enough was seen."""
        self.since_s = 0.0
        self.facings = 0
        self.wrong: Optional[str] = None
        self.time_s: Dict[str, float] = {}
        """In each state."""
        self._last_s: Optional[float] = None

    def cover(self, now_s: float) -> bool:
        """Somebody is in front; whether the state is another by that."""
        self._pass(now_s)
        self._looks.clear()
        self._next = ("", 0.0)
        if self._covered_s is None:
            self._covered_s = now_s
        if now_s - self._covered_s >= HIDDEN_S and self.state != HIDDEN:
            return self._take(HIDDEN, now_s)
        return False

    def look(self, now_s: float, look: Look) -> bool:
        """One frame; whether the state is another by that."""
        self._pass(now_s)
        self._covered_s = None
        self._looks.append((now_s, look))
        while now_s - self._looks[0][0] > WINDOW_S:
            self._looks.popleft()
        if len(self._looks) < LEAST_LOOKS or now_s - self._looks[0][0] < LEAST_S:
            return False
        decided = self._decided()
        if decided == self.state:
            self._next = ("", 0.0)
            return False
        if self._next[0] != decided:
            self._next = (decided, now_s)
        if now_s - self._next[1] < LASTS_S:
            return False
        self._next = ("", 0.0)
        return self._take(decided, now_s)

    @property
    def in_stock(self) -> Optional[float]:
        """Share of the time, of that in which one could see, in which some of it was there."""
        known = sum(seconds for state, seconds in self.time_s.items() if state != HIDDEN)
        return (self.time_s.get(FILLED, 0.0) + self.time_s.get(LOW, 0.0)) / known if known else None

    def _decided(self) -> str:
        looks = [look for _, look in self._looks]
        there = 0
        while there < self._full and sum(look.facings > there for look in looks) >= THERE * len(looks):
            there += 1
        self.facings = there
        strange = [look.wrong for look in looks if look.wrong is not None]
        if len(strange) >= STRANGE * len(looks):
            self.wrong = max(set(strange), key=strange.count)
            return WRONG
        self.wrong = None
        if there == self._full:
            return FILLED
        if sum(look.unknown > 0 for look in looks) >= STRANGE * len(looks):
            return UNKNOWN
        return LOW if there else EMPTY

    def _take(self, state: str, now_s: float) -> bool:
        self.state, self.since_s = state, now_s
        return True

    def _pass(self, now_s: float) -> None:
        if self._last_s is not None:
            self.time_s[self.state] = self.time_s.get(self.state, 0.0) + now_s - self._last_s
        self._last_s = now_s
