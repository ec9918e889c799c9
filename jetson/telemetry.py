"""The board, looked at once a second by a thread of its own; try it: python -m jetson.telemetry"""

import argparse
import json
import sys
import threading
import time
from typing import Any, Dict, List, Optional

from jetson.board.sensors import Cpu, Gpu, Rails, Temperatures, memory_mib
from jetson.board.sysfs import Tree
from jetson.board.throttling import Throttling
from runtime.command_line.command import exit_status_of
from runtime.figures.board import NOT_AVAILABLE, Board, BoardReading, Named, board_line

PERIOD_S = 1.0
JOIN_S = 2.0
SCALARS = ("gpu_load_percent", "gpu_clock_mhz", "cpu_load_percent", "cpu_clock_mhz", "memory_used_mib")
NAMED = ("temperatures_celsius", "rails_mw")


class Sensors:
    """All of a board's sensors, found once, read as often as asked. Needs no rights beyond a user's."""

    def __init__(self, root: str = "/") -> None:
        """`root`: a captured tree stands in for a board."""
        self._tree = Tree(root)
        self._temperatures = Temperatures(self._tree)
        self._rails = Rails(self._tree)
        self._gpu = Gpu(self._tree)
        self._cpu = Cpu(self._tree)
        self._throttling = Throttling(self._tree)

    def read(self) -> BoardReading:
        """A look at all of them."""
        temperatures, gpu, cpu = self._temperatures.read(), self._gpu.read(), self._cpu.read()
        used_mib, total_mib = memory_mib(self._tree)
        return BoardReading(
            temperatures,
            self._rails.read(),
            gpu.load_percent,
            gpu.clock_mhz,
            gpu.max_clock_mhz,
            cpu.load_percent,
            cpu.clock_mhz,
            cpu.max_clock_mhz,
            used_mib,
            total_mib,
            self._throttling.read(gpu, cpu, temperatures),
        )


class Range:
    """Lowest, mean and highest of what it is told."""

    def __init__(self) -> None:
        self._count, self._sum = 0, 0.0
        self._lowest, self._highest = float("inf"), float("-inf")

    def add(self, value: Optional[float]) -> None:
        if value is not None:
            self._count += 1
            self._sum += value
            self._lowest, self._highest = min(self._lowest, value), max(self._highest, value)

    def as_json(self) -> Any:
        """NOT_AVAILABLE where it was told nothing."""
        if not self._count:
            return NOT_AVAILABLE
        figures = {"min": self._lowest, "mean": self._sum / self._count, "max": self._highest}
        return {name: round(value, 2) for name, value in figures.items()}


class Summary:
    """Of a run's readings."""

    def __init__(self) -> None:
        self._scalars = {name: Range() for name in SCALARS}
        self._named: Dict[str, Dict[str, Range]] = {name: {} for name in NAMED}
        self._total = Range()
        self._readings = self._throttled = 0
        self._last_throttled = ""

    def add(self, reading: BoardReading) -> None:
        self._readings += 1
        for name, scalar in self._scalars.items():
            scalar.add(getattr(reading, name))
        for name, ranges in self._named.items():
            pairs: Named = getattr(reading, name)
            for sensor, value in pairs:
                ranges.setdefault(sensor, Range()).add(value)
        self._total.add(reading.total_mw)
        if reading.throttled:
            self._throttled += 1
            self._last_throttled = reading.throttled

    def as_json(self) -> Dict[str, Any]:
        """Each field with min, mean and max, or NOT_AVAILABLE; which share of the run was throttled, and why last."""
        found: Dict[str, Any] = {name: scalar.as_json() for name, scalar in self._scalars.items()}
        for name, ranges in self._named.items():
            found[name] = {sensor: value.as_json() for sensor, value in ranges.items()} or NOT_AVAILABLE
        found["total_mw"] = self._total.as_json()
        found["readings"] = self._readings
        found["throttled_share"] = round(self._throttled / self._readings, 3) if self._readings else 0.0
        found["throttled"] = self._last_throttled
        return found


class SysfsBoard(Board):
    """Reads from its constructor on, every PERIOD_S."""

    def __init__(self, root: str = "/", period_s: float = PERIOD_S) -> None:
        self._sensors = Sensors(root)
        self._period_s = period_s
        self._lock = threading.Lock()
        self._summary = Summary()
        self._latest: Optional[BoardReading] = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="board telemetry", daemon=True)
        self._thread.start()

    def latest(self) -> Optional[BoardReading]:
        return self._latest

    def summary(self) -> Dict[str, Any]:
        with self._lock:
            return self._summary.as_json()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(JOIN_S)

    def _watch(self) -> None:
        while not self._closed.is_set():
            reading = self._sensors.read()
            with self._lock:
                self._summary.add(reading)
            self._latest = reading
            self._closed.wait(self._period_s)


def _show(root: str, seconds: float) -> None:
    started_s, busy_s = time.monotonic(), time.process_time()
    with SysfsBoard(root) as board:
        for _ in range(max(1, round(seconds))):
            time.sleep(PERIOD_S)
            reading = board.latest()
            if reading is not None:
                throttled = ", throttled: " + reading.throttled if reading.throttled else ""
                print((board_line(reading) or NOT_AVAILABLE) + throttled, file=sys.stderr, flush=True)
        print(json.dumps(board.summary(), indent=2))
    share = (time.process_time() - busy_s) / (time.monotonic() - started_s)
    print("cost: {:.2f} % of one core".format(100 * share), file=sys.stderr)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command: a line a second, then the summary as JSON on standard output."""
    parser = argparse.ArgumentParser(prog="python -m jetson.telemetry", description="What the board says of itself.")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="how long (default: %(default)s)")
    parser.add_argument("--root", default="/", metavar="DIR", help="read a captured tree instead of this machine")
    values = parser.parse_args(arguments)
    return exit_status_of(lambda: _show(values.root, values.seconds))


if __name__ == "__main__":
    sys.exit(main())
