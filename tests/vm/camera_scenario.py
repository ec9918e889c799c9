"""A V4L2 camera for real: its modes, opened, stalled, unplugged, plugged in again, each seen from outside."""

import json
from typing import Any, Dict

from checks import Checks
from machine import Machine

PYTHON = "/opt/venv/bin/python"
REPORT = "/run/camera.json"

# Small and slow: an emulated CPU computes some hundred times slower than the one below it.
CAMERA = (
    "--source /dev/video0 --wait --res 640x360 --fps 5 --size 64 --conf 0.6 --threads 1 "
    "--sink none --log-every 1 --report " + REPORT
)
SERVICE = "systemd-run --quiet --unit=camera --working-directory=/srv/shelfsight -p User=root "

PRESENTED = r"presented [1-9]"
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
    return checks.came("opened: process start to frames", started_s, script.wait_for(PRESENTED, mark, 120), 90)


def stall(machine: Machine, checks: Checks) -> None:
    """The camera stays, and sends nothing more: no error is raised anywhere."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must("v4l2-ctl --device=/dev/video0 --set-ctrl=percentage_of_dropped_buffers=100")
    checks.came("stalled: seen offline", started_s, script.wait_for(OFFLINE, mark, 60), 20)
    mark, started_s = script.mark(), script.now_s()
    machine.must("v4l2-ctl --device=/dev/video0 --set-ctrl=percentage_of_dropped_buffers=0")
    checks.came("delivers again: frames", started_s, wait_for_frames(machine, mark), 30)


def unplug(machine: Machine, checks: Checks) -> None:
    """The driver is unbound, the device node goes; then it is bound again."""
    script = machine.transcript
    mark, started_s = script.mark(), script.now_s()
    machine.must("echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind")
    checks.came("unplugged: seen offline", started_s, script.wait_for(OFFLINE, mark, 60), 10)
    checks.holds("the device node is gone", machine.run("test -e /dev/video0").status == 1)
    mark, started_s = script.mark(), script.now_s()
    machine.must("echo vivid.0 >/sys/bus/platform/drivers/vivid/bind")
    checks.came("plugged in again: frames", started_s, wait_for_frames(machine, mark), 30)


def wait_for_frames(machine: Machine, since: int) -> Any:
    """The first log line after `since` that counts a rate above 0: frames are presented."""
    return machine.transcript.wait_for(r"true (0\.[1-9]|[1-9])", since, 90)


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
