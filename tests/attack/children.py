"""Children killed and frozen: the one that captures, the one that encodes, the one that serves the stream.

    python tests/attack/children.py --tries 500 --seed 3

Each blow is to be followed by another child and by pictures; the program ends within END_S and leaves nobody.
"""

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attack.program import Program, children_of

SOURCE = "gst:videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=480,framerate=15/1"
BACK_S = 45.0
"""A frozen capture is a stall of the source, which has 10 s; further tries come ever more rarely."""
END_S = 5.0
ROLES = {"capture": "capture", "encode": "record", "serve": "runtime.gstreamer.serving"}
"""Of each child, a word of its command line."""


def child(pid: int, role: str) -> int:
    """The child of `pid` that has this role; 0 where there is none."""
    for number in children_of(pid):
        try:
            line = Path("/proc/{}/cmdline".format(number)).read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if ROLES[role] in line.split() or (role == "serve" and ROLES[role] in line):
            return number
    return 0


def _another(pid: int, role: str, before: int) -> float:
    """Seconds until another child has the role; inf where none comes."""
    begun_s = time.monotonic()
    while time.monotonic() - begun_s < BACK_S:
        if child(pid, role) not in (0, before):
            return time.monotonic() - begun_s
        time.sleep(0.05)
    return float("inf")


def attack(tries: int, seed: int, arguments: List[str]) -> Dict[str, Any]:
    """`tries` blows on one program at random moments; what became of it."""
    chance = random.Random(seed)
    waits: Dict[str, List[float]] = {}
    verdicts: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        sinks = ["--sink", "out.mp4", "--segment", "20s", "--keep", "50MB", "--sink", "rtsp://127.0.0.1:0/x"]
        flags = ["--source", SOURCE, "--fps", "15", "--log-every", "1"] + sinks + arguments
        with Program(Path(folder), *flags) as program:
            pid = program.popen.pid
            program.wait_for(r"true 1[345]\.")
            for number in range(tries):
                role = list(ROLES)[number % len(ROLES)]
                blow = chance.choice((signal.SIGKILL, signal.SIGSTOP))
                hit = child(pid, role)
                if not hit:
                    verdicts["no child to hit"] += 1
                    continue
                time.sleep(chance.uniform(0.0, 1.0))
                try:
                    os.kill(hit, blow)
                except ProcessLookupError:
                    continue  # it was being replaced
                back_s = _another(pid, role, hit)
                verdicts["back" if back_s < BACK_S else "not back"] += 1
                waits.setdefault("{} {}".format(role, blow.name), []).append(back_s)
                if program.popen.poll() is not None:
                    verdicts["program ended"] += 1
                    break
            held = children_of(pid)
            for role in ROLES:  # the end, with one of them frozen
                hit = child(pid, role)
                if hit and chance.random() < 0.5:  # 0 would be our own process group
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(hit, signal.SIGSTOP)
            end_s = program.end() if program.popen.poll() is None else float("nan")
            time.sleep(0.2)
            return {
                "verdicts": dict(verdicts),
                "back after s, longest": {name: round(max(each), 1) for name, each in sorted(waits.items())},
                "end s": round(end_s, 2),
                "exit status": program.popen.returncode,
                "left behind": [number for number in held if os.path.exists("/proc/{}".format(number))],
                "tracebacks": program.log.count("Traceback"),
                "last lines": program.log.splitlines()[-8:],
            }


def main() -> int:
    """The long form; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description="Kill and freeze the children of a running program.")
    parser.add_argument("--tries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=3)
    values = parser.parse_args()
    found = attack(values.tries, values.seed, [])
    for name, value in found.items():
        print("{}: {}".format(name, value))
    return 0 if is_right(found) else 1


def is_right(found: Dict[str, Any]) -> bool:
    """Whether everything came back, and the end was clean and in time."""
    return (
        set(found["verdicts"]) <= {"back"}
        and found["exit status"] == 0
        and not found["left behind"]
        and not found["tracebacks"]
        and found["end s"] < END_S
    )


if __name__ == "__main__":
    sys.exit(main())
