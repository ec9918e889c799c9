"""From launch to the first presented frame: python -m benchmarks.startup [--runs 9] [flags of runtime.camera]

Each run is a fresh process of the camera program itself; it stamps the first frame that has been handed to every sink
against the moment of its launch (one monotonic clock for all processes of a machine), and ends. Files are warm in the
system's cache, as at every start but the first. --imports says which packages take the time to load.
"""

import argparse
import collections
import json
import os
import re
import statistics
import subprocess
import sys
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from benchmarks.machine import machine
from benchmarks.sweep.child import ROOT
from runtime.command_line.command import exit_status_of
from runtime.errors import ShelfsightError
from runtime.figures.report import STANDARD_OUTPUT, write_report

TARGET_S = 2.0
LIMIT_S = 120.0
PHASES = ("interpreter", "opencv", "program", "models, source and sinks", "first frame")
"""What lies between two stamps, in order."""
DEFAULT_FLAGS = ("--source", "demo://", "--res", "640x480", "--size", "160", "--sink", "none")

_INSIDE = """
import sys, time
stamps = [time.monotonic()]
import cv2
stamps.append(time.monotonic())
import runtime.camera, runtime.cameras, runtime.loop.presenter
stamps.append(time.monotonic())
make, present = runtime.cameras.Presenter, runtime.loop.presenter.Presenter.present
def stamped(self, *arguments):
    go_on = present(self, *arguments)
    if len(stamps) == 4:
        stamps.append(time.monotonic())
        print("stamps", time.process_time(), *stamps, flush=True)
    return go_on
def opened(*arguments):
    stamps.append(time.monotonic())
    return make(*arguments)
runtime.loop.presenter.Presenter.present = stamped
runtime.cameras.Presenter = opened
sys.exit(runtime.camera.main(sys.argv[1:]))
"""
"""The camera program, with two of its moments noted down: all parts open, and the first frame handed out."""


class Start(NamedTuple):
    """One start of the program."""

    phases_s: List[float]
    """Seconds of each of PHASES."""
    processor_s: float
    """Processor time of all its threads until the first frame: what a busy machine does not change."""


def run_once(flags: Sequence[str]) -> Start:
    """Start the camera program with these flags, until its first frame."""
    command = [sys.executable, "-c", _INSIDE] + list(flags) + ["--frames", "1"]
    launched_s = time.monotonic()
    text = _output(command)
    match = re.search(r"^stamps (.+)$", text, re.MULTILINE)
    if match is None:
        raise ShelfsightError("the camera program presented no frame: {}".format(_last_line(text)))
    processor_s, *inside_s = [float(part) for part in match.group(1).split()]
    stamps_s = [launched_s] + inside_s
    return Start([after - before for before, after in zip(stamps_s, stamps_s[1:])], processor_s)


def _output(command: Sequence[str]) -> str:
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        env=environment,
        timeout=LIMIT_S,
    )
    if done.returncode:
        raise ShelfsightError(
            "the camera program ended with status {}: {}".format(done.returncode, _last_line(done.stdout))
        )
    return done.stdout


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def imports_ms(flags: Sequence[str], shown: int = 8) -> Dict[str, float]:
    """Milliseconds that each package takes to load, its own modules only, the slowest first. Python 3.7 and newer."""
    command = [sys.executable, "-X", "importtime", "-c", _INSIDE] + list(flags) + ["--frames", "1"]
    total_us: Dict[str, int] = collections.Counter()
    for own_us, module in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)$", _output(command), re.MULTILINE):
        total_us[module.split(".")[0]] += int(own_us)
    slowest = sorted(total_us.items(), key=lambda pair: -pair[1])[:shown]
    return {package: round(us / 1e3, 1) for package, us in slowest}


def measure(flags: Sequence[str], runs: int) -> Dict[str, Any]:
    """Medians over `runs` starts, after one that is not counted."""
    run_once(flags)
    starts = [run_once(flags) for _ in range(runs)]
    totals_s = [sum(start.phases_s) for start in starts]
    by_phase = zip(PHASES, zip(*[start.phases_s for start in starts]))
    return {
        "flags": list(flags),
        "runs": runs,
        "first_frame_s": round(statistics.median(totals_s), 3),
        "first_frame_range_s": [round(min(totals_s), 3), round(max(totals_s), 3)],
        "phases_s": {name: round(statistics.median(each), 3) for name, each in by_phase},
        "processor_s": round(statistics.median(start.processor_s for start in starts), 3),
        "target_s": TARGET_S,
        "is_met": statistics.median(totals_s) <= TARGET_S,
    }


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.startup",
        description="Seconds from launch to the first presented frame. Takes the flags of runtime.camera too "
        "(default: {}).".format(" ".join(DEFAULT_FLAGS)),
        allow_abbrev=False,
    )
    parser.add_argument("--runs", type=int, default=9, metavar="N", help="starts that count (default: 9)")
    parser.add_argument("--imports", action="store_true", help="also where the time of loading goes, by package")
    parser.add_argument("--json", metavar="FILE", default=STANDARD_OUTPUT, help="where to (default: standard output)")
    own, rest = parser.parse_known_args(arguments)
    return exit_status_of(lambda: _startup(own, rest or list(DEFAULT_FLAGS)), target=own.json)


def _startup(own: argparse.Namespace, flags: List[str]) -> None:
    if own.runs < 1:
        raise ShelfsightError("--runs {}: expected 1 or more".format(own.runs))
    result = dict(
        machine(), command="python -m benchmarks.startup " + " ".join(sys.argv[1:]), **measure(flags, own.runs)
    )
    if own.imports:
        result["imports_ms"] = imports_ms(flags) if sys.version_info >= (3, 7) else "needs Python 3.7"
    write_report(own.json, result)
    if own.json != STANDARD_OUTPUT:
        print(json.dumps({key: result[key] for key in ("first_frame_s", "first_frame_range_s", "phases_s", "is_met")}))


if __name__ == "__main__":
    sys.exit(main())
