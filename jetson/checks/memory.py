"""Memory, swap and room on the card: what an engine build dies of."""

import re
from typing import Iterator, List

from jetson.board.sensors import memory_mib
from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.machine import Machine

SMALL_MIB = 6 * 1024
"""Below so much memory a build of engines wants swap (ours was never tried on a Nano; forums name 4 GB)."""
SWAP_MIB = 2 * 1024
FREE_MIB, TIGHT_MIB = 500, 2 * 1024
_SWAPFILE = "sudo sh jetson/setup.sh --swap"


def check_memory(machine: Machine) -> Iterator[Finding]:
    """Memory, swap, zram, disk."""
    used, total = memory_mib(machine.tree)
    if used is None or total is None:
        yield Finding("memory", WARNING, "/proc/meminfo tells nothing")
        return
    free = total - used
    text = "{:.0f} of {:.0f} MiB to be had".format(free, total)
    if free < 600:
        yield Finding("memory", WARNING, text, "stop the desktop: sudo systemctl isolate multi-user.target")
    else:
        yield Finding("memory", OK, text)
    yield _swap(machine, total)
    yield _disk(machine)


def _swap(machine: Machine, total_mib: float) -> Finding:
    zram: List[float] = []
    real: List[float] = []
    for line in (machine.tree.text("/proc/swaps") or "").splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 3:
            (zram if "zram" in fields[0] else real).append(int(fields[2]) / 1024)
    text = "{:.0f} MiB, and {:.0f} MiB compressed in memory (zram)".format(sum(real), sum(zram))
    if not machine.is_jetson or total_mib >= SMALL_MIB:
        return Finding("swap", OK, text)
    if sum(real) < SWAP_MIB:
        return Finding("swap", WARNING, text + ": a build of engines may be killed", _SWAPFILE)
    if zram:
        return Finding(
            "swap", WARNING, text + ": zram takes memory from a build", "sudo systemctl disable --now nvzramconfig"
        )
    return Finding("swap", OK, text)


def _disk(machine: Machine) -> Finding:
    fields: List[str] = []
    for line in machine.ask("df", "-Pk", "/").lines:
        if re.match(r"\S+(\s+\d+){3}", line):
            fields = line.split()
    if not fields:
        return Finding("disk", NOT_APPLICABLE, "df tells nothing")
    free_mib = int(fields[3]) / 1024
    text = "{:.1f} of {:.1f} GiB free".format(free_mib / 1024, int(fields[1]) / 1024 / 1024)
    mend = "sudo apt-get clean; docker image prune; a larger card"
    if free_mib < FREE_MIB:
        return Finding("disk", PROBLEM, text, mend)
    return Finding("disk", WARNING, text, mend) if free_mib < TIGHT_MIB else Finding("disk", OK, text)
