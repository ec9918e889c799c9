"""How fast videos are looked through, by one process, several, and workers of Ray: wall time, rate, shares, memory."""

from __future__ import annotations

import functools
import os
import tempfile
import threading
import time
from typing import Any, Iterable, Iterator, NamedTuple

import numpy as np

from benchmarks.searching.verdicts import Verdict
from runtime.bundle import Bundle
from runtime.errors import ShelfsightError, UsageError
from search.building import Looks, Totals, build
from search.looking.looker import Request
from search.running import processes, ray_cluster
from search.storing.index_file import IndexFile
from search.videos.listing import videos_in

SAMPLE_S = 1.0


class Timed(NamedTuple):
    """One way to look through all of it, once."""

    name: str
    wall_s: float
    """Of all of it, starting included."""
    start_s: float
    """Until work begins: the line through what was done when, followed to nothing."""
    rate: float
    """x real time, by that line: without starting."""
    shares: dict[str, float]
    """Of the processes' time, by what it was spent on."""
    rate_a_cpu: float
    """Seconds of video for each second of a CPU."""
    memory: list[tuple[float, float]]
    """Hours of video that were done, and MiB of the largest process."""


def timed(name: str, videos: list[str], looks: Looks, recogniser: str) -> Timed:
    """Look through `videos`, three pieces and more, into an index that is thrown away."""
    done: list[tuple[float, float]] = []
    memory: list[tuple[float, float]] = []
    stop = threading.Event()
    began_s = time.perf_counter()

    def noted(pieces: Iterable[Any]) -> Iterator[Any]:
        filmed_s = 0.0
        for piece, look in looks(pieces):
            filmed_s += 0.0 if isinstance(look, ShelfsightError) else look.filmed_s
            done.append((filmed_s, time.perf_counter() - began_s))
            yield piece, look

    def sample() -> None:
        while not stop.wait(SAMPLE_S):
            if done:
                memory.append((done[-1][0] / 3600, largest_below_mib(os.getpid())))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    with tempfile.TemporaryDirectory() as scratch:
        index = IndexFile(os.path.join(scratch, "index.sqlite"), recogniser)
        try:
            totals = build(index, videos_in(videos), noted, is_quiet=True)
        finally:
            index.close()
            stop.set()
    sampler.join()
    return _timed(name, time.perf_counter() - began_s, done, totals, memory)


def _timed(
    name: str, wall_s: float, done: list[tuple[float, float]], totals: Totals, memory: list[tuple[float, float]]
) -> Timed:
    filmed_s, at_s = np.array(done).T
    slope, start_s = np.polyfit(filmed_s, at_s, 1)
    spent_s = {kind: getattr(totals, kind + "_s") for kind in ("decode", "detect", "classify")}
    busy_s = sum(spent_s.values())
    shares = {kind: value / busy_s for kind, value in spent_s.items()}
    return Timed(name, wall_s, float(start_s), float(1 / slope), shares, totals.filmed_s / busy_s, memory)


def three_ways(videos: list[str], request: Request) -> list[Timed]:
    """One process, two, and two workers of Ray, one after the other."""
    recogniser = Bundle.open(request.bundle).recogniser
    ways: list[tuple[str, Looks]] = [
        ("1 process", functools.partial(processes.looks, request=request, workers=1)),
        ("2 processes", functools.partial(processes.looks, request=request, workers=2)),
        ("Ray, 2 workers", functools.partial(ray_cluster.looks, request=request, workers=2, address=ray_cluster.LOCAL)),
    ]
    return [timed(name, videos, looks, recogniser) for name, looks in ways]


def verdicts(ways: list[Timed], filmed_s: float) -> list[Verdict]:
    """Of `three_ways`."""
    one, two, ray = ways
    return [
        Verdict("x real time on two CPUs, starting included", filmed_s / two.wall_s, 60.0),
        Verdict("2 processes against 1", two.rate / one.rate, 1.8),
        Verdict("2 workers of Ray against 1 process", ray.rate / one.rate, 1.8),
        Verdict("what Ray costs beside 2 processes, without starting", two.rate / ray.rate - 1, 0.05, False),
    ]


def grown_mib(memory: list[tuple[float, float]]) -> float:
    """The median of the last tenth, less that of the tenth after the first third."""
    held = [mib for _, mib in memory]
    if len(held) < 20:
        raise UsageError(f"memory was looked at {len(held)} times: expected 20 or more, take more hours")
    tenth, third = len(held) // 10, len(held) // 3
    return float(np.median(held[-tenth:]) - np.median(held[third : third + tenth]))


def largest_below_mib(pid: int) -> float:
    """Resident memory of the largest of the processes below `pid`, all generations; 0 where there are none."""
    return max((max(rss_mib(child), largest_below_mib(child)) for child in children_of(pid)), default=0.0)


def rss_mib(pid: int) -> float:
    """Resident; 0 of a process that has ended."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2.0**20
    except OSError:
        return 0.0


def children_of(pid: int) -> list[int]:
    """Direct ones; none where it has ended."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(one) for one in file.read().split()]
    except OSError:
        pass
    return found
