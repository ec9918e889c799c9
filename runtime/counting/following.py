"""Things that are counted: tracks that have lasted, and that stay one where a lost one is found under a new number."""

import math
from typing import Any, Callable, Container, Dict, List, NamedTuple, Optional, Sequence, Tuple

from runtime.seen import Box, SeenObject

LEAST_FRAMES = 4
"""Before it counts: what is seen in fewer is a flicker."""
AWAY_S = 2.0
"""Not seen for so long, it has left. Until then it may come back under another number, whatever it is called."""
FOUND_AGAIN_S = 8.0
"""For so long it may come back under another number where it is the same product: out from behind somebody."""
NEW_S = 2.0
"""For so long a new one may turn out to be one that is lost, or that loses its number now."""
NEARBY = 1.0
"""How far, in its own size, from the way that it may have gone."""
FASTER = 1.5
"""How much faster than before it may have gone."""
SMOOTHING_S = 1.5
"""Of its velocity, from 0 on: at first, and while it is being covered, its box seems to move otherwise."""
SHRINKS_S = 10.0
"""Of its size, where it looks smaller: what is being covered is as large as it was."""
SWAPPED_FRAMES = 3
"""In a row by another product's name, after WELL_NAMED by its own: a hand has come back with another thing."""
WELL_NAMED = 20
UNKNOWN_WEIGHS = 1.0 / 3.0
"""Of a frame that names a product: what is in a hand, or seen in part, is unknown for a while."""


class Followed:
    """One thing, from its first frame until it is given up."""

    def __init__(self, one: SeenObject, now_s: float, place: Any) -> None:
        self.shape = one.shape
        self.box: Box = one.box
        self.before: Box = one.box
        """Of the frame before."""
        self.size_px = _size_px(one.box)
        """Of the whole of it (the root of its area)."""
        self.last_s = now_s
        self.frames = 0
        self.velocity_px_s = (0.0, 0.0)
        self.name = one.name
        """What it was called most often, of products first."""
        self.is_away = False
        self.place = place
        """What whoever counts remembers of it."""
        self.first_s = now_s
        self._named: Dict[str, float] = {}
        self._other = ""
        self._has_product = one.product is not None
        """Whether `name` is a product's."""
        self._streak = 0
        """How often in a row it was called so."""

    @property
    def is_confirmed(self) -> bool:
        """Whether it has lasted."""
        return self.frames >= LEAST_FRAMES

    def see(self, one: SeenObject, now_s: float) -> None:
        """It is in this frame."""
        self._call(one)
        passed_s = now_s - self.last_s
        if passed_s > 0 and self.frames:
            x, y = _centre(one.box)
            before_x, before_y = _centre(self.box)
            share = min(1.0, passed_s / SMOOTHING_S)
            vx, vy = self.velocity_px_s
            self.velocity_px_s = (
                vx + share * ((x - before_x) / passed_s - vx),
                vy + share * ((y - before_y) / passed_s - vy),
            )
        self.before, self.box = self.box, one.box
        self.size_px = max(_size_px(one.box), self.size_px * math.exp(-passed_s / SHRINKS_S))
        self.last_s = now_s
        self.is_away = False
        self.frames += 1

    def _call(self, one: SeenObject) -> None:
        if one.similarity is None:
            return  # stage 2 has not looked, or is not there
        self._streak = self._streak + 1 if one.name == self._other else 1
        self._other = one.name
        weight = UNKNOWN_WEIGHS if one.product is None else 1.0
        count = self._named[one.name] = self._named.get(one.name, 0.0) + weight
        if one.name != self.name and count > self._named.get(self.name, 0):
            self.name, self._has_product = one.name, one.product is not None

    def is_other(self, one: SeenObject) -> bool:
        """Whether by its name, for a few frames now, `one` is another thing under the same number."""
        if (
            one.product is None
            or not self._has_product
            or one.name == self.name
            or self._named.get(self.name, 0) < WELL_NAMED
        ):
            return False
        return one.name == self._other and self._streak >= SWAPPED_FRAMES - 1

    def may_be(self, one: SeenObject) -> bool:
        """Whether `one`, which has another number, can be this: of its shape and name, where they have one."""
        if one.shape != self.shape or not self.is_confirmed:
            return False
        if one.product is None or not self._named:
            return not self.is_away
        return one.name == self.name or (not self.is_away and self._named.get(self.name, 0) < SWAPPED_FRAMES)

    def apart(self, one: SeenObject, now_s: float) -> float:
        """How far `one` is from the way that this may have gone, in its sizes."""
        x, y = _centre(one.box)
        was_x, was_y = _centre(self.box)
        reach = FASTER * (now_s - self.last_s)
        way_x, way_y = self.velocity_px_s[0] * reach, self.velocity_px_s[1] * reach
        share = ((x - was_x) * way_x + (y - was_y) * way_y) / (way_x * way_x + way_y * way_y or 1.0)
        share = min(1.0, max(0.0, share))
        return math.hypot(x - was_x - share * way_x, y - was_y - share * way_y) / self.size_px


