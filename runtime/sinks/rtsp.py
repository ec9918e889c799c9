"""The `rtsp` sink: the finished picture as an H.264 stream, from a server in a child process."""

import json
import logging
import os
import select
import subprocess
import sys
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, cast
from urllib.parse import urlsplit

import cv2
import numpy as np

from runtime.errors import MissingPackageError, ShelfsightError, SinkError, UsageError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.gstreamer import gdp
from runtime.gstreamer.encoding import DEFAULT_FPS, served
from runtime.gstreamer.feeding import Feeding
from runtime.gstreamer.pipelines import Machine
from runtime.gstreamer.rows import rows_from_image
from runtime.settings import DEFAULT_RES
from runtime.sinks.access import is_local
from runtime.sinks.sink import Sink

log = logging.getLogger(__name__)

DEFAULT_ADDRESS = "rtsp://127.0.0.1:8554/shelfsight"
DEFAULT_PORT = 8554
USER = "shelfsight"
"""Whose password is the token."""
PYTHONS = (sys.executable, "/usr/bin/python3")
"""Tried in turn: PyGObject is a package of the system, which a virtual environment does not see."""
READY_S = 10.0
CLOSE_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Between two tries to start a server again."""
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PROGRAM = "import sys; sys.path.append({!r}); from runtime.gstreamer.serving import main; main()".format(_ROOT)


class Address(NamedTuple):
    """Where a stream is served."""

    host: str
    port: int
    path: str


def parse_address(text: str) -> Address:
    """From `rtsp://HOST[:PORT]/PATH`; UsageError, one line, for anything else."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if not host or parts.username is not None or parts.query:
        raise UsageError(
            "--sink rtsp: expected rtsp://ADDRESS:PORT/NAME, as in {} (its password is --token)".format(DEFAULT_ADDRESS)
        )
    return Address(host, DEFAULT_PORT if port is None else port, parts.path.rstrip("/") or "/shelfsight")


class RtspSink(Sink):
    """Newest wins: the loop leaves a copy, a thread hands it over; nothing is encoded while nobody watches."""

    def __init__(self, address: str, machine: Machine, token: Optional[str], nominal_fps: float = 0.0) -> None:
        """Returns once the server listens. Port 0 takes a free one.

        UsageError: beyond localhost without a token. SinkError: cannot listen there. MissingPackageError: no server.
        """
        wanted = parse_address(address)
        if not token and not is_local(wanted.host):
            raise UsageError(
                "a stream on {} shows the picture to the network and needs a token: give --token TOKEN or set the "
                "environment variable SHELFSIGHT_TOKEN".format(wanted.host)
            )
        self._fps = nominal_fps or DEFAULT_FPS
        launch = served(machine, self._fps, *DEFAULT_RES)
        self._changed = threading.Condition()
        self._newest: Optional[np.ndarray] = None
        self._is_ending = False
        _start(wanted, launch, token, self._take)
        port = self._process.port
        wanted = wanted._replace(port=port)
        self._start = lambda: _start(wanted, launch, token, self._take)
        self.name = "rtsp://{}{}:{}{}".format(USER + ":***@" if token else "", wanted.host, port, wanted.path)
        log.info("live stream: %s%s", self.name, " (the password is the token)" if token else "")
        self._thread = threading.Thread(target=self._run, name="rtsp", daemon=True)
        self._thread.start()

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        """Costs the loop one copy of the picture. Always true."""
        copy = picture.copy()
        with self._changed:
            self._newest = copy
            self._changed.notify_all()
        return True

    def _run(self) -> None:
        size = (0, 0)
        while True:
            picture = self._next()
            if picture is None:
                return
            even = (picture.shape[1] & ~1, picture.shape[0] & ~1)
            try:
                if even != size:
                    size = even
                    self._process.write(gdp.stream_start(size, self._fps))
                self._process.write(_packet(picture, size))
            except OSError as error:
                if not self._is_ending:
                    log.error("the live stream stopped, the rest goes on: %s; the server is started again", error)
                    self._serve_again()
                size = (0, 0)

    def _next(self) -> Optional[np.ndarray]:
        """The newest picture, once there is one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._is_ending)
            picture, self._newest = self._newest, None
            return None if self._is_ending else picture

    def _serve_again(self) -> None:
        """Until there is a server or the end, ever more rarely."""
        self._process.kill()
        wait_s = FIRST_WAIT_S
        while True:
            try:
                self._start()
                log.info("the live stream is served again")
                return
            except (ShelfsightError, OSError) as error:
                if not self._is_ending:
                    log.error("no live stream: %s; tried again in %g s", error, wait_s)
            with self._changed:
                if self._changed.wait_for(lambda: self._is_ending, wait_s):
                    return
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _take(self, server: "_Server") -> None:
        """The server that is being started: from now on it is the one that `close` ends."""
        with self._changed:
            self._process = server
            is_late = self._is_ending
        if is_late:
            server.kill()

    def close(self) -> None:
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        self._process.close()
        self._thread.join(CLOSE_S)


def _packet(picture: np.ndarray, size: Any) -> bytes:
    if picture.shape[1::-1] != size:
        picture = cv2.resize(picture, size)
    rows = rows_from_image(picture)
    return gdp.picture_header(rows.size, 0.0) + rows.tobytes()


class _Server:
    """The child process."""

    def __init__(self, python: str) -> None:
        self._popen = subprocess.Popen(
            [python, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if log.isEnabledFor(logging.DEBUG) else subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
        self._stdin = cast(Any, self._popen.stdin)
        self._feeding = Feeding(self._stdin)
        self._stdout = cast(Any, self._popen.stdout)
        self.answer: Dict[str, Any] = {}

    def ask(self, wanted: Dict[str, Any]) -> Dict[str, Any]:
        """Its answer to what is wanted; {} where there was none."""
        try:
            self.write((json.dumps(wanted) + "\n").encode("utf-8"))
            if select.select([self._stdout], [], [], READY_S)[0]:
                self.answer = json.loads(self._stdout.readline().decode("utf-8") or "{}")
        except (OSError, ValueError):  # it ended before it read or answered: then it has no answer either
            pass
        return self.answer

    @property
    def port(self) -> int:
        return int(self.answer["port"])

    def write(self, data: bytes) -> None:
        """TimeoutError from a frozen server, another OSError from one that has ended."""
        self._feeding.write(data)

    def kill(self) -> None:
        self._popen.kill()
        self.close()

    def close(self) -> None:
        self._stdin.close()
        self._stdout.close()
        try:
            self._popen.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def _start(wanted: Address, launch: str, token: Optional[str], take: Callable[[_Server], None]) -> None:
    """Start a server; `take` is given each that is tried, the last of which serves. ShelfsightError where none does."""
    content = dict(wanted._asdict(), address=wanted.host, launch=launch, user=USER, token=token)
    reasons: List[str] = []
    for python in PYTHONS:
        if not os.path.exists(python):
            continue
        server = _Server(python)
        take(server)
        answer = server.ask(content)
        if "port" in answer:
            return
        server.close()
        if "error" in answer:
            raise SinkError("--sink rtsp: {}".format(answer["error"]))
        reasons.append(answer.get("missing", "no answer"))
    raise MissingPackageError(
        "--sink rtsp needs GStreamer's RTSP server ({}): apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 "
        "gir1.2-gst-plugins-base-1.0".format("; ".join(reasons))
    )
