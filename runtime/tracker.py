"""Follow candidates from frame to frame by overlap, so that each keeps an id while it stays in view."""

from typing import Dict, List, NamedTuple, Tuple, Union

import numpy as np

from runtime.frame import Detections

MIN_IOU = 0.3
"""The threshold of SORT (Bewley et al., 2016)."""
MAX_MISSED = 15
"""Frames that a track outlives without a match: half a second at 30 fps."""
NEARBY = 0.75
"""How far, in its own size, a lost track may be found again: its shadow lies where it was last seen."""


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of `a` (m, 4) with every box of `b` (n, 4): (m, n) float32."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    np.maximum(sides, 0, out=sides)
    shared = sides[:, :, 0] * sides[:, :, 1]
    union = _areas(a)[:, None] + _areas(b) - shared
    return (shared / np.maximum(union, 1e-9)).astype(np.float32, copy=False)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _distance_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between the centres of boxes (m, 4) and (n, 4), in sizes of `b` (the root of its area): (m, n) float32."""
    apart = (a[:, None, :2] + a[:, None, 2:] - b[None, :, :2] - b[None, :, 2:]) / 2
    return np.sqrt((apart * apart).sum(axis=2)) / np.sqrt(np.maximum(_areas(b), 1.0))


class _Tracks(NamedTuple):
    ids: np.ndarray
    boxes_px: np.ndarray
    shapes: np.ndarray
    missed: np.ndarray


def _none() -> _Tracks:
    return _Tracks(np.empty(0, np.int64), np.empty((0, 4), np.float32), np.empty(0, np.int32), np.empty(0, np.int64))


class Tracker:
    """Greedy matching within one shape: by overlap, best pair first; what is left, to lost tracks nearby."""

    def __init__(self, min_iou: float = MIN_IOU, max_missed: int = MAX_MISSED, nearby: float = NEARBY) -> None:
        self._min_iou = min_iou
        self._max_missed = max_missed
        self._nearby = nearby
        self._tracks = _none()
        self._next_id = 0

    def update(self, detections: Detections) -> np.ndarray:
        """The track id of each candidate, (k,) int64."""
        tracks = self._tracks
        ids = np.full(len(detections.boxes_px), -1, np.int64)
        is_free = np.ones(len(tracks.ids), bool)
        if len(ids) and len(is_free):
            self._match(detections, ids, is_free)
        fresh = np.flatnonzero(ids < 0)
        ids[fresh] = self._next_id + np.arange(len(fresh))
        self._next_id += len(fresh)
        self._tracks = _Tracks(ids, detections.boxes_px, detections.shapes, np.zeros(len(ids), np.int64))
        lost = is_free & (tracks.missed < self._max_missed)
        if lost.any():
            self._tracks = _Tracks(
                np.concatenate([ids, tracks.ids[lost]]),
                np.concatenate([detections.boxes_px, tracks.boxes_px[lost]]),
                np.concatenate([detections.shapes, tracks.shapes[lost]]),
                np.concatenate([self._tracks.missed, tracks.missed[lost] + 1]),
            )
        return ids

    def _match(self, detections: Detections, ids: np.ndarray, is_free: np.ndarray) -> None:
        """Fill in the ids of those that a track is found for, which is then not free any more."""
        tracks = self._tracks
        overlap = iou_matrix(detections.boxes_px, tracks.boxes_px)
        is_alike = detections.shapes[:, None] == tracks.shapes[None, :]
        overlap *= is_alike
        rows, columns = best_pairs(overlap, self._min_iou)
        ids[rows] = tracks.ids[columns]
        is_free[columns] = False
        if (ids < 0).any() and is_free.any():
            distance = _distance_matrix(detections.boxes_px, tracks.boxes_px)
            nearness = np.where(is_alike & (ids < 0)[:, None] & is_free, self._nearby - distance, -1.0)
            rows, columns = best_pairs(nearness, 0.0)
            ids[rows] = tracks.ids[columns]
            is_free[columns] = False


Indices = Union[np.ndarray, List[int]]


def best_pairs(likeness: np.ndarray, least: float) -> Tuple[Indices, Indices]:
    """Rows and columns of `likeness` (m, n) that go together, from `least` on: best pair first, each at most once."""
    favourite = likeness.argmax(axis=1)
    rows = np.flatnonzero(likeness[np.arange(len(favourite)), favourite] >= least)
    columns = favourite[rows]
    if len(set(columns.tolist())) == len(columns):  # as on most frames: nobody wants what another wants
        return rows, columns
    return _greedy_pairs(likeness, least)


def _greedy_pairs(likeness: np.ndarray, least: float) -> Tuple[List[int], List[int]]:
    rows, columns = np.nonzero(likeness >= least)
    if len(rows) > 1:
        order = np.argsort(-likeness[rows, columns], kind="stable")
        rows, columns = rows[order], columns[order]
    of_row: Dict[int, int] = {}
    taken = set()
    for row, column in zip(rows.tolist(), columns.tolist()):
        if row not in of_row and column not in taken:
            taken.add(column)
            of_row[row] = column
    return list(of_row.keys()), list(of_row.values())
