"""Things that are counted: tracks that have lasted, and that stay one where a lost one is found under a new number."""

import math
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from runtime.seen import Box, SeenObject

LEAST_FRAMES = 3
"""Before it counts: what is seen in fewer is a flicker."""
FOUND_AGAIN_S = 2.0
"""For so long a lost one may come back, under its number or another."""
NEARBY = 1.0
"""How far, in its own size, from where it was last, or from where it would be by now."""
MOST_S = 1.0
"""How long a lost one is thought to go on as it went."""
SMOOTHING_S = 0.3
"""Of its velocity."""


class Followed:
    """One thing, from its first frame until it is given up."""

    def __init__(self, one: SeenObject, now_s: float, place: Any) -> None:
        self.shape = one.shape
        self.box: Box = one.box
        self.before: Box = one.box
        """Of the frame before."""
        self.size_px = _size_px(one.box)
        self.last_s = now_s
        self.frames = 0
        self.velocity_px_s = (0.0, 0.0)
        self.name = one.name
        """What it was called most often, of products first."""
        self.place = place
        """What whoever counts remembers of it."""
        self._named: Dict[str, int] = {}

    @property
    def is_confirmed(self) -> bool:
        """Whether it has lasted."""
        return self.frames >= LEAST_FRAMES

    def see(self, one: SeenObject, now_s: float) -> None:
        """It is in this frame."""
        passed_s = now_s - self.last_s
        if passed_s > 0 and self.frames:
            x, y = _centre(one.box)
            before_x, before_y = _centre(self.box)
            share = min(1.0, passed_s / SMOOTHING_S) if self.frames > 1 else 1.0
            vx, vy = self.velocity_px_s
            self.velocity_px_s = (
                vx + share * ((x - before_x) / passed_s - vx),
                vy + share * ((y - before_y) / passed_s - vy),
            )
        self.before, self.box = self.box, one.box
        self.size_px = _size_px(one.box)
        self.last_s = now_s
        self.frames += 1
        self._call(one)

    def _call(self, one: SeenObject) -> None:
        if one.similarity is None:
            return  # stage 2 has not looked, or is not there
        count = self._named[one.name] = self._named.get(one.name, 0) + 1
        if one.name != self.name and count > self._named.get(self.name, 0):
            self.name = one.name

    def apart(self, one: SeenObject, now_s: float) -> float:
        """How far `one` is from where this was, or would be by now, in its sizes."""
        x, y = _centre(one.box)
        was_x, was_y = _centre(self.box)
        gone_s = min(MOST_S, now_s - self.last_s)
        would_x, would_y = was_x + self.velocity_px_s[0] * gone_s, was_y + self.velocity_px_s[1] * gone_s
        return min(math.hypot(x - was_x, y - was_y), math.hypot(x - would_x, y - would_y)) / self.size_px


class Follower:
    """Keeps who is in view. Bounded by what a frame can hold and by FOUND_AGAIN_S."""

    def __init__(self, new_place: Callable[[], Any]) -> None:
        """`new_place`: called for each new one; its answer is kept with it."""
        self._new_place = new_place
        self._by_track: Dict[int, Followed] = {}

    @property
    def known(self) -> List[Followed]:
        """In view, or not given up yet."""
        return list(self._by_track.values())

    def update(self, now_s: float, objects: Sequence[SeenObject]) -> Tuple[List[Followed], List[Followed]]:
        """Those in this frame, and those given up. A number below 0, or one that came already, is nobody."""
        gone = [track for track, one in self._by_track.items() if now_s - one.last_s > FOUND_AGAIN_S]
        given_up = [self._by_track.pop(track) for track in gone]
        present = {one.track for one in objects}
        seen: List[Followed] = []
        numbers: Set[int] = set()
        for one in objects:
            if one.track < 0 or one.track in numbers:
                continue
            numbers.add(one.track)
            followed = self._by_track.get(one.track)
            if followed is None:
                followed = self._found_again(one, now_s, present) or Followed(one, now_s, self._new_place())
                self._by_track[one.track] = followed
            followed.see(one, now_s)
            seen.append(followed)
        return seen, given_up

    def _found_again(self, one: SeenObject, now_s: float, present: Set[int]) -> Optional[Followed]:
        """The lost one that this is, nearest first; it loses its old number."""
        best: Optional[Tuple[float, int]] = None
        for track, lost in self._by_track.items():
            if track in present or lost.shape != one.shape:
                continue
            apart = lost.apart(one, now_s)
            if apart <= NEARBY and (best is None or apart < best[0]):
                best = apart, track
        return None if best is None else self._by_track.pop(best[1])


def _centre(box: Box) -> Tuple[float, float]:
    return (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2


def _size_px(box: Box) -> float:
    return max(1.0, math.sqrt(max(0.0, (box.x2 - box.x1) * (box.y2 - box.y1))))
