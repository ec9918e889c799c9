"""What a history costs the loop: python -m benchmarks.history

The demo with and without `--sink x.sqlite`, in turns, each a process of its own: true FPS and p95 of latency.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from statistics import median
from typing import Any, Dict, List, Optional

from benchmarks.machine import machine
from runtime.command_line.command import exit_status_of

SOURCE = "demo://?products=8"


def measured(folder: str, frames: int, fps: float, sinks: List[str]) -> Dict[str, Any]:
    """The report of one run."""
    report = os.path.join(folder, "report.json")
    flags = ["--source", SOURCE, "--bundle", "demo", "--fps", str(fps), "--frames", str(frames), "--report", report]
    command = [sys.executable, "-m", "runtime.camera"] + flags
    for sink in ["none"] + sinks:
        command += ["--sink", sink]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def compare(pairs: int, frames: int, fps: float) -> None:
    """Print a row a pair, and the medians."""
    print("| pair | true FPS without, with | latency p95 ms without, with |\n|---|---|---|")
    rows = []
    for number in range(pairs):
        with tempfile.TemporaryDirectory() as folder:
            turns = [[], [os.path.join(folder, "history.sqlite")]]
            found = [measured(folder, frames, fps, sinks) for sinks in (turns if number % 2 == 0 else turns[::-1])]
        without, with_it = found if number % 2 == 0 else found[::-1]
        pair = (without, with_it)
        row = [each["true_fps"] for each in pair] + [each["latency_ms"]["p95"] for each in pair]
        rows.append(row)
        print("| {} | {:.2f}, {:.2f} | {:.1f}, {:.1f} |".format(number + 1, *row), flush=True)
    print("| median | {:.2f}, {:.2f} | {:.1f}, {:.1f} |".format(*[median(column) for column in zip(*rows)]))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description="What a history costs.")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="of runs (5)")
    parser.add_argument("--frames", type=int, default=600, metavar="N", help="a run (600)")
    parser.add_argument("--fps", type=float, default=30.0, metavar="F", help="nominal (30)")
    values = parser.parse_args(arguments)
    return exit_status_of(lambda: compare(values.pairs, values.frames, values.fps))


if __name__ == "__main__":
    print(json.dumps(machine()))
    sys.exit(main())
