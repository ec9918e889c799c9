"""Everything that remembers and tells, for an hour: odd requests, a broker that sends garbage, a webhook that is away.

Memory, threads and handles are sampled from outside, and must not grow.
"""

import contextlib
import random
import socket
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

from attack.program import Program
from attack.routes import asked, everything, made_up
from attack.soak import EVERY_S, Sample, grown, sample

HELLO = b"\x20\x02\x00\x00"
"""A broker's yes."""
GARBAGE = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\xff\xff\xff\xff\xff", HELLO + b"\x30\x02\xff\xff",
    HELLO + b"\x90\x01\x00", HELLO + b"\x00\x00", b"\x20\x00", b"", HELLO, HELLO + b"\x30\x0c\x00\x08shop/a/xhi" * 200,
]  # fmt: skip
REQUESTS_S = 0.1
"""Between two requests."""
RSS_MIB = 5.0


class GarbageBroker:
    """Takes every connection, and answers with garbage; ended by `close`."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._server = socket.socket()
        self._server.bind(("127.0.0.1", 0))
        self._server.listen(8)
        self.port: int = self._server.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.calls += 1
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(2.0)
                    connection.recv(4096)
                    noise = bytes(self._chance.randrange(256) for _ in range(self._chance.choice((0, 3, 500))))
                    connection.sendall(self._chance.choice(GARBAGE) + noise)
                    connection.recv(65536)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


def attack(seconds: float, seed: int, arguments: List[str]) -> Dict[str, Any]:
    """A program with everything on for `seconds`; growth between the second and the last quarter."""
    chance, statuses = random.Random(seed), Counter()  # type: ignore[var-annotated]
    samples: List[Sample] = []
    with contextlib.closing(GarbageBroker(seed)) as broker, tempfile.TemporaryDirectory() as folder:
        flags = everything(Path(folder)) + ["--keep-history", "1h,4MB", "--on", "any=http://127.0.0.1:9/away"]
        flags += ["--mqtt", "mqtt://127.0.0.1:{}/shop/a".format(broker.port), "--mqtt-picture", "1"]
        with Program(Path(folder), *flags, *arguments) as program:
            port = program.port()
            program.wait_for(r"true \d+\.")
            until_s, next_s = time.monotonic() + seconds, 0.0
            while time.monotonic() < until_s and program.popen.poll() is None:
                statuses[asked(port, made_up(chance))] += 1
                if time.monotonic() >= next_s:
                    next_s = time.monotonic() + min(EVERY_S, seconds / 20)
                    samples.append(sample(program.popen.pid))
                time.sleep(REQUESTS_S)
            is_running = program.popen.poll() is None
            end_s = program.end() if is_running else float("nan")
            return {
                "seconds": seconds,
                "requests": sum(statuses.values()),
                "statuses": dict(sorted(statuses.items())),
                "broker's calls": broker.calls,
                "samples": len(samples),
                **grown(samples),
                "running": is_running,
                "exit status": program.popen.returncode,
                "end s": round(end_s, 2),
                "tracebacks": program.log.count("Traceback"),
                "last lines": program.log.splitlines()[-4:],
            }


def is_right(found: Dict[str, Any]) -> bool:
    """Whether it ran to the end, nothing failed and nothing grew."""
    return (
        found["running"]
        and found["exit status"] == 0
        and not found["tracebacks"]
        and "500" not in found["statuses"]
        and found["broker's calls"] > 0
        and found["growth MiB"] < RSS_MIB
        and abs(found["growth threads"]) < 3
        and abs(found["growth handles"]) < 8
    )
