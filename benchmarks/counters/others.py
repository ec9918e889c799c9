"""Other people's counters on recorded tracks, as their documentation has them, with the centre as what passes."""

from collections import Counter as Tally
from typing import Any, List, Tuple

import numpy as np

from benchmarks.counters.recorded import Box, Passed, Recorded


def supervision_centre(scene: Recorded) -> Passed:
    """LineZone with one anchor, the centre."""
    from supervision import Position

    return _supervision(scene, triggering_anchors=[Position.CENTER])


def supervision_corners(scene: Recorded) -> Passed:
    """LineZone as it is by default: all four corners must pass."""
    return _supervision(scene)


def _supervision(scene: Recorded, **settings: Any) -> Passed:
    from supervision import Detections, LineZone, Point

    passed: Tally = Tally()
    # its vector's left is our right: what it calls in went to the left of start -> end as the picture has it
    zones = [LineZone(start=Point(*start), end=Point(*end), **settings) for start, end in scene.lines]
    for frame in scene.frames:
        if not frame:
            continue
        boxes = np.array([one.xyxy for one in frame], np.float32)
        tracks = np.array([one.track for one in frame], int)
        detections = Detections(xyxy=boxes, class_id=np.zeros(len(frame), int), tracker_id=tracks)
        for number, zone in enumerate(zones):
            for crossed, sign in zip(zone.trigger(detections), (-1, 1)):
                for index in np.flatnonzero(crossed):
                    passed[number, sign, frame[index].name] += 1
    return dict(passed)


def ultralytics(scene: Recorded) -> Passed:
    """ObjectCounter: its rule, put to the tracks without its detector."""
    from shapely.geometry import LineString
    from ultralytics.solutions.object_counter import ObjectCounter

    passed: Tally = Tally()
    counters = []
    for start, end in scene.lines:
        counter = ObjectCounter.__new__(ObjectCounter)  # its constructor would load a detector
        counter.region, counter.r_s, counter.LineString = [start, end], LineString([start, end]), LineString
        counter.in_count = counter.out_count = 0
        counter.counted_ids = set()
        counter.names = _AnyName()
        counter.classwise_count = _Nothing()
        counters.append(counter)
    before: dict = {}
    for frame in scene.frames:
        for one in frame:
            centre = _centre(one)
            for number, counter in enumerate(counters):
                counts = counter.in_count, counter.out_count
                counter.count_objects(centre, one.track, before.get(one.track), 0)
                for more, is_right in ((counter.in_count - counts[0], True), (counter.out_count - counts[1], False)):
                    if more:  # its in is to the right of the picture; ours is to the right hand of start -> end
                        goes_down = scene.lines[number][1][1] > scene.lines[number][0][1]
                        passed[number, -1 if is_right == goes_down else 1, one.name] += more
            before[one.track] = centre
    return dict(passed)


class _AnyName:
    def __getitem__(self, _: int) -> str:
        return ""


class _Nothing:
    def __getitem__(self, _: str) -> dict:
        return {"IN": 0, "OUT": 0}


def _centre(one: Box) -> Tuple[float, float]:
    x1, y1, x2, y2 = one.xyxy
    return (x1 + x2) / 2, (y1 + y2) / 2


COUNTERS = {
    "supervision LineZone, centre": supervision_centre,
    "supervision LineZone, corners": supervision_corners,
    "ultralytics ObjectCounter": ultralytics,
}


def present() -> List[str]:
    """The counters whose packages are installed."""
    import importlib.util

    packages = {name: name.split()[0] for name in COUNTERS}
    return [name for name, package in packages.items() if importlib.util.find_spec(package) is not None]
