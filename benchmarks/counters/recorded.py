"""Tracks as a recogniser gave them, beside what truly passed, in one .npz: any counter can be put to the same ones."""

import json
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

Point = Tuple[float, float]
Passed = Dict[Tuple[int, int, str], int]
"""By line, direction (1 in, -1 out) and name, how many passed."""


class Box(NamedTuple):
    """One object in one frame; the fields of the runtime's own that a counter needs."""

    track: int
    name: str
    is_named: bool
    """Stage 2 has looked."""
    shape: str
    xyxy: Tuple[float, float, float, float]


class Recorded(NamedTuple):
    """One scene."""

    objects: int
    seed: int
    fps: float
    res: Tuple[int, int]
    lines: List[Tuple[Point, Point]]
    """Ends in pixels; in is from the left hand to the right of one who goes from the first to the second."""
    frames: List[List[Box]]
    truth: Passed


def write_recorded(path: str, scenes: Sequence[Recorded]) -> None:
    """Names as a table, boxes as one array."""
    names = sorted(
        {name for scene in scenes for frame in scene.frames for one in frame for name in (one.name, one.shape)}
    )
    numbers = {name: number for number, name in enumerate(names)}
    rows, heads = [], []
    for index, scene in enumerate(scenes):
        truth = [[line, direction, name, count] for (line, direction, name), count in sorted(scene.truth.items())]
        heads.append(dict(scene._asdict(), frames=len(scene.frames), truth=truth))
        for number, frame in enumerate(scene.frames):
            for one in frame:
                rows.append([index, number, one.track, numbers[one.name], one.is_named, numbers[one.shape], *one.xyxy])
    np.savez_compressed(path, rows=np.array(rows, np.float64), head=json.dumps({"names": names, "scenes": heads}))


def read_recorded(path: str) -> List[Recorded]:
    """What `write_recorded` wrote."""
    with np.load(path) as file:
        rows, head = file["rows"], json.loads(str(file["head"]))
    scenes = []
    for index, one in enumerate(head["scenes"]):
        frames: List[List[Box]] = [[] for _ in range(one["frames"])]
        for _, number, track, name, is_named, shape, *xyxy in rows[rows[:, 0] == index].tolist():
            names = head["names"]
            box = Box(int(track), names[int(name)], bool(is_named), names[int(shape)], tuple(xyxy))
            frames[int(number)].append(box)
        truth = {(line, direction, name): count for line, direction, name, count in one["truth"]}
        lines = [(tuple(start), tuple(end)) for start, end in one["lines"]]
        scenes.append(Recorded(one["objects"], one["seed"], one["fps"], tuple(one["res"]), lines, frames, truth))
    return scenes
