"""The camera program as a process under attack: started, watched, ended, on loopback and in a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

ROOT = Path(os.environ.get("SHELFSIGHT_ATTACKED") or str(Path(__file__).resolve().parents[2]))
"""The checkout that is attacked: another one gives the figures of before."""
START_S = 120.0
END_S = 20.0


class Program:
    """A running program; ended, by force where need be, when the with statement is left."""

    def __init__(self, folder: Path, *arguments: str, files: Optional[int] = None, **environment: str) -> None:
        """`files`: its limit of open files, soft and hard."""
        self.folder = folder
        self.report_path = folder / "report.json"
        self.log_path = folder / "log.txt"
        limit = ["sh", "-c", 'ulimit -n {}; exec "$@"'.format(files), "sh"] if files else []
        with self.log_path.open("wb") as log:
            self.popen = subprocess.Popen(
                limit
                + [sys.executable, "-m", "runtime.camera", "--report", str(self.report_path)]
                + [str(argument) for argument in arguments],
                cwd=str(folder),
                env=dict(dict(os.environ, PYTHONPATH=str(ROOT), DISPLAY="", WAYLAND_DISPLAY=""), **environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: Any) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()

    @property
    def log(self) -> str:
        """What it has written on standard error so far."""
        return self.log_path.read_text(errors="replace")

    def wait_for(self, pattern: str, within_s: float = START_S) -> "re.Match[str]":
        """Until its log holds `pattern`; AssertionError with the log where it ends or takes longer."""
        deadline_s = time.monotonic() + within_s
        while True:
            match = re.search(pattern, self.log)
            if match:
                return match
            assert self.popen.poll() is None, self.log
            assert time.monotonic() < deadline_s, "no {!r} within {} s:\n{}".format(pattern, within_s, self.log)
            time.sleep(0.05)

    def port(self) -> int:
        """Of its page, once that answers."""
        return int(self.wait_for(r"live picture: http://127\.0\.0\.1:(\d+)/").group(1))

    def end(self, number: int = signal.SIGTERM, within_s: float = END_S) -> float:
        """Send one signal and wait: how many seconds the end took."""
        begun_s = time.monotonic()
        self.popen.send_signal(number)
        self.popen.wait(within_s)
        return time.monotonic() - begun_s

    @property
    def report(self) -> Dict[str, Any]:
        """What it wrote at its end."""
        return json.loads(self.report_path.read_text())


def children_of(pid: int) -> List[int]:
    """The processes that `pid` has started and that run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(entry.name))
    return found
