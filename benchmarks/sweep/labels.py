"""Where the labels of a plot's points go so that none covers another or a point. Pure: pixels in, pixels out."""

import math
from typing import Iterator, List, NamedTuple, Sequence, Tuple

Point = Tuple[float, float]
STEP_PX = 6.0
DIRECTIONS = 16


class Box(NamedTuple):
    """Left, bottom, right, top in pixels."""

    x1: float
    y1: float
    x2: float
    y2: float

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(0.0, width) * max(0.0, height)

    def is_within(self, other: "Box") -> bool:
        return self.x1 >= other.x1 and self.y1 >= other.y1 and self.x2 <= other.x2 and self.y2 <= other.y2


def placed(
    points: Sequence[Point], sizes: Sequence[Point], area: Box, others: Sequence[Point] = (), gap_px: float = 14.0
) -> List[Box]:
    """A box of each of `sizes` (width, height) beside its point, within `area`, as near as there is room.

    In the points' order; clear of `others` too; where there is no room left, the place with the least overlap.
    """
    around = list(points) + list(others)
    taken = [Box(x - gap_px / 2, y - gap_px / 2, x + gap_px / 2, y + gap_px / 2) for x, y in around]
    found: List[Box] = []
    for point, size in zip(points, sizes):
        candidates = [box for box in _around(point, size, gap_px, area) if box.is_within(area)]
        candidates = candidates or [_at(point, size)]
        box = min(candidates, key=lambda box: sum(box.overlap(other) for other in taken))
        found.append(box)
        taken.append(box)
    return found


def _around(point: Point, size: Point, gap_px: float, area: Box) -> Iterator[Box]:
    """Boxes about `point`, the nearest first."""
    reach = math.hypot(area.x2 - area.x1, area.y2 - area.y1)
    for ring in range(int(reach / STEP_PX)):
        for number in range(DIRECTIONS):
            angle = number * 2 / DIRECTIONS * math.pi
            across, up = math.cos(angle), math.sin(angle)
            x = point[0] + across * (gap_px + ring * STEP_PX + size[0] / 2)
            y = point[1] + up * (gap_px + ring * STEP_PX + size[1] / 2)
            yield _at((x, y), size)


def _at(centre: Point, size: Point) -> Box:
    return Box(centre[0] - size[0] / 2, centre[1] - size[1] / 2, centre[0] + size[0] / 2, centre[1] + size[1] / 2)
