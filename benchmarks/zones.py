"""What zones, lines and a shelf cost the loop: python -m benchmarks.zones

The demo with 8 objects at 160, with and without 4 zones, 4 lines and a shelf of 40 slots, in turns, each a process of
its own and as fast as it goes: true FPS. And alone, frame by frame: what seeing and drawing take of the thread that
presents.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import mean, median
from typing import Any, Dict, List, Optional

import numpy as np

from benchmarks.machine import machine
from runtime.command_line.command import exit_status_of
from runtime.counting.overlay import CountingOverlay
from runtime.counting.plan_file import read_plan
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.picture.layer import Layer
from runtime.picture.overlay import Overlay
from runtime.scene.products import PRODUCTS, SHAPES
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.shelf.desk import ShelfDesk
from runtime.shelf.layout_file import read_layout
from runtime.shelf.overlay import ShelfOverlay

RES = (640, 480)
MOST_PERCENT = 1.0
"""Of the true FPS that all of it may cost."""
SOURCE = "demo://?products=8&fps=240"


def write_plans(folder: str) -> List[str]:
    """The flags for what is written to `folder`."""
    corners = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4)]
    shifts = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)]
    zones = [
        {"name": "zone {}".format(number), "polygon": [[x + dx, y + dy] for x, y in corners]}
        for number, (dx, dy) in enumerate(shifts)
    ]
    lines = [
        {"name": "line {}".format(number), "from": [0.2 * number + 0.2, 0.0], "to": [0.2 * number + 0.2, 1.0]}
        for number in range(4)
    ]
    slots = []
    for number in range(40):
        row, place = divmod(number, 10)
        box = [0.1 * place, 0.24 * row, 0.1 * place + 0.09, 0.24 * row + 0.2]
        slots.append({"name": str(number), "product": PRODUCTS[number % 30].name, "box": box, "facings": 2})
    for name, content in (("zones.json", {"zones": zones, "lines": lines}), ("shelf.json", {"slots": slots})):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    return ["--zones", os.path.join(folder, "zones.json"), "--shelf", os.path.join(folder, "shelf.json")]


def measured(folder: str, frames: int, flags: List[str]) -> Dict[str, Any]:
    """The report of one run."""
    report = os.path.join(folder, "report.json")
    command = [sys.executable, "-m", "runtime.camera", "--source", SOURCE, "--bundle", "demo", "--size", "160"]
    command += ["--fps", "0", "--frames", str(frames), "--sink", "none", "--report", report]
    subprocess.run(command + flags, check=True, stderr=subprocess.DEVNULL)
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def alone(folder: str, frames: int) -> None:
    """Print the mean time that the overlays take, with the truth for detections."""
    write_plans(folder)
    shelf = read_layout(os.path.join(folder, "shelf.json"))
    overlays: List[Overlay] = [
        CountingOverlay(read_plan(os.path.join(folder, "zones.json"))),
        ShelfOverlay(shelf, ShelfDesk(os.path.join(folder, "shelf.json"))),
    ]
    layer = Layer(overlays)
    scene, words = Scene(SceneSettings(products=8), RES), Words(SHAPES, [product.name for product in PRODUCTS])
    took_ms: Dict[str, List[float]] = {"see": [], "draw": []}
    for number in range(frames):
        image, truth = scene.render(number / 30.0)
        k = len(truth.shapes)
        found = Detections(truth.boxes_px, np.ones(k, np.float32), truth.shapes)
        names = Names(truth.products, np.ones(k, np.float32), 0, k)
        frame = Frame(image, number, number / 30.0)
        observation = Observation(frame, found, truth.track_ids, names, words)
        started_s = time.perf_counter()
        for overlay in overlays:
            overlay.see(observation)
        seen_s = time.perf_counter()
        layer.put_on(image)
        took_ms["see"].append(1e3 * (seen_s - started_s))
        took_ms["draw"].append(1e3 * (time.perf_counter() - seen_s))
    for name, values in took_ms.items():
        print("{}: mean {:.3f} ms, median {:.3f} ms a frame at 30 fps".format(name, mean(values), median(values)))


def compare(pairs: int, frames: int) -> None:
    """Print a row a pair, and the medians."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        alone(folder, 600)
        turns = [[], write_plans(folder)]
        print("| pair | true FPS without, with | compose ms without, with |\n|---|---|---|")
        for number in range(pairs):
            found = [measured(folder, frames, flags) for flags in (turns if number % 2 == 0 else turns[::-1])]
            pair = found if number % 2 == 0 else found[::-1]
            row = [one["true_fps"] for one in pair] + [one["stages_ms"]["compose"] for one in pair]
            rows.append(row)
            print("| {} | {:.2f}, {:.2f} | {:.2f}, {:.2f} |".format(number + 1, *row), flush=True)
    if not rows:
        return
    print("| median | {:.2f}, {:.2f} | {:.2f}, {:.2f} |".format(*[median(column) for column in zip(*rows)]))
    print(verdict([row[1] / row[0] for row in rows]))


def verdict(ratios: List[float]) -> str:
    """One line on pairs of true FPS, with over without."""
    costs = sorted(100 * (1 - ratio) for ratio in ratios)
    cost = median(costs)
    return "costs {:.2f} % of the true FPS (median of {} pairs, {:.2f} to {:.2f}): {} {:g} %".format(
        cost, len(costs), costs[0], costs[-1], "less than" if cost < MOST_PERCENT else "NOT less than", MOST_PERCENT
    )


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.zones", description="What counting and a shelf cost.")
    parser.add_argument("--pairs", type=int, default=7, metavar="N", help="of runs (7)")
    parser.add_argument("--frames", type=int, default=1000, metavar="N", help="a run (1000)")
    values = parser.parse_args(arguments)
    return exit_status_of(lambda: compare(values.pairs, values.frames))


if __name__ == "__main__":
    print(json.dumps(machine()))
    sys.exit(main())
