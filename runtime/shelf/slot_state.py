"""The state of one slot, which changes only on evidence over time: a single frame decides nothing."""

from collections import Counter, deque
from typing import Deque, Dict, NamedTuple, Optional, Tuple

from runtime.shelf.layout import EMPTY, FILLED, HIDDEN, LOW, UNKNOWN, WRONG

WINDOW_S = 2.4
"""Looks that are older decide nothing."""
LEAST_S, LEAST_LOOKS = 1.2, 3
"""What a decision needs at least, since something was in front."""
LASTS_S = 0.6
"""How long another state must be decided before it is taken."""
STRANGE_LASTS_S = 1.5
"""The same for wrong and unknown: what is named half behind somebody keeps that name for some looks."""
TOUCHED_S = 8.0
"""So long after somebody was in front, what he has changed may show."""
ALONE_S = 12.0
"""How long another state must be decided where nobody was: no shelf changes by itself, but a hand may be overlooked."""
HIDDEN_S = 2.0
"""So long behind somebody, and nobody knows any more."""
THERE = 0.45
"""In this share of the looks a facing is seen that is there: stage 1 overlooks more than it makes up."""
STRANGE = 0.6
"""In this share of the looks something is seen that does not belong there."""
SURE_S = 5.0
"""What was what belongs there for so long, with nobody in front, is that still, whatever it is called."""
DOUBT_S = 20.0
"""Unless it is called otherwise for so long."""


class Look(NamedTuple):
    """What one frame shows of a slot."""

    facings: int
    """Of its product."""
    others: Tuple[str, ...] = ()
    """Products of things that do not belong there, one each."""
    unknown: int = 0
    """Things without a name."""


class SlotState:
    """Of one slot. Times are seconds on one clock that does not go back."""

    def __init__(self, facings: int) -> None:
        self._full = facings
        self._looks: Deque[Tuple[float, Look]] = deque()
        self._covered_s: Optional[float] = None
        self._touched_s = float("-inf")
        self._right_since_s: Optional[float] = None
        """Since when, with nobody in front, nothing was seen but what belongs there."""
        self._right_s = 0.0
        """When that was last so."""
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
        self._touched_s = now_s
        self._looks.clear()
        self._right_since_s = None
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
        self._looks.append((now_s, self._believed(now_s, look)))
        while now_s - self._looks[0][0] > WINDOW_S:
            self._looks.popleft()
        if len(self._looks) < LEAST_LOOKS or now_s - self._looks[0][0] < LEAST_S:
            return False
        decided = self._decided()
        if (self.state, decided) == (WRONG, UNKNOWN) and not self._is_touched(now_s):
            decided = WRONG  # what had a name has it still
        if decided == self.state:
            self._next = ("", 0.0)
            return False
        if self._next[0] != decided:
            self._next = (decided, now_s)
        if now_s - self._next[1] < self._lasts_s(decided):
            return False
        self._next = ("", 0.0)
        return self._take(decided, now_s)

    def _lasts_s(self, decided: str) -> float:
        """How long `decided` must be, from its first look on."""
        if self.state != HIDDEN and not self._is_touched(self._next[1]):
            return ALONE_S
        return STRANGE_LASTS_S if decided in (WRONG, UNKNOWN) else LASTS_S

    def _is_touched(self, now_s: float) -> bool:
        return now_s - self._touched_s <= TOUCHED_S

    @property
    def in_stock(self) -> Optional[float]:
        """Share of the time, of that in which one could see, in which some of it was there."""
        known = sum(seconds for state, seconds in self.time_s.items() if state != HIDDEN)
        return (self.time_s.get(FILLED, 0.0) + self.time_s.get(LOW, 0.0)) / known if known else None

    def _believed(self, now_s: float, look: Look) -> Look:
        """Nothing becomes another product by itself: stage 2 calls it so for a while."""
        strange = len(look.others) + look.unknown
        if not strange:
            self._right_since_s = now_s if self._right_since_s is None else self._right_since_s
            self._right_s = now_s
            return look
        is_sure = self._right_since_s is not None and self._right_s - self._right_since_s >= SURE_S
        if not is_sure or now_s - self._right_s > DOUBT_S:
            self._right_since_s = None
            return look
        return Look(look.facings + strange) if look.facings + strange <= self.facings else look

    def _decided(self) -> str:
        looks = [look for _, look in self._looks]
        there = 0
        while there < self._full and sum(look.facings > there for look in looks) >= THERE * len(looks):
            there += 1
        self.facings = there
        if sum(bool(look.others) for look in looks) >= STRANGE * len(looks):
            self.wrong = Counter(name for look in looks for name in look.others).most_common(1)[0][0]
            return WRONG
        if there == self._full:
            return FILLED
        if sum(look.unknown > 0 for look in looks) >= STRANGE * len(looks):
            return UNKNOWN
        return LOW if there else EMPTY

    def _take(self, state: str, now_s: float) -> bool:
        self.state, self.since_s = state, now_s
        self.wrong = self.wrong if state == WRONG else None
        return True

    def _pass(self, now_s: float) -> None:
        if self._last_s is not None:
            self.time_s[self.state] = self.time_s.get(self.state, 0.0) + now_s - self._last_s
        self._last_s = now_s
