"""Pieces looked through by processes of this machine."""

from __future__ import annotations

import collections
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Iterable, Iterator

from runtime.errors import ShelfsightError, SourceError
from search.looking.looker import Look, Looker, Request
from search.videos.pieces import Piece

AHEAD = 16
"""Pieces a worker that wait or are done out of turn: what is kept in memory, 0.3 MB each. One piece may take so many
times as long as the others before they wait for it."""
_CONTEXT = "spawn"
"""A forked child would share locks that threads of its parent hold."""
MAX_CRASHES = 3
"""Of one piece: then its video is at fault, not the machine."""


def looks(pieces: Iterable[Piece], request: Request, workers: int) -> Iterator[tuple[Piece, Look | SourceError]]:
    """What is in each of `pieces`, in their order. A process that dies is replaced, and what it had begun again.

    ShelfsightError: the networks cannot be had.
    """
    waiting: collections.deque[Piece] = collections.deque()
    crashes: collections.Counter[Piece] = collections.Counter()
    source = iter(pieces)
    with contextlib.closing(_Processes(request, workers)) as processes:
        while True:
            waiting.extend(itertools.islice(source, AHEAD * workers - len(waiting)))
            if not waiting:
                return
            piece = waiting[0]
            try:
                # Which piece ends a process is seen only where it is alone.
                found = processes.result(waiting if crashes[piece] < 2 else [piece])
            except BrokenProcessPool:
                processes.replace()
                crashes[piece] += 1
                if crashes[piece] < MAX_CRASHES:
                    continue
                found = SourceError(f"{piece.address}: looking through it ends the process, {MAX_CRASHES} times")
            waiting.popleft()
            if isinstance(found, ShelfsightError) and not isinstance(found, SourceError):
                raise found
            yield piece, found


class _Processes:
    """Processes that look through pieces."""

    def __init__(self, request: Request, workers: int) -> None:
        self._request, self._workers = request, workers
        self._futures: dict[Piece, Future] = {}
        self._pool = self._begun()

    def _begun(self) -> ProcessPoolExecutor:

        context = multiprocessing.get_context(_CONTEXT)
        return ProcessPoolExecutor(self._workers, context, _begin, (self._request, os.getpid()))

    def result(self, pieces: Iterable[Piece]) -> Look | ShelfsightError:
        """Of the first of `pieces`; the others are looked through meanwhile. BrokenProcessPool: a process has died."""
        for piece in pieces:
            if piece not in self._futures:
                self._futures[piece] = self._pool.submit(_look, piece)
        first = next(iter(pieces))
        found = self._futures[first].result()
        del self._futures[first]
        return found

    def replace(self) -> None:
        """Begin anew, with what is not done."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._futures = {
            piece: future for piece, future in self._futures.items() if future.done() and future.exception() is None
        }
        self._pool = self._begun()

    def close(self) -> None:
        """Waits for what is being looked through."""
        self._pool.shutdown(wait=True, cancel_futures=True)


_request: Request | None = None
_looker: Looker | None = None


def _begin(request: Request, parent: int) -> None:
    global _request
    _request = request
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the parent says what is done
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A parent that is killed leaves nothing running behind."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _look(piece: Piece) -> Look | ShelfsightError:
    """An exception that is raised here would reach the parent without what its constructor was given."""
    global _looker
    assert _request is not None
    try:
        if _looker is None:
            _looker = Looker(_request)
        return _looker.look(piece)
    except ShelfsightError as error:
        return error
