"""Follow candidates from frame to frame by overlap, so that each keeps an id while it stays in view.

In numbers, not arrays: after an inference all code is cold, and fetching a dozen numpy functions takes longer than
comparing the few boxes of a frame. 3 boxes take 29 us so and took 127 in numpy, 30 take 108 and took 151 (desk,
November 2026).
"""

import math
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

import numpy as np

from runtime.frame import Detections

MIN_IOU = 0.3
"""The threshold of SORT (Bewley et al., 2016)."""
MAX_MISSED = 15
"""Frames that a track outlives without a match: half a second at 30 fps."""
RESHAPED_IOU = 0.7
"""What is found as another shape at so much of the same place is what was there: half a cylinder looks like a box."""
NEARBY = 0.75
"""How far, in its own size, a lost track may be found again: its shadow lies where it was last seen."""

_Pair = Tuple[float, int, int]
"""How unlike they are, the index of what was found, and that of the track."""


class _Track:
    """Where something was last seen, and as what shape."""

    __slots__ = ("id", "shape", "box", "missed")

    def __init__(self, number: int, shape: int) -> None:
        self.id = number
        self.shape = shape
        self.box = [0.0] * 4
        """x1, y1, x2, y2 in pixels."""
        self.missed = 0
        """Frames since."""


class Tracker:
    """Greedy matching within one shape by overlap, best pair first; what is left, to lost tracks.

    Of whatever shape in the very same place, then of its own nearby.
    """

    def __init__(
        self,
        min_iou: float = MIN_IOU,
        max_missed: int = MAX_MISSED,
        nearby: float = NEARBY,
        first_id: int = 0,
        step: int = 1,
    ) -> None:
        """`first_id`, `step`: of the numbers it gives; trackers of several cameras never give the same."""
        self._min_iou = min_iou
        self._max_missed = max_missed
        self._nearby = nearby
        self._tracks: List[_Track] = []
        self._next_id, self._step = first_id, step

    def update(self, detections: Detections) -> np.ndarray:
        """The track id of each candidate, (k,) int64."""
        boxes, shapes, tracks = detections.boxes_px.tolist(), detections.shapes.tolist(), self._tracks
        track_of: Dict[int, int] = {}
        pairs = _overlapping(boxes, range(len(boxes)), tracks, range(len(tracks)), self._min_iou, shapes)
        _pair_up(track_of, pairs)
        if len(track_of) < min(len(boxes), len(tracks)):
            new = [index for index in range(len(boxes)) if index not in track_of]
            lost = sorted(set(range(len(tracks))).difference(track_of.values()))
            _pair_up(track_of, _overlapping(boxes, new, tracks, lost, RESHAPED_IOU))
            _pair_up(track_of, _close(boxes, shapes, new, tracks, lost, self._nearby))
        seen = [self._see(box, shape, track_of.get(index)) for index, (box, shape) in enumerate(zip(boxes, shapes))]
        self._tracks = seen + list(self._outliving(set(track_of.values())))
        return np.array([track.id for track in seen], np.int64)

    def _see(self, box: List[float], shape: int, known: Optional[int]) -> _Track:
        if known is None:
            track = _Track(self._next_id, shape)
            self._next_id += self._step
        else:
            track = self._tracks[known]
        track.box, track.shape, track.missed = box, shape, 0
        return track

    def _outliving(self, matched: Set[int]) -> Iterator[_Track]:
        for index, track in enumerate(self._tracks):
            if index not in matched:
                track.missed += 1
                if track.missed <= self._max_missed:
                    yield track


def _pair_up(track_of: Dict[int, int], pairs: Iterable[_Pair]) -> None:
    """Add to `track_of`, from what was found to its track: the most alike first, each at most once."""
    taken = set(track_of.values())
    for _, index, track in sorted(pairs):
        if index not in track_of and track not in taken:
            track_of[index] = track
            taken.add(track)


def _overlapping(
    boxes: Sequence[List[float]],
    new: Iterable[int],
    tracks: Sequence[_Track],
    lost: Sequence[int],
    least: float,
    shapes: Optional[Sequence[int]] = None,
) -> Iterator[_Pair]:
    """Pairs whose intersection over union is at least `least`; of one shape, where `shapes` are given."""
    for index in new:
        x1, y1, x2, y2 = boxes[index]
        area = (x2 - x1) * (y2 - y1)
        for number in lost:
            track = tracks[number]
            u1, v1, u2, v2 = track.box
            if u1 < x2 and x1 < u2 and v1 < y2 and y1 < v2 and (shapes is None or track.shape == shapes[index]):
                shared = (min(x2, u2) - max(x1, u1)) * (min(y2, v2) - max(y1, v1))
                iou = shared / (area + (u2 - u1) * (v2 - v1) - shared)
                if iou >= least:
                    yield -iou, index, number


def _close(
    boxes: Sequence[List[float]],
    shapes: Sequence[int],
    new: Sequence[int],
    tracks: Sequence[_Track],
    lost: Sequence[int],
    most: float,
) -> Iterator[_Pair]:
    """Pairs of one shape whose centres are at most `most` sizes (roots of areas) of the lost one apart."""
    for index in new:
        x1, y1, x2, y2 = boxes[index]
        for number in lost:
            track = tracks[number]
            u1, v1, u2, v2 = track.box
            if track.shape == shapes[index]:
                apart = math.hypot(x1 + x2 - u1 - u2, y1 + y2 - v1 - v2) / 2
                apart /= math.sqrt(max((u2 - u1) * (v2 - v1), 1.0))
                if apart <= most:
                    yield apart, index, number
