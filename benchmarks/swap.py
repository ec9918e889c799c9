"""What a change of the catalogue costs the frames around it: python -m benchmarks.swap

The demo runs as the program does, with many products taught beside its bundle, and once in a while one of them gets
another name, as another program or the page would do it: what is known is read, put together and swapped between two
frames. The time of a frame is its latency, from capture to its presentation. Those from half a second before the swap,
while the new gallery is made on another thread, to a tenth after it are held against all others. Beforehand, what
taking a change up costs is measured apart from the loop, in CPU time of its thread: that holds on a busy machine, too.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from statistics import median
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from benchmarks.machine import machine
from runtime.assembly import assemble
from runtime.bundle import Bundle
from runtime.catalogue.embedder import network_of
from runtime.catalogue.knowledge import Knowledge
from runtime.catalogue.store import Catalogue, NewView
from runtime.command_line.command import exit_status_of
from runtime.figures.figures import Figures
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.frame import Observation
from runtime.settings import Settings
from runtime.sinks.sink import Sink

BEFORE_S, AFTER_S = 0.5, 0.1
WARM_UP_S = 3.0
CHANGES = 20
"""Taken up one after the other for their CPU time."""
MOST_LATER, MOST_MS = 1.2, 2.0
"""What is wanted: of the other frames' time, and of CPU a change."""


class Shown(NamedTuple):
    """One frame."""

    captured_s: float
    latency_ms: float
    products: Optional[object]
    """What its names were looked up in: another object after a swap."""


class TimingSink(Sink):
    """Notes each new frame's latency."""

    name = "timing"
    wants_panel = False

    def __init__(self) -> None:
        self.shown: List[Shown] = []

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        """Keeps no picture."""
        if observation.frame.id is not None:
            captured_s = observation.frame.captured_s
            latency_ms = (time.monotonic() - captured_s) * 1e3
            self.shown.append(Shown(captured_s, latency_ms, observation.words.products))
        return True


def fill(path: str, bundle: Bundle, products: int, views: int) -> int:
    """A catalogue of made-up products; the number of one of them."""
    chance = np.random.RandomState(1)
    catalogue = Catalogue(path)
    number = 0
    for product in range(products):
        rows = chance.normal(size=(views, bundle.gallery.prototypes.shape[1])).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        made = [NewView(b"made up", row) for row in rows]
        number = catalogue.teach("product {}".format(product), made, network_of(bundle), "a benchmark")
    catalogue.close()
    return number


def change_ms(path: str, bundle: Bundle, renamed: int) -> float:
    """Median CPU time of one thread that takes up another name of the product of the number `renamed`."""
    knowledge, other = Knowledge(Catalogue(path), bundle), Catalogue(path)
    took_ms = []
    for turn in range(CHANGES):
        other.rename(renamed, "try {}".format(turn))
        began_s = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        knowledge.look_around()
        took_ms.append(1e3 * (time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID) - began_s))
    other.close()
    knowledge.close()
    return median(took_ms)


def run(settings: Settings, renamed: int, every_s: float) -> List[Shown]:
    """All frames of one run in which the product of the number `renamed` gets another name every so often."""
    stop, sink = threading.Event(), TimingSink()

    def rename() -> None:
        catalogue = Catalogue(str(settings.catalogue))
        turn = 0
        while not stop.wait(every_s):
            turn += 1
            catalogue.rename(renamed, "name {}".format(turn))
        catalogue.close()

    with assemble(settings, stop, sinks=[sink]) as assembly:
        threading.Thread(target=rename, daemon=True).start()
        for _ in assembly.loop.steps():
            pass
        stop.set()
    return sink.shown


def around_swaps(shown: List[Shown]) -> Tuple[List[float], List[float], int]:
    """Latencies in ms of frames near a swap, and of the others; and how many swaps there were."""
    first_s = shown[0].captured_s + WARM_UP_S
    swaps = [after.captured_s for before, after in zip(shown, shown[1:]) if before.products is not after.products]
    near: List[float] = []
    far: List[float] = []
    for one in shown:
        if one.captured_s >= first_s:
            is_near = any(swap_s - BEFORE_S <= one.captured_s <= swap_s + AFTER_S for swap_s in swaps)
            (near if is_near else far).append(one.latency_ms)
    return near, far, sum(swap_s >= first_s for swap_s in swaps)


def _share(values: List[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _swap(values: argparse.Namespace) -> None:
    bundle = Bundle.open("demo")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "catalogue.sqlite")
        renamed = fill(path, bundle, values.products, values.views)
        cpu_ms = change_ms(path, bundle, renamed)
        settings = Settings(
            source="demo://?products=8", bundle="demo", catalogue=path, fps=values.fps, seconds=values.seconds
        )
        near, far, swaps = around_swaps(run(settings, renamed, values.every))
    row: Dict[str, Any] = {
        "taught": values.products,
        "swaps": swaps,
        "frames_near": len(near),
        "frames_others": len(far),
        "p50_ms": {"near": round(median(near), 2), "others": round(median(far), 2)},
        "p95_ms": {"near": round(_share(near, 0.95), 2), "others": round(_share(far, 0.95), 2)},
        "max_ms": {"near": round(max(near), 2), "others": round(max(far), 2)},
        "p95_ratio": round(_share(near, 0.95) / _share(far, 0.95), 3),
        "max_ratio": round(max(near) / max(far), 3),
        "change_cpu_ms": round(cpu_ms, 2),
    }
    print(" ".join("{} {}".format(*item) for item in row.items()), file=sys.stderr)
    print(verdict(row["p95_ratio"], row["max_ratio"], cpu_ms), file=sys.stderr)
    write_report(values.json, dict(machine(), settings=vars(values), rows=[row]))


def verdict(p95_ratio: float, max_ratio: float, cpu_ms: float) -> str:
    """One line: what a change costs, and whether that is within bounds."""

    def held(value: float, most: float) -> str:
        return "{:.2f} ({} {:g})".format(value, "within" if value <= most else "BEYOND", most)

    line = "near a swap p95 is {} of the others', the longest frame {} of theirs; ms of CPU a change: {}"
    return line.format(held(p95_ratio, MOST_LATER), held(max_ratio, MOST_LATER), held(cpu_ms, MOST_MS))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swap", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--products", type=int, default=1000, metavar="N", help="taught beside the bundle (1000)")
    parser.add_argument("--views", type=int, default=9, metavar="N", help="of each: one prototype more (9)")
    parser.add_argument("--every", type=float, default=3.0, metavar="S", help="between two changes (3)")
    parser.add_argument("--seconds", type=float, default=120.0, metavar="S", help="of the run (120)")
    parser.add_argument("--fps", type=float, default=30.0, metavar="F", help="nominal (30)")
    parser.add_argument("--json", default=STANDARD_OUTPUT, metavar="FILE", help="where to (default: standard output)")
    values = parser.parse_args(arguments)
    return exit_status_of(lambda: _swap(values), target=values.json)


if __name__ == "__main__":
    sys.exit(main())
