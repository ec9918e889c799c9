"""The wall clock jumps, as a Nano's does when it meets the network: years on, a day back; nothing is counted by it.

All Python code of the program is given a time.time() that jumps. What the C libraries ask the kernel is not touched:
libfaketime, which would, breaks Python's own sleep.
"""

import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

from attack.program import ROOT, Program
from attack.sockets import true_fps

DAY_S = 86400.0
JUMPS_S = (20 * 365 * DAY_S, -DAY_S, 0.0, -3600.0, 400 * DAY_S, -56 * 365 * DAY_S)
JUMPY = """
import os, time
_real = time.time
def _jumped():
    try:
        with open(os.environ["JUMPED_BY"]) as file:
            return _real() + float(file.read() or 0)
    except (OSError, ValueError):
        return _real()
time.time = _jumped
"""


def attack(jumps: int, arguments: List[str]) -> Dict[str, Any]:
    """`jumps` of the wall clock under a running program; the monotonic one goes on."""
    with tempfile.TemporaryDirectory() as folder:
        offset = Path(folder, "offset")
        offset.write_text("0")
        Path(folder, "sitecustomize.py").write_text(JUMPY)
        jumpy = {"PYTHONPATH": "{}:{}".format(folder, ROOT), "JUMPED_BY": str(offset)}
        flags = ["--source", "demo://", "--sink", "out.mp4", "--sink", "out.jsonl", "--log-every", "1"]
        with Program(Path(folder), *flags, *arguments, **jumpy) as program:
            program.wait_for(r"true \d+\.")
            time.sleep(4.0)
            calm = true_fps(program.log)[-1]
            for number in range(jumps):
                offset.write_text(str(JUMPS_S[number % len(JUMPS_S)]))
                time.sleep(1.0)
            rates = true_fps(program.log)[-max(1, jumps - 1) :]
            is_running = program.popen.poll() is None
            end_s = program.end() if is_running else float("nan")
            return {
                "jumps": jumps,
                "true fps before, lowest and highest after": (calm, min(rates), max(rates)),
                "running": is_running,
                "exit status": program.popen.returncode,
                "end s": round(end_s, 2),
                "tracebacks": program.log.count("Traceback"),
                "last lines": program.log.splitlines()[-4:],
            }


def is_right(found: Dict[str, Any]) -> bool:
    """Whether the rate stayed what it was, within what a busy machine does to it."""
    calm, lowest, highest = found["true fps before, lowest and highest after"]
    return (
        found["running"]
        and found["exit status"] == 0
        and not found["tracebacks"]
        and 0.6 * calm <= lowest <= highest <= 1.4 * calm
        and found["end s"] < 5.0
    )
