"""What is told of a frame as data: one schema for files of lines, tables, and whatever else tells of it.

| field | meaning |
|---|---|
| time | when it was captured, RFC 3339 in UTC; null for a file, which has no date |
| seconds | since the first frame of the run, of a file by its own times |
| frame | the source's count of frames, from 0; gaps are drops |
| track | the same for an object while it stays in view |
| name | what the picture calls it: its product, "unknown bottle", or its shape |
| product | null where stage 2 knows none, or is not there |
| shape, score | stage 1's class, and how sure it is, 0 to 1 |
| similarity | cosine to the nearest product, -1 to 1; null where stage 2 did not look |
| box | x1, y1, x2, y2 in pixels of the frame |
| count | how many of each name are in the frame; in a table, of this row's name |
"""

import csv
import io
import json
import time
from collections import Counter
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from runtime.clock import rfc3339
from runtime.frame import Observation
from runtime.seen import SeenObject, objects_in

COLUMNS = (
    "time", "seconds", "frame", "track", "name", "product", "shape", "score", "similarity", "x1", "y1", "x2", "y2",
    "count",
)  # fmt: skip
MARK = "\ufeff"
"""At the beginning of a table: without it Excel reads UTF-8 as the local code page. Read with encoding utf-8-sig."""


class Told(NamedTuple):
    """One frame, ready to be written by another thread."""

    time_s: Optional[float]
    """Since 1970; None for a file."""
    seconds: float
    frame: int
    objects: Tuple[SeenObject, ...]


def told_of(observation: Observation, seconds: float, now_monotonic_s: float) -> Told:
    """`seconds`: since the run's first frame."""
    frame = observation.frame
    assert frame.id is not None
    time_s = None if frame.source_s is not None else time.time() - (now_monotonic_s - frame.captured_s)
    return Told(time_s, seconds, frame.id, objects_in(observation))


def as_json(told: Told) -> Dict[str, Any]:
    """One frame with its objects."""
    return {
        "time": rfc3339(told.time_s),
        "seconds": round(told.seconds, 4),
        "frame": told.frame,
        "objects": [
            {
                "track": one.track,
                "name": one.name,
                "product": one.product,
                "shape": one.shape,
                "score": round(one.score, 4),
                "similarity": None if one.similarity is None else round(one.similarity, 4),
                "box": [round(side, 1) for side in one.box],
            }
            for one in told.objects
        ],
        "count": dict(Counter(one.name for one in told.objects)),
    }


def json_line(told: Told) -> str:
    """One line of a .jsonl file."""
    return json.dumps(as_json(told), ensure_ascii=False, allow_nan=False) + "\n"


def csv_lines(told: Told) -> str:
    """A row an object; nothing for a frame without any."""
    rows = []
    content = as_json(told)
    for one in content["objects"]:
        row = dict(content, **one)
        row.update(zip(("x1", "y1", "x2", "y2"), one["box"]), count=content["count"][one["name"]])
        rows.append(["" if row[column] is None else row[column] for column in COLUMNS])
    return _as_csv(rows)


def csv_head() -> str:
    """The first line of a table."""
    return MARK + _as_csv([list(COLUMNS)])


def _as_csv(rows: List[List[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
