"""map() over processes, for work on many pictures."""

import multiprocessing
from functools import partial
from typing import Callable, Iterable, Iterator

import cv2


class Workers:
    """A context manager that gives a map() in order over `count` processes; for one, over none but this."""

    def __init__(self, count: int) -> None:
        self._pool = multiprocessing.get_context("spawn").Pool(count, _one_thread) if count > 1 else None

    def __enter__(self) -> Callable[[Callable, Iterable], Iterator]:
        return map if self._pool is None else partial(self._pool.imap, chunksize=4)

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()


def _one_thread() -> None:
    """Of OpenCV in each process: the processes share the cores."""
    cv2.setNumThreads(1)
