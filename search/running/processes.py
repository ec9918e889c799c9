"""Pieces looked through by processes of this machine."""

from __future__ import annotations

import collections
import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Iterable, Iterator

from runtime.errors import ShelfsightError, SourceError
from search.looking.looker import Look, Looker, Request
from search.videos.pieces import Piece

AHEAD = 4
"""Pieces a worker that wait or are done out of turn: what is kept in memory."""
MAX_CRASHES = 3
"""Of one piece: then its video is at fault, not the machine."""

_looker: Looker | None = None


def looks(pieces: Iterable[Piece], request: Request, workers: int) -> Iterator[tuple[Piece, Look | SourceError]]:
    """What is in each of `pieces`, in their order. A process that dies is replaced, and what it had begun again.

    ShelfsightError: the networks cannot be had.
    """
    waiting: collections.deque[tuple[Piece, Future]] = collections.deque()
    crashes: collections.Counter = collections.Counter()
    source, is_more = iter(pieces), True
    pool = _pool(request, workers)
    try:
        while is_more or waiting:
            while is_more and len(waiting) < AHEAD * workers:
                piece = next(source, None)
                is_more = piece is not None
                if piece is not None:
                    waiting.append((piece, pool.submit(_look, piece)))
            if not waiting:
                return
            piece, future = waiting.popleft()
            try:
                found = future.result()
            except (BrokenProcessPool, RuntimeError) as error:
                pool.shutdown(wait=False, cancel_futures=True)
                crashes[piece] += 1
                pool = _pool(request, 1 if crashes[piece] > 1 else workers)
                if crashes[piece] < MAX_CRASHES:
                    waiting.appendleft((piece, pool.submit(_look, piece)))
                else:
                    found = SourceError(f"{piece.address}: looking through it ends the process ({error})")
                    yield piece, found
                again = [one for one, _ in waiting]
                waiting = collections.deque((one, pool.submit(_look, one)) for one in again)
                continue
            if isinstance(found, ShelfsightError) and not isinstance(found, SourceError):
                raise found
            yield piece, found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(request: Request, workers: int) -> ProcessPoolExecutor:
    # spawn: a forked child shares locks that threads of its parent hold
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, _begin, (request, os.getpid()))


def _begin(request: Request, parent: int) -> None:
    global _looker
    _end_with(parent)
    _looker = Looker(request)


def _end_with(parent: int) -> None:
    """A parent that is killed leaves nothing running behind."""
    import threading
    import time

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _look(piece: Piece) -> Look | ShelfsightError:
    assert _looker is not None
    try:
        return _looker.look(piece)
    except ShelfsightError as error:
        return error
