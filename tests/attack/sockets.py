"""Silent connections: as many as asked for, opened and held, while the program's rate and handles are watched."""

import contextlib
import os
import random
import re
import resource
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Dict, List

from attack.program import Program, children_of

SILENT, HALF = b"", b"GET /figures.json HTTP/1.1\r\nHost: localhost\r\nX-"
"""A connection that says nothing, and one that never ends its first request."""
BATCH = 100


class Flood:
    """Connections that are held open; one that was closed on us is opened again by `again`."""

    def __init__(self, port: int, seed: int = 0) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._sockets: List[socket.socket] = []

    def open(self, count: int) -> int:
        """Up to `count` more; how many there are."""
        for _ in range(count):
            one = socket.socket()
            one.settimeout(0.02)
            self._sockets.append(one)
            with contextlib.suppress(OSError):  # a full queue of the kernel counts as held as well
                one.connect(("127.0.0.1", self._port))
                one.send(self._random.choice((SILENT, HALF)))
        return len(self._sockets)

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        self._sockets = []


class Viewer:
    """Somebody who looks at the picture, on a thread of his own."""

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self._socket = socket.create_connection(("127.0.0.1", port), 10.0)
        self._socket.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with self._socket, contextlib.suppress(OSError):
            while True:
                count = len(self._socket.recv(1 << 20))
                if not count:
                    return
                self.bytes += count

    def rate(self, seconds: float) -> float:
        """kB/s over this time from now."""
        before = self.bytes
        time.sleep(seconds)
        return round((self.bytes - before) / 1000 / seconds)


def true_fps(log: str) -> List[float]:
    """The rates that the log tells, in order."""
    return [float(rate) for rate in re.findall(r"true (\d+\.\d)", log)]


def attack(count: int, seed: int, hold_s: float = 6.0, files: int = 1024) -> Dict[str, Any]:
    """Hold `count` connections for `hold_s` while the capturing child is killed; what became of the program."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    source = "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1"
    with tempfile.TemporaryDirectory() as folder:
        with Program(
            Path(folder),
            "--source",
            source,
            "--sink",
            "web",
            "--port",
            "0",
            "--fps",
            "15",
            "--log-every",
            "1",
            files=files,
        ) as program:
            port = program.port()
            program.wait_for(r"true 1[45]\.")
            viewer = Viewer(port)
            time.sleep(4.0)
            calm = true_fps(program.log)[-1]
            flood = Flood(port, seed)
            with contextlib.closing(flood):
                while flood.open(BATCH) < count:
                    time.sleep(0.01)
                held = viewer.rate(hold_s)
                rate, open_files = true_fps(program.log)[-1], _open_files(program.popen.pid)
                for child in children_of(program.popen.pid):
                    os.kill(child, 9)
                after = viewer.rate(hold_s)
            running = program.popen.poll() is None
            end_s = program.end() if running else float("nan")
            return {
                "connections": count,
                "open files": open_files,
                "true fps before, under it": (calm, rate),
                "viewer's kB/s before the child's death, after": (held, after),
                "source came back": "is there, after" in program.log,
                "exit status": program.popen.returncode,
                "end s": round(end_s, 2),
                "log lines": sum(" true " not in line for line in program.log.splitlines()),
                "last lines": program.log.splitlines()[-6:],
            }


def _open_files(pid: int) -> int:
    try:
        return len(os.listdir("/proc/{}/fd".format(pid)))
    except OSError:
        return 0
