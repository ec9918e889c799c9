"""Hundreds who ask at once: connections from many addresses to the API, its events, the metrics and the tabs, all held.

Whoever looked before goes on looking, the loop keeps its rate, and a newcomer gets an answer, during it and after it.
"""

import contextlib
import random
import socket
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

from attack.program import Program
from attack.sockets import Viewer, true_fps

from runtime.api.operations import PREFIX

ROUTES = ["/api/v1/events"] * 3 + [PREFIX + path for path in ("/now", "/sightings", "/strips", "/products")]
ROUTES += ["/metrics", "/history", "/shelf", "/events", "/stream.mjpg", "/snapshot.jpg"]
ADDRESSES = 40
"""Of this machine, 127.0.0.0/8: 12 connections each of 500."""
TRIES = 20
"""Of a newcomer, who is let in as others are found idle."""


class Crowd:
    """Connections that have asked for something and stay, from `ADDRESSES` addresses."""

    def __init__(self, port: int, seed: int) -> None:
        self._port, self._chance = port, random.Random(seed)
        self._sockets: List[socket.socket] = []

    def come(self, count: int) -> None:
        for number in range(count):
            one = socket.socket()
            one.settimeout(1.0)
            self._sockets.append(one)
            request = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n".format(self._chance.choice(ROUTES))
            with contextlib.suppress(OSError):  # sent away at once, as a full house may
                one.bind(("127.0.0.{}".format(10 + number % ADDRESSES), 0))
                one.connect(("127.0.0.1", self._port))
                one.sendall(request.encode())

    def answers(self) -> "Counter[str]":
        """Statuses of the first answers; "none" of those that were sent away."""
        found: "Counter[str]" = Counter()
        for one in self._sockets:
            one.settimeout(0.01)
            head = b""
            with contextlib.suppress(OSError):
                head = one.recv(64)
            found[head[9:12].decode("latin-1") if head.startswith(b"HTTP/") else "none"] += 1
        return found

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        self._sockets = []


def newcomer_waits_s(port: int) -> float:
    """How long somebody else waits for the figures, tries included; infinity where he gets none."""
    began_s = time.monotonic()
    for _ in range(TRIES):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5.0, ("127.0.0.9", 0)) as one:
            one.sendall(b"GET /api/v1/figures HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if one.recv(64).startswith(b"HTTP/1.1 200"):
                return round(time.monotonic() - began_s, 2)
        time.sleep(0.2)
    return float("inf")


def attack(count: int, seed: int, arguments: List[str], hold_s: float = 10.0) -> Dict[str, Any]:
    """`count` connections that ask, held for `hold_s`; what became of the program, its viewer and a newcomer."""
    flags = ["--source", "demo://?products=4", "--res", "320x240", "--fps", "5", "--log-every", "1"]
    with tempfile.TemporaryDirectory() as folder:
        flags += ["--sink", "web", "--port", "0", "--sink", str(Path(folder) / "h.sqlite")]
        with Program(Path(folder), *flags, *arguments) as program:
            port = program.port()
            program.wait_for(r"true \d+\.")
            viewer = Viewer(port)
            time.sleep(2.0)
            calm = true_fps(program.log)[-1]
            with contextlib.closing(Crowd(port, seed)) as crowd:
                crowd.come(count)
                during_s = newcomer_waits_s(port)
                kbytes_s = viewer.rate(hold_s)
                rate, answers = true_fps(program.log)[-1], crowd.answers()
            after_s = newcomer_waits_s(port)
            running = program.popen.poll() is None
            end_s = program.end() if running else float("nan")
            return {
                "connections": count,
                "first answers": dict(sorted(answers.items())),
                "true fps before, under it": (calm, rate),
                "viewer's kB/s": kbytes_s,
                "newcomer waits s, after it": (during_s, after_s),
                "exit status": program.popen.returncode,
                "end s": round(end_s, 2),
                "tracebacks": program.log.count("Traceback"),
                "log lines": sum(" true " not in line for line in program.log.splitlines()),
                "last lines": program.log.splitlines()[-6:],
            }


def is_right(found: Dict[str, Any]) -> bool:
    """Whether the viewer and newcomers were served, and nothing failed."""
    return (
        found["viewer's kB/s"] > 0
        and max(found["newcomer waits s, after it"]) < 10.0
        and "500" not in found["first answers"]
        and found["exit status"] == 0
        and not found["tracebacks"]
        and found["log lines"] < 60
    )
