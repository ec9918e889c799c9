"""What is wrong with this machine, and the command that mends it: python -m jetson.doctor

Exit status, by the worst: 0 all well or not applicable, 3 a warning, 4 a problem. Changes nothing, and needs no rights;
without root some checks say so.
"""

import argparse
import json
import sys
from typing import Callable, Dict, Iterable, Iterator, List, Optional

from jetson.checks.board import check_board
from jetson.checks.cameras import check_cameras
from jetson.checks.engines import check_engines
from jetson.checks.finding import LEVELS, NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.libraries import check_libraries
from jetson.checks.machine import Machine
from jetson.checks.memory import check_memory
from jetson.checks.power import check_power
from jetson.checks.service import check_service
from runtime.command_line.command import exit_status_of
from runtime.command_line.utf8 import in_utf8
from runtime.shipped import REAL

EXIT_STATUS: Dict[str, int] = {NOT_APPLICABLE: 0, OK: 0, WARNING: 3, PROBLEM: 4}
MARKS: Dict[str, str] = {NOT_APPLICABLE: "-", OK: "ok", WARNING: "warning", PROBLEM: "PROBLEM"}


def examine(machine: Machine, bundle: str = REAL) -> Iterator[Finding]:
    """All findings, as they come."""
    checks: Iterable[Callable[[Machine], Iterator[Finding]]] = (
        check_board,
        check_libraries,
        check_memory,
        check_power,
        check_cameras,
        lambda machine: check_engines(machine, bundle),
        check_service,
    )
    for check in checks:
        for finding in check(machine):
            yield finding


def worst(findings: Iterable[Finding]) -> str:
    """The level that the exit status goes by."""
    return max((finding.level for finding in findings), key=LEVELS.index, default=OK)


def _line(finding: Finding) -> str:
    text = "{:>8}  {:<16} {}".format(MARKS[finding.level], finding.check, finding.text)
    return text + ("\n{:>28}-> {}".format("", finding.mend) if finding.mend else "")


def main(arguments: Optional[List[str]] = None, machine: Optional[Machine] = None) -> int:
    """The command; its exit status goes by the worst finding."""
    parser = argparse.ArgumentParser(
        prog="python -m jetson.doctor", description="What is wrong with this machine, and the command that mends it."
    )
    parser.add_argument("--json", action="store_true", help="findings as JSON on standard output")
    parser.add_argument("--bundle", default=REAL, metavar="DIR", help="default: %(default)s")
    values = parser.parse_args(arguments)
    return exit_status_of(lambda: _tell(machine or Machine(), values.bundle, values.json), target="standard output")


def _tell(machine: Machine, bundle: str, as_json: bool) -> int:
    found: List[Finding] = []
    for finding in examine(machine, bundle):
        found.append(finding)
        if not as_json:
            print(_line(finding), flush=True)
    level = worst(found)
    if as_json:
        print(json.dumps({"worst": level, "findings": [finding.as_json() for finding in found]}, indent=2))
    return EXIT_STATUS[level]


if __name__ == "__main__":
    in_utf8("jetson.doctor")
    sys.exit(main())
