"""What several cameras cost each other: python -m benchmarks.cameras

Each count of cameras runs as often as --repeats says, in turn with one camera flat out; one thread for the networks.
simulated: stage 1 and stage 2 that sleep, as an accelerator does, and cameras that deliver on time. cpu: the shipped
networks of the drawn products on one thread, a frame of the demo before each camera. See benchmarks/several_cameras for
what each part measures.
"""

import argparse
import contextlib
import sys
import time
from typing import Any, Dict, Iterator, List, Optional

import cv2

from benchmarks.machine import machine
from benchmarks.several_cameras.faults import faults
from benchmarks.several_cameras.leaving import left_behind
from benchmarks.several_cameras.memory import memory
from benchmarks.several_cameras.networks import CPU, SIMULATED, Networks
from benchmarks.several_cameras.shares import shares
from runtime.command_line.command import exit_status_of
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.shipped import DRAWN

PARTS = (SIMULATED, CPU, "faults", "memory", "left")


def verdicts(content: Any, path: str = "") -> Iterator[str]:
    """One line for each thing that was to hold."""
    if isinstance(content, dict):
        holds = content.get("holds")
        for name, is_so in holds.items() if isinstance(holds, dict) else [("", holds)] if holds is not None else []:
            values = ", ".join("{} {}".format(key, value) for key, value in content.items() if key != "holds")
            yield "{} {}: {}".format("holds" if is_so else "FAILS", (path + " " + name).strip(), values)
        for name, inner in content.items():
            if name != "holds":
                yield from verdicts(inner, (path + " " + name).strip())


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 0 all holds, 1 something does not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cameras", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated (default: all)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each run (default: 6)")
    parser.add_argument("--repeats", type=int, default=3, help="of each run (default: 3)")
    parser.add_argument("--report", metavar="FILE", default=STANDARD_OUTPUT, help="- = standard output")
    return exit_status_of(lambda: _run(parser.parse_args(arguments)))


def _run(own: argparse.Namespace) -> int:
    cv2.setNumThreads(1)  # as runtime.assembly does
    began_s = time.monotonic()
    content: Dict[str, Any] = {"machine": machine(), "seconds": own.seconds, "repeats": own.repeats}
    for part in own.only or PARTS:
        content[part] = _part(part, own)
        for line in verdicts(content[part], part):
            print(line, file=sys.stderr, flush=True)
    content["took_s"] = round(time.monotonic() - began_s, 1)
    write_report(own.report, content)
    return 1 if any(line.startswith("FAILS") for line in verdicts(content)) else 0


def _part(part: str, own: argparse.Namespace) -> Dict[str, Any]:
    if part == "memory":
        return memory(2 * own.seconds)
    if part == "left":
        return left_behind(DRAWN)
    with contextlib.ExitStack() as stack:
        networks = Networks(CPU if part == CPU else SIMULATED, stack)
        if part == "faults":
            return faults(networks, own.seconds, own.repeats)
        return dict(shares(networks, own.seconds, own.repeats), in_batches=networks.in_batches)


if __name__ == "__main__":
    sys.exit(main())
