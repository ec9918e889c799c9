"""Cameras: which there are, whether this user may open them, what they can do; and Argus, which the CSI ones need."""

import re
from typing import Dict, Iterator, List, Sequence, Tuple

from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.machine import Machine

BAYER = re.compile(r"^(RG|BG|GB|BA)(10|12)$|^(GRBG|RGGB|BGGR|GBRG)$")
"""Formats straight from a sensor: a camera on the CSI connector, for Argus only."""


def check_cameras(machine: Machine) -> Iterator[Finding]:
    """Argus, then each /dev/video."""
    yield _argus(machine)
    paths = machine.tree.glob("/dev/video[0-9]*")
    if not paths:
        mend = (
            "plug it in; a CSI camera: sudo /opt/nvidia/jetson-io/jetson-io.py, and its cable"
            if machine.is_jetson
            else ""
        )
        yield Finding("cameras", WARNING, "no /dev/video*", mend or "plug it in: v4l2-ctl --list-devices")
        return
    for path in paths:
        yield _camera(machine, path)


def _argus(machine: Machine) -> Finding:
    if not machine.is_jetson:
        return Finding("nvargus-daemon", NOT_APPLICABLE, "no Jetson, so no CSI camera")
    state = machine.ask("systemctl", "is-active", "nvargus-daemon").last_line or "unknown"
    if state == "active":
        return Finding("nvargus-daemon", OK, state)
    return Finding(
        "nvargus-daemon", WARNING, state + ": a CSI camera needs it", "sudo systemctl restart nvargus-daemon"
    )


def _camera(machine: Machine, path: str) -> Finding:
    name = machine.tree.text("/sys/class/video4linux/{}/name".format(path.rsplit("/", 1)[1])) or "a camera"
    check = "camera " + path
    if machine.ask("test", "-r", path, "-a", "-w", path).status != 0:
        return Finding(check, PROBLEM, name + ": no permission", "sudo usermod -aG video $USER, then log in again")
    answer = machine.ask("v4l2-ctl", "-d", path, "--list-formats-ext")
    if not answer.is_there:
        return Finding(check, WARNING, name + ": no v4l2-ctl to ask for its modes", "sudo apt-get install v4l-utils")
    modes = modes_of(answer.lines)
    if not modes:
        return Finding(check, NOT_APPLICABLE, name + ": gives no pictures (metadata, or an output)")
    if any(BAYER.match(mode.split(" ")[0]) for mode in modes):
        return Finding(check, OK, "{}: on the CSI connector, open it as csi://N; {}".format(name, "; ".join(modes)))
    if not any(mode.startswith("MJPG") for mode in modes):
        text = "{}: {}; without MJPG its rate is low above 640x480".format(name, "; ".join(modes))
        return Finding(check, OK, text)
    return Finding(check, OK, "{}: {}".format(name, "; ".join(modes)))


def modes_of(lines: Sequence[str]) -> List[str]:
    """One text a pixel format, "MJPG 1920x1080 at 30 fps, 1280x720 at 60", its three largest sizes, from what
    v4l2-ctl --list-formats-ext prints."""
    formats: List[Tuple[str, Dict[Tuple[int, int], float]]] = []
    size = (0, 0)
    for line in lines:
        pixel = re.search(r"(?:Pixel Format: |\[\d+\]: )'(.{4})'", line)
        sides = re.search(r"Size: \w+ (?:\d+x\d+ - )?(\d+)x(\d+)", line)
        rate = re.search(r"\(([\d.]+) fps\)", line)
        if pixel:
            formats.append((pixel.group(1).strip(), {}))
        elif sides and formats:
            size = (int(sides.group(1)), int(sides.group(2)))
            formats[-1][1].setdefault(size, 0.0)
        elif rate and formats and size in formats[-1][1]:
            formats[-1][1][size] = max(formats[-1][1][size], float(rate.group(1)))
    return ["{} {}".format(name, _largest(sizes)) for name, sizes in formats if sizes]


def _largest(sizes: Dict[Tuple[int, int], float]) -> str:
    largest = sorted(sizes.items(), key=lambda item: -item[0][0] * item[0][1])[:3]
    texts = ["{}x{}".format(*size) + (" at {:g} fps".format(fps) if fps else "") for size, fps in largest]
    return ", ".join(texts)
