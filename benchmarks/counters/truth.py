"""What truly passes the lines of a drawn scene, by where its things are, seen or not: no box, track or counter."""

from collections import Counter as Tally
from typing import Dict, List, Tuple

from benchmarks.counters.recorded import Passed, Point
from runtime.scene.products import PRODUCTS
from runtime.scene.scene import Scene

BAND = 0.1
"""In sizes of the thing: nearer to a line it is on neither side, so that a hand that wavers there passes nothing."""


def lines_for(scene: Scene, times_s: List[float]) -> List[Tuple[Point, Point]]:
    """Two across the whole picture, one of each direction, and one that ends between two rows of things."""
    width, height = scene.size
    ys = sorted(place.centre_px[1] for time_s in times_s[::10] for place in scene.places(time_s))
    ys = [y for y in ys if 0.25 * height <= y <= 0.8 * height]
    gaps = [(after - before, (after + before) / 2) for before, after in zip(ys, ys[1:])]
    end = max(gaps)[1] if gaps else 0.5 * height
    return [
        ((0.3 * width, 0.0), (0.3 * width, float(height))),
        ((0.7 * width, float(height)), (0.7 * width, 0.0)),
        ((0.5 * width, 0.0), (0.5 * width, end)),
    ]


def passed_in(scene: Scene, times_s: List[float], lines: List[Tuple[Point, Point]]) -> Passed:
    """By line, direction and product: what has gone between the ends, once it is beyond. The lines are upright."""
    sides: Dict[Tuple[int, int], int] = {}
    last: Dict[Tuple[int, int], Tuple[float, float]] = {}
    goes_through: Dict[Tuple[int, int], bool] = {}
    passed: Tally = Tally()
    for time_s in times_s:
        for place in scene.places(time_s):
            x, y = place.centre_px
            for number, ((line_x, start_y), (_, end_y)) in enumerate(lines):
                key = place.track_id, number
                apart_px = (line_x - x) if end_y > start_y else (x - line_x)
                before_px, before_y = last.get(key, (apart_px, y))
                last[key] = apart_px, y
                if (before_px > 0) != (apart_px > 0):
                    line_y = y + (before_y - y) * apart_px / (apart_px - before_px)
                    goes_through[key] = min(start_y, end_y) <= line_y <= max(start_y, end_y)
                if abs(apart_px) <= BAND * place.size_px:
                    continue
                side = 1 if apart_px > 0 else -1
                before = sides.get(key, side)
                sides[key] = side
                if side != before and goes_through[key]:
                    passed[number, side, PRODUCTS[place.product].name] += 1
    return dict(passed)
