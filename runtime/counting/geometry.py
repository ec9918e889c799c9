"""Points, segments and polygons in pixels of the picture, y downwards. In numbers: a frame has few of them."""

import math
from typing import List, Optional, Sequence, Tuple

Point = Tuple[float, float]


class Segment:
    """From `a` to `b`."""

    __slots__ = ("_ax", "_ay", "_dx", "_dy", "_length")

    def __init__(self, a: Point, b: Point) -> None:
        self._ax, self._ay = a
        self._dx, self._dy = b[0] - a[0], b[1] - a[1]
        self._length = math.hypot(self._dx, self._dy) or 1.0

    def side_px(self, point: Point) -> float:
        """Distance of `point` from the endless line, positive on the right hand of one who goes from a to b."""
        return (self._dx * (point[1] - self._ay) - self._dy * (point[0] - self._ax)) / self._length

    def passed(self, start: Point, end: Point) -> int:
        """1 where the way from `start` to `end` passes between the two ends to the right hand, -1 to the left, else 0.

        What lies on the line counts as right of it, so that a way in several steps passes once.
        """
        before, after = self.side_px(start), self.side_px(end)
        if (before >= 0) == (after >= 0):
            return 0
        share = before / (before - after)
        x, y = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
        along = ((x - self._ax) * self._dx + (y - self._ay) * self._dy) / self._length**2
        if not 0.0 <= along <= 1.0:
            return 0
        return 1 if after >= 0 else -1


class Polygon:
    """Closed, of three corners or more."""

    def __init__(self, corners: Sequence[Point]) -> None:
        self.corners = tuple(corners)
        pairs = list(zip(self.corners, self.corners[1:] + self.corners[:1]))
        self._edges = [_edge(start, end) for start, end in pairs]
        xs, ys = zip(*self.corners)
        self._left, self._top, self._right, self._bottom = min(xs), min(ys), max(xs), max(ys)
        self.area_px = abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2.0

    def inside_px(self, point: Point, far_px: float = math.inf) -> float:
        """Distance of `point` from the border, positive inside.

        Where it is `far_px` or more outside the bounding box, its distance from that, which costs less and is no more.
        """
        x, y = point
        apart_px = max(self._left - x, x - self._right, self._top - y, y - self._bottom)
        if apart_px >= far_px:
            return -apart_px
        is_inside, nearest = False, math.inf
        for ax, ay, by, dx, dy, per_length in self._edges:
            px, py = x - ax, y - ay
            if (py < 0) != (by > y) and px < py * dx / dy:
                is_inside = not is_inside
            share = (px * dx + py * dy) * per_length
            if share > 1.0:
                px, py = px - dx, py - dy
            elif share > 0.0:
                px, py = px - share * dx, py - share * dy
            apart = px * px + py * py
            if apart < nearest:
                nearest = apart
        return math.sqrt(nearest) if is_inside else -math.sqrt(nearest)


def _edge(start: Point, end: Point) -> Tuple[float, float, float, float, float, float]:
    """Its start, the end's y, its way, and 1 over the square of its length; 0 where it has none."""
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    return ax, ay, by, dx, dy, 1.0 / (dx * dx + dy * dy) if dx or dy else 0.0


def crossing_edges(corners: Sequence[Point]) -> Optional[Tuple[int, int]]:
    """Two edges, from 1, of a polygon that cross or touch and are no neighbours; None where it is simple."""
    edges: List[Tuple[Point, Point]] = list(zip(corners, list(corners[1:]) + [corners[0]]))
    for first in range(len(edges)):
        for second in range(first + 2, len(edges)):
            if (first, second) != (0, len(edges) - 1) and _meet(edges[first], edges[second]):
                return first + 1, second + 1
    return None


def _meet(first: Tuple[Point, Point], second: Tuple[Point, Point]) -> bool:
    (a, b), (c, d) = first, second
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    on = ((a, b, c, turns[0]), (a, b, d, turns[1]), (c, d, a, turns[2]), (c, d, b, turns[3]))
    return any(turn == 0 and _is_between(start, end, point) for start, end, point, turn in on)


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_between(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
