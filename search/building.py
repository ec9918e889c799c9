"""An index brought up to date with the videos: what is new is looked through, what is done is left."""

from __future__ import annotations

import logging
from typing import Callable, Iterable, Iterator, NamedTuple

from tqdm import tqdm

from runtime.errors import SourceError
from search.looking.looker import Look
from search.storing.index_file import IndexFile, Known, Video
from search.videos.listing import VideoFile
from search.videos.opening import facts_of
from search.videos.pieces import Piece, pieces_of

log = logging.getLogger(__name__)

Looks = Callable[[Iterable[Piece]], Iterator["tuple[Piece, Look | SourceError]"]]
"""Runs pieces somewhere, and gives what is in them in their order."""


class Totals:
    """What was done."""

    def __init__(self) -> None:
        self.videos = self.skipped = self.damaged = self.sightings = self.frames = self.inferred = 0
        """`skipped`: videos done before."""
        self.filmed_s = self.decode_s = self.detect_s = self.classify_s = 0.0
        """`filmed_s`: of the videos; the others of processes, added up."""

    def add(self, look: Look) -> None:
        """Count a piece."""
        self.sightings += len(look.sightings)
        for name in ("frames", "inferred", "filmed_s", "decode_s", "detect_s", "classify_s"):
            setattr(self, name, getattr(self, name) + getattr(look, name))


class _Work(NamedTuple):
    """A video to look through."""

    run: int
    bytes_a_piece: float


def build(index: IndexFile, files: list[VideoFile], looks: Looks, is_quiet: bool = False) -> Totals:
    """Look through what is not done. Killed at any time, the next run goes on where this one was."""
    totals = Totals()
    before = index.videos()
    todo = [file for file in files if not _is_finished(file, before.get(file.address))]
    totals.skipped = len(files) - len(todo)
    begun: dict[str, _Work] = {}
    bad: set[str] = set()
    total_bytes = sum(file.bytes for file in todo)
    with tqdm(total=total_bytes, unit="B", unit_scale=True, disable=True if is_quiet else None) as bar:
        for piece, look in looks(_pieces(index, todo, before, begun, bad, totals)):
            work = begun[piece.address]
            bar.update(work.bytes_a_piece)
            if piece.address in bad:
                continue  # its later pieces were on their way
            if isinstance(look, SourceError):
                bad.add(piece.address)
                _give_up(index, work.run, str(look), totals)
            else:
                index.add(work.run, piece, look.frames, look.inferred, look.sightings)
                totals.add(look)
    return totals


def _is_same(file: VideoFile, known: Video | None) -> bool:
    return known is not None and (known.bytes, known.modified_s) == (file.bytes, file.modified_s)


def _is_finished(file: VideoFile, known: Video | None) -> bool:
    return known is not None and _is_same(file, known) and known.is_finished


def _pieces(
    index: IndexFile,
    todo: list[VideoFile],
    before: dict[str, Video],
    begun: dict[str, _Work],
    bad: set[str],
    totals: Totals,
) -> Iterator[Piece]:
    """Of each video in turn those that are not done; it is opened when its turn comes."""
    for file in todo:
        known = before.get(file.address)
        totals.videos += 1
        if known is not None and _is_same(file, known):
            run, done, pieces = known.run, known.done, pieces_of(file.address, known.duration_s)
        else:
            try:
                facts = facts_of(file.address)
            except SourceError as error:
                run = index.begin(file.address, file.bytes, file.modified_s, Known(None, None, 0))
                _give_up(index, run, str(error), totals)
                continue
            pieces, done = pieces_of(file.address, facts.duration_s), 0
            told = Known(facts.duration_s, facts.epoch_s, len(pieces))
            run = index.begin(file.address, file.bytes, file.modified_s, told)
        begun[file.address] = _Work(run, file.bytes / max(1, len(pieces) - done))
        for piece in pieces[done:]:
            if file.address not in bad:
                yield piece


def _give_up(index: IndexFile, run: int, problem: str, totals: Totals) -> None:
    totals.damaged += 1
    index.give_up(run, problem)
    tqdm.write(f"skipped: {problem}")
