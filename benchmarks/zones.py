"""What zones, lines and a shelf cost the loop: python -m benchmarks.zones

The loop of the program at 160 on the demo with 8 objects, drawn beforehand and played from memory as fast as it goes,
forwards and backwards, so that tracks go on. In one process and one run it presents the same frames again and again,
one time without and one time with 4 zones, 4 lines and a shelf of 40 slots, in the order without, with, with, without.
Each two neighbours are a pair: the ratio of their true FPS is the cost, and all pairs say how sure it is.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from statistics import median
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from benchmarks.machine import machine
from benchmarks.stand_ins.replay import ReplaySource
from runtime.assembly import assemble
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.counting.in_view import InViewOverlay
from runtime.errors import UsageError
from runtime.figures.figures import Figures
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Observation
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.picture.compose import Composer
from runtime.picture.overlay import Overlay
from runtime.scene.products import PRODUCTS
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.sinks.null import NullSink

RES = (640, 480)
SCENE_FPS = 30.0
MOST_PERCENT = 1.0
"""Of the true FPS that all of it may cost."""
FLAGS = ("--bundle", "demo", "--size", "160", "--fps", "0", "--sink", "none", "--catalogue", "none")
TURNS = (False, True, True, False)
"""With it or without: what drifts evenly over four blocks costs both the same."""
LEAST_PAIRS = 6


class Block(NamedTuple):
    """All frames once."""

    with_it: bool
    seconds: float
    presenting_s: float
    """CPU time of the thread that presents."""
    process_s: float
    """CPU time of all threads."""


class InTurn(Presenter):
    """Presents block after block without the overlays and with them; belongs to one thread."""

    def __init__(self, without: Presenter, with_it: Presenter, frames: int) -> None:
        """`frames`: of a block."""
        self._both = (without, with_it)
        self._frames = frames
        self._presented = 0
        self._began: Tuple[float, float, float] = (0.0, 0.0, 0.0)
        self.blocks: List[Block] = []

    def present(self, observation: Observation, figures: Figures, watch: Stopwatch) -> bool:
        number, place = divmod(self._presented, self._frames)
        if place == 0:
            self._begin(number)
        self._presented += 1
        return self._both[_has_it(number)].present(observation, figures, watch)

    def told(self, figures: Figures) -> Figures:
        return self._both[_has_it(self._presented // self._frames)].told(figures)

    def repeat(self, observation: Observation, figures: Figures, watch: Stopwatch) -> bool:
        return True

    def end(self) -> None:
        pass

    def _begin(self, number: int) -> None:
        now = time.perf_counter(), time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID), time.process_time()
        if number:
            self.blocks.append(Block(_has_it(number - 1), *[end - begin for end, begin in zip(now, self._began)]))
        self._began = now


def _has_it(block: int) -> bool:
    return TURNS[block % len(TURNS)]


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


def drawn(count: int) -> List[np.ndarray]:
    """As many pictures of the demo with 8 objects, (H, W, 3) uint8 each, and the same ones back to the first."""
    scene = Scene(SceneSettings(products=8), RES)
    images = [scene.render(number / SCENE_FPS).image for number in range(count)]
    return images + images[::-1]


def play(images: Sequence[np.ndarray], seconds: float, control: bool) -> List[Block]:
    """For so long. `control`: without in either turn."""
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        flags = write_plans(stack.enter_context(tempfile.TemporaryDirectory()))
        source = ReplaySource(images, 0.0)
        settings = settings_from_arguments(list(FLAGS) + flags)
        assembly = stack.enter_context(assemble(settings, stop, source, [NullSink()]))
        camera = assembly.cameras[0]

        def presenter(overlays: Sequence[Overlay]) -> Presenter:
            composer = Composer(camera.recogniser.detector.classes, camera.recogniser.products)
            return Presenter(composer, camera.sinks, overlays=overlays)

        without = [overlay for overlay in camera.overlays if isinstance(overlay, InViewOverlay)]
        in_turn = InTurn(presenter(without), presenter(without if control else camera.overlays), len(images))
        member = Member(source, camera.recogniser, in_turn, 0.0)
        OverlappedLoop(LoopParts([member], stop, Limits(seconds=seconds), 1e9)).run()
    return in_turn.blocks


def ratios_of(blocks: Sequence[Block]) -> List[float]:
    """True FPS with it over without, a pair each; the first four blocks, in which all gets warm, are left out."""
    pairs = zip(blocks[len(TURNS) :: 2], blocks[len(TURNS) + 1 :: 2])
    ordered = [(one, other) if other.with_it else (other, one) for one, other in pairs]
    return [without.seconds / with_it.seconds for without, with_it in ordered]


def interval_of(values: Sequence[float]) -> Tuple[float, float]:
    """In which the median is by 95 %, whatever the distribution: by the ranks of the values."""
    ordered, n = sorted(values), len(values)
    below = max(0, int((n - 1.96 * n**0.5) / 2))
    return ordered[below], ordered[n - 1 - below]


def verdict(ratios: Sequence[float]) -> str:
    """One line on pairs of true FPS, with over without."""
    costs = [100 * (1 - ratio) for ratio in ratios]
    low, high = interval_of(costs)
    holds = "less than" if high < MOST_PERCENT else "NOT less than" if low >= MOST_PERCENT else "cannot be told from"
    return "costs {:.2f} % of the true FPS (median of {} pairs; by 95 % {:.2f} to {:.2f}): {} {:g} %".format(
        median(costs), len(costs), low, high, holds, MOST_PERCENT
    )


def report(blocks: Sequence[Block], frames: int, control: bool) -> None:
    """Print a row for each turn, and the verdict. `frames`: of a block."""
    ratios = ratios_of(blocks)
    if len(ratios) < LEAST_PAIRS:
        raise UsageError("{} pairs are too few to tell: --seconds more".format(len(ratios)))
    print("| medians of blocks of {} frames | true FPS | CPU ms a frame, presenting | all |".format(frames))
    print("|---|---|---|---|")
    for with_it in (False, True):
        own = [block for block in blocks[len(TURNS) :] if block.with_it == with_it]
        fps = median(frames / block.seconds for block in own)
        cpu_ms = [1e3 * median(column) / frames for column in list(zip(*own))[2:]]
        name = "without" if control or not with_it else "with"
        print("| {} | {:.2f} | {:.3f} | {:.3f} |".format(name, fps, *cpu_ms))
    print("pairs, %: " + " ".join("{:.1f}".format(100 * (1 - ratio)) for ratio in ratios))
    print(verdict(ratios))


def measure(own: argparse.Namespace) -> None:
    """Draw, play, report."""
    print(json.dumps(machine()))
    images = drawn(own.frames)
    report(play(images, own.seconds, own.control), len(images), own.control)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.zones", description="What counting and a shelf cost.")
    parser.add_argument("--seconds", type=float, default=200.0, metavar="S", help="that are measured (200)")
    parser.add_argument("--frames", type=int, default=60, metavar="N", help="that are drawn; a block has twice as many")
    parser.add_argument("--control", action="store_true", help="without in either turn: what the machine does alone")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: measure(own))


if __name__ == "__main__":
    sys.exit(main())
