"""Follow candidates from frame to frame by overlap, so that each keeps an id while it stays in view."""

from typing import List, NamedTuple

import numpy as np

from runtime.frame import Detections

MIN_IOU = 0.3
"""The threshold of SORT (Bewley et al., 2016)."""
MAX_MISSED = 15
"""Frames that a track outlives without a match: half a second at 30 fps."""


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of `a` (m, 4) with every box of `b` (n, 4): (m, n) float32."""
    overlap = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared = np.prod(np.maximum(overlap, 0), axis=2)
    area_a, area_b = np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1)
    union = area_a[:, None] + area_b[None, :] - shared
    return (shared / np.maximum(union, 1e-9)).astype(np.float32, copy=False)


class _Tracks(NamedTuple):
    ids: np.ndarray
    boxes_px: np.ndarray
    shapes: np.ndarray
    missed: np.ndarray


def _none() -> _Tracks:
    return _Tracks(np.empty(0, np.int64), np.empty((0, 4), np.float32), np.empty(0, np.int32), np.empty(0, np.int64))


class Tracker:
    """Greedy matching by overlap within one shape, best pair first."""

    def __init__(self, min_iou: float = MIN_IOU, max_missed: int = MAX_MISSED) -> None:
        self._min_iou = min_iou
        self._max_missed = max_missed
        self._tracks = _none()
        self._next_id = 0

    def update(self, detections: Detections) -> np.ndarray:
        """The track id of each candidate, (k,) int64."""
        tracks = self._tracks
        ids = np.full(len(detections.boxes_px), -1, np.int64)
        matched = np.zeros(len(tracks.ids), bool)
        for row, column in self._pairs(detections):
            ids[row] = tracks.ids[column]
            matched[column] = True
        fresh = np.flatnonzero(ids < 0)
        ids[fresh] = self._next_id + np.arange(len(fresh))
        self._next_id += len(fresh)
        lost = ~matched & (tracks.missed < self._max_missed)
        self._tracks = _Tracks(
            np.concatenate([ids, tracks.ids[lost]]),
            np.concatenate([detections.boxes_px, tracks.boxes_px[lost]]),
            np.concatenate([detections.shapes, tracks.shapes[lost]]),
            np.concatenate([np.zeros(len(ids), np.int64), tracks.missed[lost] + 1]),
        )
        return ids

    def _pairs(self, detections: Detections) -> List[tuple]:
        """(candidate, track) pairs, each index at most once, in order of falling overlap."""
        if not len(detections.boxes_px) or not len(self._tracks.ids):
            return []
        overlap = iou_matrix(detections.boxes_px, self._tracks.boxes_px)
        overlap[detections.shapes[:, None] != self._tracks.shapes[None, :]] = 0
        rows, columns = np.nonzero(overlap >= self._min_iou)
        pairs, used_rows, used_columns = [], set(), set()
        for index in np.argsort(-overlap[rows, columns], kind="stable"):
            row, column = int(rows[index]), int(columns[index])
            if row not in used_rows and column not in used_columns:
                used_rows.add(row)
                used_columns.add(column)
                pairs.append((row, column))
        return pairs
