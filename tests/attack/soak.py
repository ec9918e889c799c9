"""A long run with everything on: memory, threads and handles are sampled, and must not grow."""

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from attack.program import Program
from attack.sockets import Viewer

EVERY_S = 2.0
RSS_MIB = 6.0
"""Between the means of the second and the last quarter: allocators breathe by some MiB."""


class Sample(NamedTuple):
    """Of the program and not of its children."""

    rss_mib: float
    threads: int
    handles: int


def sample(pid: int) -> Sample:
    """Now."""
    pages = int(Path("/proc/{}/statm".format(pid)).read_text().split()[1])
    threads = len(os.listdir("/proc/{}/task".format(pid)))
    return Sample(pages * resource.getpagesize() / 2**20, threads, len(os.listdir("/proc/{}/fd".format(pid))))


def attack(seconds: float, arguments: List[str]) -> Dict[str, Any]:
    """The demo, recorded in segments, with a viewer and data; growth between the second and the last quarter."""
    flags = [
        "--source",
        "demo://?products=8",
        "--sink",
        "web",
        "--port",
        "0",
        "--sink",
        "out.mp4",
        "--sink",
        "out.jsonl",
    ]
    flags += ["--segment", "10s", "--keep", "20MB", "--log-every", "5"]
    samples: List[Sample] = []
    with tempfile.TemporaryDirectory() as folder, Program(Path(folder), *flags, *arguments) as program:
        viewer = Viewer(program.port())
        program.wait_for(r"true \d+\.")
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s and program.popen.poll() is None:
            samples.append(sample(program.popen.pid))
            time.sleep(min(EVERY_S, seconds / 20))
        is_running = program.popen.poll() is None
        end_s = program.end() if is_running else float("nan")
        return {
            "seconds": seconds,
            "samples": len(samples),
            **grown(samples),
            "viewed MB": round(viewer.bytes / 1e6),
            "running": is_running,
            "exit status": program.popen.returncode,
            "end s": round(end_s, 2),
            "tracebacks": program.log.count("Traceback"),
            "last lines": program.log.splitlines()[-4:],
        }


def grown(samples: List[Sample]) -> Dict[str, float]:
    """Between the means of the second and the last quarter; and the last one's memory."""
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    return {
        "growth MiB": round(_mean(late, 0) - _mean(early, 0), 1),
        "growth threads": round(_mean(late, 1) - _mean(early, 1), 1),
        "growth handles": round(_mean(late, 2) - _mean(early, 2), 1),
        "rss MiB": round(_mean(late, 0)),
    }


def _mean(samples: List[Sample], column: int) -> float:
    return statistics.mean(each[column] for each in samples)


def is_right(found: Dict[str, Any]) -> bool:
    """Whether it ran to the end and nothing grew."""
    return (
        found["running"]
        and found["exit status"] == 0
        and not found["tracebacks"]
        and found["viewed MB"] > 0
        and found["growth MiB"] < RSS_MIB
        and abs(found["growth threads"]) < 2
        and abs(found["growth handles"]) < 6
        and found["end s"] < 5.0
    )
