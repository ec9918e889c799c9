"""What a history costs the loop: python -m benchmarks.history

The demo with and without `--sink x.sqlite`, in turns, each a process of its own: true FPS and p95 of latency. Then what
the loop itself pays a frame, on made-up observations of 8 objects: looking at them, and with the crop and the embedding
of each cut anew at every tenth look, as where stage 2 is ever surer.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Any, Dict, List, Optional

import numpy as np

from benchmarks.machine import machine
from runtime.command_line.command import exit_status_of
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.sinks.remembering import RememberingSink

SOURCE = "demo://?products=8"
OBJECTS = 8
MOST_FPS_PERCENT, MOST_P95_MS = 0.5, 1.0
"""What a history may cost."""


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
    medians = [median(column) for column in zip(*rows)]
    print("| median | {:.2f}, {:.2f} | {:.1f}, {:.1f} |".format(*medians))
    print("\n" + verdict(*medians))


def verdict(fps_without: float, fps_with: float, p95_without_ms: float, p95_with_ms: float) -> str:
    """One line: what it costs, and whether that is within bounds."""
    lost_percent, later_ms = 100 * (1 - fps_with / fps_without), p95_with_ms - p95_without_ms
    return "true FPS {:+.2f} % ({} {:g} %), latency p95 {:+.2f} ms ({} {:g} ms)".format(
        -lost_percent,
        "within" if lost_percent <= MOST_FPS_PERCENT else "BEYOND",
        MOST_FPS_PERCENT,
        later_ms,
        "within" if later_ms <= MOST_P95_MS else "BEYOND",
        MOST_P95_MS,
    )


def handed_over(frames: int, improves_every: int) -> List[float]:
    """What each call costs the loop, in ms: objects in 640x480, surer every so many frames (0: never)."""
    picture = np.random.RandomState(1).randint(0, 255, (480, 640, 3), np.uint8)
    boxes = np.array([[70.0 * n, 100.0, 70.0 * n + 90, 260.0] for n in range(OBJECTS)], np.float32)
    detections = Detections(boxes, np.ones(OBJECTS, np.float32), np.zeros(OBJECTS, np.int32))
    embeddings = list(np.random.RandomState(2).rand(OBJECTS, 128).astype(np.float32))
    words = Words(["jar"], ["tea"])
    costs_ms = []
    with tempfile.TemporaryDirectory() as folder, RememberingSink(os.path.join(folder, "h.sqlite"), "made up") as sink:
        for number in range(frames):
            step = number // improves_every if improves_every else 0
            similarities = np.full(OBJECTS, step / frames, np.float32)
            names = Names(np.zeros(OBJECTS, np.int32), similarities, 0, OBJECTS, embeddings)
            frame = Frame(picture, number, number / 30)
            observation = Observation(frame, detections, np.arange(OBJECTS), names, words)
            began_s = time.perf_counter()
            sink.see(observation)
            costs_ms.append((time.perf_counter() - began_s) * 1e3)
    return costs_ms


def compare_handing_over(frames: int) -> None:
    """Print a row for no crops but the first, and one for crops at every tenth frame."""
    print("\n| crops | a frame, median ms | p95 ms | mean ms |\n|---|---|---|---|")
    for label, every in (("the first alone", 0), ("all 8 at every tenth frame", 10)):
        costs_ms = sorted(handed_over(frames, every))
        values = median(costs_ms), costs_ms[int(0.95 * len(costs_ms))], sum(costs_ms) / len(costs_ms)
        print("| {} | {:.3f} | {:.3f} | {:.3f} |".format(label, *values), flush=True)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description="What a history costs.")
    parser.add_argument(
        "--pairs", type=int, default=5, metavar="N", help="of runs (5); 0: only what handing over costs"
    )
    parser.add_argument("--frames", type=int, default=600, metavar="N", help="a run (600)")
    parser.add_argument("--fps", type=float, default=30.0, metavar="F", help="nominal (30)")
    values = parser.parse_args(arguments)

    def run() -> None:
        if values.pairs:
            compare(values.pairs, values.frames, values.fps)
        compare_handing_over(values.frames)

    return exit_status_of(run)


if __name__ == "__main__":
    print(json.dumps(machine()))
    sys.exit(main())
