"""Shelfsight's own counter on recorded tracks."""

from benchmarks.counters.recorded import Box as RecordedBox
from benchmarks.counters.recorded import Passed, Recorded
from runtime.counting.counter import Counter
from runtime.counting.plan import CENTRE, Line, Plan
from runtime.seen import Box, SeenObject


def count(scene: Recorded) -> Passed:
    """By line, direction and name."""
    width, height = scene.res
    lines = tuple(
        Line(str(number), (start[0] / width, start[1] / height), (end[0] / width, end[1] / height), CENTRE)
        for number, (start, end) in enumerate(scene.lines)
    )
    counter = Counter(Plan((), lines))
    for number, frame in enumerate(scene.frames):
        counter.update(number / scene.fps, [_object(one) for one in frame], scene.res)
    counter.end()
    passed: Passed = {}
    for number, line in enumerate(counter.counts().lines):
        for name, found in line.by_name:
            passed[number, 1, name], passed[number, -1, name] = found.into, found.out
    return passed


def _object(one: RecordedBox) -> SeenObject:
    product = one.name if one.is_named and not one.name.startswith("unknown ") else None
    return SeenObject(one.name, product, one.shape, 1.0, 1.0 if one.is_named else None, one.track, Box(*one.xyxy))
