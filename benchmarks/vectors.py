"""Libraries that search vectors, compared: python -m benchmarks.vectors --count 1000000

Made-up embeddings of products (points around many centres, some of them near one another). Each library answers for
the 100 nearest of a new picture; recall is against the exact answer. Each is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.machine import machine

LENGTH, NEAREST, QUERIES = 128, 100, 200
KINDS = ("numpy-f16", "usearch-hnsw-f16", "faiss-ivf-f16", "faiss-ivf-sq8", "sqlite-vec")


def embeddings(count: int, seed: int) -> np.ndarray:
    """(count, LENGTH) float16 of length 1."""
    centres = np.random.RandomState(1).standard_normal((2000, LENGTH)).astype(np.float32)
    rng = np.random.default_rng(seed)
    found = np.empty((count, LENGTH), np.float16)
    for start in range(0, count, 1 << 18):
        size = min(1 << 18, count - start)
        part = centres[rng.integers(len(centres), size=size)] + 0.7 * rng.standard_normal((size, LENGTH), np.float32)
        found[start : start + size] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return found


def measure(kind: str, count: int, folder: str) -> dict[str, object]:
    """Of one library: seconds to build, megabytes of memory and disk, milliseconds a query, recall."""
    vectors, queries = embeddings(count, 2), embeddings(QUERIES, 3).astype(np.float32)
    exact = _exact(vectors, queries[:20])
    before_mb = _resident_mb()
    began_s = time.perf_counter()
    path = os.path.join(folder, kind)
    search = {
        "numpy-f16": _numpy,
        "usearch-hnsw-f16": _usearch,
        "faiss-ivf-f16": lambda v, p: _faiss(v, p, "IVF{},SQfp16"),
        "faiss-ivf-sq8": lambda v, p: _faiss(v, p, "IVF{},SQ8"),
        "sqlite-vec": _sqlite_vec,
    }[kind](vectors, path)
    build_s = time.perf_counter() - began_s
    took_ms, right = [], 0
    for number, query in enumerate(queries):
        began_s = time.perf_counter()
        ids = search(query)
        took_ms.append((time.perf_counter() - began_s) * 1e3)
        if number < len(exact):
            right += len(set(ids) & set(exact[number]))
        if sum(took_ms) > 60e3:
            break
    return {
        "kind": kind,
        "count": count,
        "build_s": round(build_s, 1),
        "memory_mb": _resident_mb() - before_mb,
        "disk_mb": os.path.getsize(path) >> 20 if os.path.exists(path) else 0,
        "p50_ms": round(float(np.percentile(took_ms, 50)), 2),
        "p95_ms": round(float(np.percentile(took_ms, 95)), 2),
        "recall": round(right / (NEAREST * min(len(exact), len(took_ms))), 3),
    }


def _resident_mb() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20


def _exact(vectors: np.ndarray, queries: np.ndarray) -> list[list[int]]:
    return [_nearest(vectors, query) for query in queries]


def _nearest(vectors: np.ndarray, query: np.ndarray) -> list[int]:
    likeness = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), 1 << 16):
        likeness[start : start + (1 << 16)] = vectors[start : start + (1 << 16)].astype(np.float32) @ query
    return np.argpartition(-likeness, NEAREST)[:NEAREST].tolist()


def _numpy(vectors: np.ndarray, path: str):
    return lambda query: _nearest(vectors, query)


def _usearch(vectors: np.ndarray, path: str):
    from usearch.index import Index

    index = Index(ndim=LENGTH, metric="ip", dtype="f16", connectivity=16, expansion_add=64, expansion_search=256)
    index.add(np.arange(len(vectors)), vectors, threads=2)
    index.save(path)
    return lambda query: index.search(query.astype(np.float16), NEAREST).keys.tolist()


def _faiss(vectors: np.ndarray, path: str, factory: str):
    import faiss

    faiss.omp_set_num_threads(2)
    lists = min(4096, int(4 * np.sqrt(len(vectors))))
    index: Any = faiss.index_factory(LENGTH, factory.format(lists), faiss.METRIC_INNER_PRODUCT)
    chosen = np.random.default_rng(4).choice(len(vectors), min(len(vectors), 40 * lists), replace=False)
    index.train(vectors[np.sort(chosen)].astype(np.float32))
    for start in range(0, len(vectors), 1 << 17):
        index.add(vectors[start : start + (1 << 17)].astype(np.float32))
    index.nprobe = 64
    faiss.write_index(index, path)
    return lambda query: index.search(query[None], NEAREST)[1][0].tolist()


def _sqlite_vec(vectors: np.ndarray, path: str):
    import sqlite3

    import sqlite_vec

    database = sqlite3.connect(path)
    database.enable_load_extension(True)
    sqlite_vec.load(database)
    database.execute(f"CREATE VIRTUAL TABLE v USING vec0(embedding float[{LENGTH}] distance_metric=cosine)")
    with database:
        rows = ((number, vector.astype(np.float32).tobytes()) for number, vector in enumerate(vectors))
        database.executemany("INSERT INTO v (rowid, embedding) VALUES (?, ?)", rows)
    statement = f"SELECT rowid FROM v WHERE embedding MATCH ? AND k = {NEAREST}"
    return lambda query: [one for (one,) in database.execute(statement, (query.tobytes(),))]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vectors", description="Libraries that search vectors.")
    parser.add_argument("--count", type=int, default=1_000_000, metavar="N", help="embeddings (1,000,000)")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    values = parser.parse_args()
    for kind in values.kinds:
        if values.one:
            with tempfile.TemporaryDirectory() as folder:
                print(json.dumps(measure(kind, values.count, folder)), flush=True)
        else:
            command = [
                sys.executable,
                "-m",
                "benchmarks.vectors",
                "--one",
                "--count",
                str(values.count),
                "--kinds",
                kind,
            ]
            subprocess.run(command, check=False)
    return 0


if __name__ == "__main__":
    if "--one" not in sys.argv:
        print(json.dumps(machine()))
    sys.exit(main())
