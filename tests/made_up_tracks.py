"""Tracks as lists of places, for what counts."""

from runtime.counting.counter import Counter
from runtime.counting.plan import CENTRE, Line, Plan, Zone
from runtime.seen import Box, SeenObject

RES = (1000, 1000)
SIZE_PX = 100.0
DOWN = Line("door", (0.5, 0.2), (0.5, 0.8), CENTRE)
"""In the middle, with room to pass above and below; in is to the left."""
LEFT_HALF = Zone("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), CENTRE)


def thing(track, x, y=500.0, name="tea", width=SIZE_PX, height=SIZE_PX, shape="box", similarity=0.8):
    """Around x, y in pixels."""
    box = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return SeenObject(name, name if similarity else None, shape, 0.9, similarity, track, box)


def played(frames, fps=30.0, plan=None, start_s=0.0, counter=None):
    """The counter after `frames`, each a list of things; it is handed the end of the run."""
    counter = counter or Counter(plan or Plan(lines=(DOWN,)))
    for number, objects in enumerate(frames):
        counter.update(start_s + number / fps, objects, RES)
    counter.end()
    return counter


def passed(frames, fps=30.0, plan=None):
    """(in, out) of the first line."""
    return tuple(played(frames, fps, plan).counts().lines[0].total)


def way(start, end, steps):
    """Numbers from `start` to `end`, both among them."""
    return [start + (end - start) * step / (steps - 1) for step in range(steps)]
