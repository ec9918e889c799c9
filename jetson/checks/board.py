"""Which board, which JetPack."""

import re
from typing import Iterator, Optional, Tuple

from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.machine import Machine

JETPACKS = {32: "4", 35: "5", 36: "6", 38: "7", 39: "7"}
"""By the major release of L4T (NVIDIA's Jetson Linux archive)."""
NANO_L4T = (32, 7)
"""From here on a Nano has TensorRT 8.2 (JetPack 4.6.1); before, 8.0."""


def l4t_release(text: str) -> Optional[Tuple[int, float]]:
    """(32, 7.1) from a line like "# R32 (release), REVISION: 7.1, ..."."""
    match = re.search(r"# R(\d+) \(release\), REVISION: (\d+(?:\.\d+)?)", text)
    return None if match is None else (int(match.group(1)), float(match.group(2)))


def check_board(machine: Machine) -> Iterator[Finding]:
    """The board and its L4T."""
    if not machine.is_jetson:
        yield Finding("board", NOT_APPLICABLE, "no Jetson: the networks run on onnxruntime, or on TensorRT where it is")
        return
    yield Finding("board", OK, machine.model or "a Jetson that does not tell its model")
    release = l4t_release(machine.tree.text("/etc/nv_tegra_release") or "")
    if release is None:
        packages = machine.ask("dpkg-query", "-W", "-f", "${Version}", "nvidia-l4t-core")
        match = re.match(r"(\d+)\.(\d+(?:\.\d+)?)", packages.output) if packages.status == 0 else None
        release = None if match is None else (int(match.group(1)), float(match.group(2)))
    if release is None:
        yield Finding("JetPack", WARNING, "no /etc/nv_tegra_release: not NVIDIA's own Linux", "flash JetPack")
        return
    text = "L4T {}.{:g}, JetPack {}".format(release[0], release[1], JETPACKS.get(release[0], "unknown"))
    if machine.is_nano and release < NANO_L4T:
        yield Finding(
            "JetPack",
            PROBLEM,
            text + ": its TensorRT is older than 8.2",
            "flash JetPack 4.6.1 or newer, or follow NVIDIA's steps to upgrade L4T 32 by apt",
        )
        return
    yield Finding("JetPack", OK, text)