class Seen(NamedTuple):
    """What has become of whom, by one frame."""

    present: List[Followed]
    away: List[Followed]
    """From now on."""
    taken_for: List[Tuple[Followed, Followed]]
    """One that was taken for new, and who it is: it had another number for a while."""
    replaced: List[Tuple[Followed, Followed]]
    """One that goes on elsewhere, and the new one that has its number."""


class Follower:
    """Keeps who is in view. Bounded by what a frame can hold and by FOUND_AGAIN_S."""

    def __init__(self, new_place: Callable[[], Any]) -> None:
        """`new_place`: called for each new one; its answer is kept with it."""
        self._new_place = new_place
        self._by_track: Dict[int, Followed] = {}
        self._detached = -1
        """The next number, below 0, of one that lost its own to another."""

    @property
    def known(self) -> List[Followed]:
        """In view, or not given up yet."""
        return list(self._by_track.values())

    def update(self, now_s: float, objects: Sequence[SeenObject]) -> Seen:
        """A number below 0, or one that came already, is nobody."""
        seen = Seen([], self._away(now_s), [], [])
        by_number = {one.track: one for one in reversed(objects) if one.track >= 0}
        for number, one in by_number.items():
            followed = self._by_track.get(number)
            if followed is not None and followed.is_away and not followed.may_be(one):
                followed = None
            elif followed is not None and followed.is_other(one):
                self._by_track[self._detached] = before = followed
                self._detached -= 1
                followed = Followed(one, now_s, self._new_place())
                followed.frames = LEAST_FRAMES - 1
                seen.replaced.append((before, followed))
            followed = followed or Followed(one, now_s, self._new_place())
            self._by_track[number] = followed
            if followed.frames >= LEAST_FRAMES - 1 and now_s - followed.first_s <= NEW_S:  # by now it has a name
                lost = self._found_again(one, now_s, by_number)
                if lost is not None:
                    seen.taken_for.append((followed, lost))
                    self._by_track[number] = followed = lost
            followed.see(one, now_s)
            seen.present.append(followed)
        return seen

    def _away(self, now_s: float) -> List[Followed]:
        away = [one for one in self._by_track.values() if not one.is_away and now_s - one.last_s > AWAY_S]
        for followed in away:
            followed.is_away = True
        for track in [track for track, one in self._by_track.items() if now_s - one.last_s > FOUND_AGAIN_S]:
            del self._by_track[track]
        return away

    def _found_again(self, one: SeenObject, now_s: float, present: Container[int]) -> Optional[Followed]:
        """The lost one that this is, nearest first; it loses its old number."""
        best: Optional[Tuple[float, int]] = None
        for track, lost in self._by_track.items():
            if track in present or not lost.may_be(one):
                continue
            apart = lost.apart(one, now_s)
            if apart <= NEARBY and (best is None or apart < best[0]):
                best = apart, track
        return None if best is None else self._by_track.pop(best[1])


def _centre(box: Box) -> Tuple[float, float]:
    return (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2


def _size_px(box: Box) -> float:
    return max(1.0, math.sqrt(max(0.0, (box.x2 - box.x1) * (box.y2 - box.y1))))
