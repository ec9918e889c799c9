"""A video in pieces: what one worker looks through at a time, and what is done or not after a kill."""

from __future__ import annotations

import math
from typing import NamedTuple

PIECE_S = 120.0
"""Decoding begins at the key frame before a piece: at 8 s between two, 3 % of it are decoded twice."""


class Piece(NamedTuple):
    """A part of a video, from `start_s` until before `end_s`."""

    address: str
    number: int
    start_s: float
    end_s: float


def pieces_of(address: str, duration_s: float | None) -> list[Piece]:
    """The last has no end: containers are off by some frames. One piece where the duration is not known."""
    count = 1 if duration_s is None else max(1, math.ceil(duration_s / PIECE_S - 0.25))
    ends = [PIECE_S * (number + 1) for number in range(count - 1)] + [math.inf]
    return [Piece(address, number, PIECE_S * number, end_s) for number, end_s in enumerate(ends)]
