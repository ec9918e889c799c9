"""Odd requests to every route of the page: odd values, methods, headers and bodies, and bytes changed by chance.

Right is any answer that is no 500, or a connection that is closed; each takes a socket of its own, from outside.
"""

import random
import socket
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List
from urllib.parse import quote

from attack.fuzz import ODD, mutated
from attack.program import Program

from runtime.api.operations import OPERATIONS, PREFIX

TOKEN = "the right one"
ANSWER_S = 1.0
PAGES = [
    "/", "/history", "/shelf", "/zones", "/products", "/teach", "/stream.mjpg", "/snapshot.jpg", "/figures.json",
    "/events", "/metrics", "/shelf.json", "/zones.json", "/zones/plan", "/shelf/layout", "/shelf/teach", "/shelf/crop",
    "/teach/state", "/teach/products", "/teach/unknowns", "/teach/lesson", "/teach/view", "/teach/cover",
    "/teach/photo",
    "/teach/begin", "/teach/learn", "/teach/ignore",
    "/teach/rename", "/teach/merge", "/teach/remove", "/teach/undo", "/teach/cancel",
]  # fmt: skip
PATHS = PAGES + [PREFIX + "/openapi.json"] + [PREFIX + one.path for one in OPERATIONS]
OF_TEACHING = {"lesson", "view", "name", "times", "more"}
NAMES = sorted({one.name for each in OPERATIONS for one in each.parameters} | OF_TEACHING)
FITTING = ["1", "50", "tea", "true", "2026-11-27T09:00:00Z", "2026-11-27T09:00:00+09:00", "bottle"]
BODIES = [
    b"{}", b"[]", b'{"x": 0.5, "y": 0.5}', b'{"zones": [], "lines": []}', b'{"id": 1, "name": "tea"}', b"\xff\xd8\xff",
]  # fmt: skip
METHODS = {"GET": 70, "HEAD": 4, "POST": 14, "PUT": 8, "OPTIONS": 2, "DELETE": 1, "\u00c4": 1}
"""And how often each is taken."""
HEADERS = [
    "Last-Event-ID", "Range", "Accept", "Cookie", "Content-Type", "If-None-Match", "Transfer-Encoding",
    "Accept-Language",
]  # fmt: skip


def everything(folder: Path) -> List[str]:
    """Flags of a program whose page has every route."""
    flags = ["--source", "demo://?products=8", "--res", "320x240", "--fps", "5", "--log-every", "5"]
    flags += ["--sink", "web", "--port", "0", "--token", TOKEN, "--sink", str(folder / "h.sqlite")]
    flags += ["--catalogue", str(folder / "taught.sqlite"), "--zones", str(folder / "zones.json")]
    return flags + ["--shelf", str(folder / "shelf.json")]


def made_up(chance: random.Random) -> bytes:
    """One request."""
    path = chance.choice(PATHS).replace("{id}", chance.choice(["1", "0", "-1", "x"] + [quote(odd) for odd in ODD]))
    values = FITTING + [quote(odd) for odd in ODD]
    query = "&".join(
        "{}={}".format(chance.choice(NAMES), chance.choice(values)) for _ in range(chance.choice((0, 0, 1, 1, 2, 3, 9)))
    )
    method = chance.choices(list(METHODS), list(METHODS.values()))[0]
    lines = ["{} {}{} HTTP/1.1".format(method, path, "?" + query if query else ""), "Host: localhost"]
    if chance.random() < 0.95:
        lines.append("Authorization: Bearer " + TOKEN)
    if chance.random() < 0.2:
        odd = chance.choice(ODD).replace("\0", "")
        lines.append("{}: {}".format(chance.choice(HEADERS), chance.choice(["1", "-5", "bytes=0-", "chunked", odd])))
    body = b""
    if method in ("POST", "PUT"):
        body = chance.choice(BODIES) if chance.random() < 0.5 else mutated(chance.choice(BODIES), chance)
        lines.append("Content-Type: application/json")
        length = len(body) if chance.random() < 0.95 else chance.choice((0, 3, 10**12))
        lines.append("Content-Length: {}".format(length))
    lines.append("Connection: close")
    request = "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body
    return mutated(request, chance) if chance.random() < 0.2 else request


def asked(port: int, request: bytes) -> str:
    """The status of its answer; "closed" where the server sent none, "silent" where it waits for more."""
    with socket.create_connection(("127.0.0.1", port), ANSWER_S) as connection:
        try:
            connection.sendall(request)
            head = connection.recv(4096)
        except socket.timeout:
            return "silent"
        except OSError:
            return "closed"
    return head[9:12].decode("latin-1") if head.startswith(b"HTTP/1.") else "closed"


def attack(count: int, seed: int, arguments: List[str]) -> Dict[str, Any]:
    """`count` requests, one after the other, to a program with everything on; what they came to."""
    chance, statuses = random.Random(seed), Counter()  # type: ignore[var-annotated]
    faults: List[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        with Program(Path(folder), *everything(Path(folder)), *arguments) as program:
            port = program.port()
            program.wait_for(r"true \d+\.")
            began_s = time.monotonic()
            for _ in range(count):
                request = made_up(chance)
                status = asked(port, request)
                statuses[status] += 1
                if status == "500":
                    faults.append(request)
            spent_s = time.monotonic() - began_s
            end_s = program.end()
            return {
                "statuses": dict(sorted(statuses.items())),
                "ms each": round(1e3 * spent_s / count, 1),
                "exit status": program.popen.returncode,
                "end s": round(end_s, 2),
                "tracebacks": program.log.count("Traceback"),
                "log lines": sum(" true " not in line for line in program.log.splitlines()),
                "examples": faults[:3],
                "last lines": program.log.splitlines()[-6:],
            }


def is_right(found: Dict[str, Any]) -> bool:
    """Whether nothing failed: no 500, no traceback, answers among what came, an orderly end, a short log."""
    return (
        "500" not in found["statuses"]
        and {"200", "400", "404"} <= set(found["statuses"])
        and found["exit status"] == 0
        and not found["tracebacks"]
        and found["log lines"] < 120
    )
