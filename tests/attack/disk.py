"""A disk that is full: recordings in segments under --keep make room by their own oldest files, the loop goes on."""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

from attack.program import Program

SOURCE = "gst:videotestsrc is-live=true pattern=snow ! video/x-raw,width=640,height=480,framerate=15/1"
DISK = "3m"
OTHERS_BYTES = 1800000
DELETED = 3
"""Segments that make room before time is counted: by then the disk has been full for a while."""


def why_not() -> str:
    """The reason why a small disk cannot be had here, "" where it can."""
    if os.geteuid() != 0:
        return "needs root, to mount a disk of {}".format(DISK)
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], stderr=subprocess.DEVNULL):
            return "needs to mount a tmpfs, which this machine does not allow"
        subprocess.call(["umount", folder])
    return ""


def attack(seconds: float, arguments: List[str]) -> Dict[str, Any]:
    """Record to a disk of DISK until it is full, and `seconds` on; --keep above what it holds, another's file on it."""
    with tempfile.TemporaryDirectory() as outside, tempfile.TemporaryDirectory() as folder:
        subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=" + DISK, "none", folder])
        try:
            other = Path(folder, "somebody-elses.bin")
            other.write_bytes(b"x" * OTHERS_BYTES)
            flags = ["--source", SOURCE, "--fps", "15", "--log-every", "1", "--segment", "2s", "--keep", "1GB"]
            with Program(Path(outside), *flags, "--sink", str(Path(folder, "out.mp4")), *arguments) as program:
                program.wait_for("(?s)" + "deleted .*" * DELETED)
                time.sleep(seconds)
                is_running = program.popen.poll() is None
                before = sorted(Path(folder).glob("out-*.mp4"))
                time.sleep(5.0)
                newer = sorted(set(Path(folder).glob("out-*.mp4")) - set(before))
                end_s = program.end() if is_running else float("nan")
                return {
                    "running": is_running,
                    "still recording": len(newer),
                    "deleted": program.log.count("deleted "),
                    "last segment": before[-1].name if before else "none",
                    "other file": other.stat().st_size == OTHERS_BYTES,
                    "exit status": program.popen.returncode,
                    "end s": round(end_s, 2),
                    "tracebacks": program.log.count("Traceback"),
                    "last lines": program.log.splitlines()[-6:],
                }
        finally:
            subprocess.call(["umount", "-l", folder])


def is_right(found: Dict[str, Any]) -> bool:
    """Whether it went on, made room, and left the file of others alone."""
    return (
        found["running"]
        and found["still recording"] > 0
        and found["deleted"] > 0
        and found["other file"]
        and found["exit status"] == 0
        and not found["tracebacks"]
        and found["end s"] < 5.0
    )
