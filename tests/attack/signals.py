"""Signals at random moments from exec on, once or five times: is the end clean, the report written, the file whole?"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

from attack.program import END_S, ROOT, children_of

WHILE_STARTING = "ended while it was starting"
SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
LONGEST_DELAY_S = 2.5
"""From exec to the first signal: the program presents its first frame within a second."""
FIRST_LINE_S = 1.0
"""By then Python has come to our first line on a busy machine, too; a signal before it cannot be caught."""


def _default() -> None:
    for name in SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def one_try(folder: Path, chance: random.Random, arguments: List[str]) -> Dict[str, Any]:
    """One program and its end."""
    number = getattr(signal, chance.choice(SIGNALS))
    times, delay_s = chance.choice((1, 1, 2, 5)), chance.uniform(0.0, LONGEST_DELAY_S)
    report, log = folder / "report.json", folder / "log.txt"
    for path in (report, log, folder / "started"):
        if path.exists():
            path.unlink()
    with log.open("wb") as file:
        begun_s = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.camera", "--source", "demo://", "--report", str(report)] + arguments,
            cwd=str(folder),
            env=dict(os.environ, PYTHONPATH=str(ROOT), DISPLAY="", WAYLAND_DISPLAY=""),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
            preexec_fn=_default,
        )
    try:
        time.sleep(max(0.0, begun_s + delay_s - time.monotonic()))
        held, is_caught = children_of(process.pid), _is_caught(process.pid, number)
        for _ in range(times):
            process.send_signal(number)
            if chance.random() < 0.5:
                time.sleep(chance.uniform(0.0, 0.1))
        asked_s = time.monotonic()
        try:
            process.wait(END_S)
            end_s = time.monotonic() - asked_s
        except subprocess.TimeoutExpired:
            end_s = float("inf")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    text = log.read_text(errors="replace")
    return {
        "signal": signal.Signals(number).name,
        "times": times,
        "delay_s": delay_s,
        "is_caught": is_caught,
        "end_s": end_s,
        "status": process.returncode,
        "traceback": "Traceback" in text,
        "report": _is_json(report),
        "children": [pid for pid in held if Path("/proc/{}".format(pid)).exists()],
        "log": text,
    }


def _is_caught(pid: int, number: int) -> bool:
    """Whether the process has a handler for the signal."""
    for line in Path("/proc/{}/status".format(pid)).read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True


def verdict(found: Dict[str, Any]) -> str:
    """How a try ended, in a word or two."""
    if found["end_s"] == float("inf"):
        return "hung"
    is_pythons_own = found["traceback"] and "runtime/camera.py" not in found["log"]  # it catches SIGINT by itself
    if found["delay_s"] < FIRST_LINE_S and (is_pythons_own or (found["status"] < 0 and not found["is_caught"])):
        return "before our first line"
    if found["status"] != 0:
        return "status {}".format(found["status"])
    if found["traceback"]:
        return "traceback"
    if WHILE_STARTING in found["log"]:
        return "while starting"
    if not found["report"]:
        return "no report"
    return "slow" if found["end_s"] > 5.0 else "clean"


def attack(count: int, seed: int, arguments: List[str]) -> Dict[str, Any]:
    """`count` tries; how many ended how, and the first of each kind that is not clean."""
    chance, verdicts, examples, longest_s = random.Random(seed), Counter(), {}, 0.0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            found = one_try(Path(folder), chance, arguments)
        kind = verdict(found)
        verdicts[kind] += 1
        longest_s = max(longest_s, found["end_s"])
        if kind != "clean":
            examples.setdefault(kind, found)
    return {"tries": count, "verdicts": dict(verdicts), "longest end s": round(longest_s, 2), "examples": examples}


def is_right(found: Dict[str, Any]) -> bool:
    """Nothing was cut short; where nothing had begun yet there is nothing to finish."""
    return set(found["verdicts"]) <= {"clean", "while starting", "before our first line"}
