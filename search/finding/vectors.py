"""The embeddings of a large index in lists of neighbours (FAISS), beside it, so that a question reads few of them.

FAISS of what was compared (benchmarks/vectors.py): at 200,000 embeddings it is built in less than half of usearch's
time, takes two thirds of its room, and answers in a quarter of its time at the same recall; and it finds all that is
near enough, where usearch finds a number of them. sqlite-vec compares all, and needs a Python that loads extensions.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import Any, Iterator

import numpy as np

from search.finding.rows import IndexReader

LEAST = 200_000
"""Embeddings from which on lists pay; fewer are all compared, in 0.2 s."""
MOST_LISTS = 4096
PROBED = 64
"""Lists that a question reads: 99.5 % of the 100 nearest of 200,000 are in them."""
A_LIST = 40
"""Embeddings for each list that its place is learnt from."""
GROWN = 4
"""Places are learnt anew when there are so many times more."""
AT_ONCE = 1 << 16


def near(index: IndexReader, wanted: np.ndarray, least: float) -> dict[int, float]:
    """Ids of sightings and their best cosine to one of `wanted` (n, D) float32 of length 1, where `least` or more."""
    length = wanted.shape[1]
    if index.embedding_count() < LEAST:
        return _near_of_all(index, wanted, least)
    limits, likeness, ids = _lists_of(index, length).range_search(np.ascontiguousarray(wanted, np.float32), least)
    found: dict[int, float] = {}
    for number, cosine in zip(ids.tolist(), likeness.tolist()):
        found[number] = max(cosine, found.get(number, -1.0))
    return found


def _near_of_all(index: IndexReader, wanted: np.ndarray, least: float) -> dict[int, float]:
    found = {}
    for ids, embeddings in batches(index, wanted.shape[1]):
        best = (embeddings @ wanted.T).max(axis=1)
        for place in np.flatnonzero(best >= least).tolist():
            found[int(ids[place])] = float(best[place])
    return found


def batches(index: IndexReader, length: int, after: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (k,) int64 beyond `after`, and their embeddings (k, D) float32; those of another length are left out."""
    rows = index.embeddings(after)
    for some in iter(lambda: list(itertools.islice(rows, AT_ONCE)), []):
        fitting = [(number, data) for number, data in some if len(data) == 2 * length]
        if fitting:
            embeddings = np.frombuffer(b"".join(data for _, data in fitting), "<f2").reshape(-1, length)
            yield np.array([number for number, _ in fitting], np.int64), embeddings.astype(np.float32)


def _lists_of(index: IndexReader, length: int) -> Any:
    """FAISS's index of all embeddings, from `INDEX.vectors` and what came since. A cache: it may be deleted."""
    import faiss

    path, count = index.path + ".vectors", index.embedding_count()
    lists: Any = None
    with contextlib.suppress(RuntimeError):  # absent, cut short, or of another FAISS: made again
        lists = faiss.read_index(path) if os.path.exists(path) else None
    if lists is None or lists.d != length or not lists.ntotal * GROWN > count:
        lists = _learnt(faiss, index, length, count)
    before = lists.ntotal
    last = int(faiss.vector_to_array(lists.id_map).max()) if before else 0
    for ids, embeddings in batches(index, length, last):
        lists.add_with_ids(embeddings, ids)
    if lists.ntotal > before:
        _write(faiss, lists, path)
    faiss.extract_index_ivf(lists).nprobe = PROBED
    return lists


def _learnt(faiss: Any, index: IndexReader, length: int, count: int) -> Any:
    number = min(MOST_LISTS, int(4 * count**0.5))
    lists = faiss.index_factory(length, f"IDMap2,IVF{number},SQfp16", faiss.METRIC_INNER_PRODUCT)
    every = max(1, count // (A_LIST * number))
    lists.train(np.concatenate([embeddings[::every] for _, embeddings in batches(index, length)]))
    return lists


def _write(faiss: Any, lists: Any, path: str) -> None:
    partial = f"{path}.{os.getpid()}"
    with contextlib.suppress(RuntimeError, OSError):  # a folder that is not ours, a full disk: made again each time
        faiss.write_index(lists, partial)
        os.replace(partial, path)
    with contextlib.suppress(OSError):
        os.remove(partial)
