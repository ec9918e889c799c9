"""One track and one line, or one zone: what has happened once it is sure to have happened.

A box trembles, so a border is a band: whoever is in it is where it was. A box that is cut off for a moment jumps far,
so the other side must last, too.
"""

from typing import Optional

from runtime.counting.geometry import Point, Polygon, Segment

BAND = 0.1
"""Half the width of a border, in sizes of the object (roots of areas): twice a tremble of 5 %."""
LAST_S = 0.3
"""How long it must stay beyond the border, unless it is a whole size away."""


class Passage:
    """Of one track across one line."""

    __slots__ = ("_side", "_passed", "_is_over", "_since_s", "_has_wavered")

    def __init__(self) -> None:
        self._side = 0
        """Where it was last for sure: 1 right, -1 left, 0 not known yet."""
        self._passed = 0
        """How often it has passed between the ends since, to the right less to the left."""
        self._is_over = False
        """It seems to be on the other side."""
        self._since_s: Optional[float] = None
        """Since when it is there for sure."""
        self._has_wavered = False
        """It seemed to be on the other side before, and was not."""

    def step(self, now_s: float, segment: Segment, before: Point, point: Point, size_px: float) -> int:
        """1 where it has passed in, -1 out, else 0. `before`: where it was at the last step."""
        apart_px = segment.side_px(point)
        side = 1 if apart_px > 0 else -1
        is_sure = abs(apart_px) > BAND * size_px
        if not self._side or side == self._side:
            self._has_wavered = self._has_wavered or self._is_over
            self._is_over, self._since_s = False, None
            if is_sure:
                self._side, self._passed = side, 0
            else:
                self._passed += segment.passed(before, point)
            return 0
        self._passed += segment.passed(before, point)
        self._is_over = True
        if not is_sure:
            self._since_s = None
            return 0
        if self._since_s is None:
            self._since_s = now_s
        return self._settle() if now_s - self._since_s >= LAST_S or abs(apart_px) >= size_px else 0

    def end(self) -> int:
        """As `step`, where it is not seen any more: where it was last is where it went, unless it has wavered."""
        return 0 if not self._is_over or self._has_wavered else self._settle()

    def _settle(self) -> int:
        has_passed = self._passed != 0  # else it went round an end
        self._side, self._passed = -self._side, 0
        self._is_over, self._since_s, self._has_wavered = False, None, False
        return self._side if has_passed else 0


class Stay:
    """Of one track in one zone."""

    __slots__ = ("is_inside", "since_s", "_other_s", "_is_known")

    def __init__(self) -> None:
        self.is_inside = False
        self.since_s = 0.0
        """When it entered."""
        self._is_known = False
        self._other_s: Optional[float] = None
        """Since when it seems to be on the other side of the border."""

    def step(self, now_s: float, polygon: Polygon, point: Point, size_px: float) -> int:
        """1 where it has entered, also by being seen inside first, -1 where it has left, else 0."""
        inside_px = polygon.inside_px(point, size_px)
        if not self._is_known:
            self._is_known, self.is_inside, self.since_s = True, inside_px > 0, now_s
            return 1 if self.is_inside else 0
        # a zone that is narrower than the band could not be entered
        band_px = min(BAND * size_px, 0.1 * polygon.area_px**0.5)
        if abs(inside_px) <= band_px or (inside_px > 0) == self.is_inside:
            if abs(inside_px) > band_px:
                self._other_s = None
            return 0
        if self._other_s is None:
            self._other_s = now_s
        if now_s - self._other_s < LAST_S and abs(inside_px) < size_px:
            return 0
        self.is_inside = inside_px > 0
        self.since_s, self._other_s = (self._other_s if self.is_inside else self.since_s), None
        return 1 if self.is_inside else -1
