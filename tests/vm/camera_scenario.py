"""A V4L2 camera for real: its modes, opened, stalled, unplugged, plugged in again, each seen from outside."""

import json
import re
from typing import Any, Dict, Optional

from checks import Checks
from machine import Machine
from transcript import Line, Transcript

PYTHON = "/opt/venv/bin/python"
REPORT = "/run/camera.json"

# Small and slow: an emulated CPU computes some hundred times slower than the one below it.
CAMERA = (
    "--source /dev/video0 --wait --res 640x360 --fps 5 --size 32 --threads 1 "
    "--sink none --log-every 1 --report " + REPORT
)
SERVICE = "systemd-run --quiet --unit=camera --working-directory=/srv/shelfsight -p User=root "

PRESENTED = r"presented (\d+)"
OFFLINE = r"WARNING.*offline"


def run(machine: Machine, checks: Checks) -> None:
    """Every check of this scenario, on a booted machine."""
    list_modes(machine, checks)
    if open_camera(machine, checks):
        stall(machine, checks)
        unplug(machine, checks)
    report(machine, checks)


def list_modes(machine: Machine, checks: Checks) -> None:
    """The camera program lists what the camera offers."""
    machine.must("ls -l /dev/video0 && v4l2-ctl --device=/dev/video0 --list-formats-ext | head -n 20")
    answer = machine.run("cd /srv/shelfsight && {} -m runtime.camera --list-modes --source /dev/video0".format(PYTHON))
    first = answer.output.strip().splitlines()[:1]
    checks.holds("V4L2 modes are listed", answer.status == 0 and "640x360" in answer.output, "".join(first))


def open_camera(machine: Machine, checks: Checks) -> bool:
    """From the start of the process to the first frame presented; most of it is Python's imports, emulated."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must(SERVICE + PYTHON + " -m runtime.camera " + CAMERA)
    return checks.came("opened: process start to frames", started_s, wait_for_more(script, 0, mark), 90)


def stall(machine: Machine, checks: Checks) -> None:
    """The camera stays, and sends nothing more: no error is raised anywhere."""
    go_offline(machine, checks, "stalled", "v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=100", 20)
    come_back(machine, checks, "delivers again", "v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=0", 30)


def unplug(machine: Machine, checks: Checks) -> None:
    """The driver is unbound and the device node goes; then it is bound again."""
    go_offline(machine, checks, "unplugged", "echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind", 10)
    checks.holds("the device node is gone", machine.run("test -e /dev/video0").status == 1)
    come_back(machine, checks, "plugged in again", "echo vivid.0 >/sys/bus/platform/drivers/vivid/bind", 30)


def go_offline(machine: Machine, checks: Checks, what: str, command: str, limit_s: float) -> None:
    """Do it, and see how long the program takes to notice."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must(command)
    checks.came(what + ": seen offline", started_s, script.wait_for(OFFLINE, mark, 60), limit_s)


def come_back(machine: Machine, checks: Checks, what: str, command: str, limit_s: float) -> None:
    """Undo it, and see how long it takes until a frame more has been presented."""
    script = machine.transcript
    settled = script.wait_for(PRESENTED, script.mark(), 30)
    before = presented(settled)
    mark, started_s = script.mark(), script.now_s()
    machine.must(command)
    checks.came(what + ": frames", started_s, wait_for_more(script, before, mark), limit_s)


def wait_for_more(script: Transcript, before: int, since: int) -> Optional[Line]:
    """The first line after `since` whose count of presented frames is above `before`."""
    end_s = script.now_s() + 90
    while True:
        line = script.wait_for(PRESENTED, since, end_s - script.now_s())
        if line is None or presented(line) > before:
            return line
        since = script.position(line) + 1


def presented(line: Optional[Line]) -> int:
    """How many frames a line of the log says were presented so far."""
    match = line and re.search(PRESENTED, line.text)
    return int(match.group(1)) if match else 0


def report(machine: Machine, checks: Checks) -> None:
    """The figures at the end add up."""
    script = machine.transcript
    started_s = script.now_s()
    machine.must("systemctl stop camera")
    stopped_s = script.now_s() - started_s
    checks.holds("ends on SIGTERM", stopped_s < 30, "{:.1f} s".format(stopped_s))
    answer = machine.run("cat " + REPORT)
    figures: Dict[str, Any] = json.loads(answer.output) if answer.status == 0 else {}
    frames = figures.get("frames", {})
    adds_up = bool(frames) and frames["captured"] == frames["presented"] + frames["dropped"]
    checks.holds("the report's frames add up", adds_up, "{} limited by {}".format(frames, figures.get("limited_by")))
