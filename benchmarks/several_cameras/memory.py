"""What each further camera takes of memory: of the camera program itself, looked at from outside."""

import contextlib
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any, Dict, Iterator, List

from runtime.errors import ShelfsightError

COUNTS = (1, 2, 4)
MOST_MIB = 25.0
START_S = 60.0
SAMPLE_S = 0.25
FLAGS = ("--res", "640x480", "--size", "160", "--fps", "10", "--engine", "onnx", "--threads", "1", "--bundle", "demo")


def memory(seconds: float) -> Dict[str, Any]:
    """MiB of each further camera on demo://, with a viewer of all on the page, and the verdict.

    uss: what is the process' alone; rss: with what it shares, its libraries.
    """
    held = {count: _program_mib(count, seconds) for count in COUNTS}
    first, last = COUNTS[0], COUNTS[-1]
    each = {name: round((held[last][name] - held[first][name]) / (last - first), 1) for name in held[first]}
    told: Dict[str, Any] = {
        str(count): {name: round(mib, 1) for name, mib in one.items()} for count, one in held.items()
    }
    return dict(told, each_further={"uss_mib": each["uss"], "rss_mib": each["rss"], "holds": each["rss"] <= MOST_MIB})


def _program_mib(count: int, seconds: float) -> Dict[str, float]:
    """Medians over the second half of `seconds`, from its first picture on."""
    port = _free_port()
    sources = [flag for number in range(count) for flag in ("--source", "demo://?seed={}".format(number))]
    command = [sys.executable, "-m", "runtime.camera", "--sink", "web", "--port", str(port), "--catalogue", "none"]
    process = subprocess.Popen(command + sources + list(FLAGS), stderr=subprocess.DEVNULL)
    samples: List[Dict[str, float]] = []
    try:
        with _watching("http://127.0.0.1:{}/stream.mjpg?camera=*".format(port), process):
            end_s = time.monotonic() + seconds
            while time.monotonic() < end_s:
                time.sleep(SAMPLE_S)
                if time.monotonic() > end_s - seconds / 2:
                    samples.append(_held_mib(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    return {name: statistics.median(one[name] for one in samples) for name in samples[0]}


def _held_mib(pid: int) -> Dict[str, float]:
    """Of a process; ShelfsightError where the system does not say."""
    sums = {"uss": 0.0, "rss": 0.0}
    try:
        with open("/proc/{}/smaps_rollup".format(pid)) as file:
            for line in file:
                name, value = line.split()[:2]
                if name in ("Private_Clean:", "Private_Dirty:"):
                    sums["uss"] += int(value) / 1024.0
                elif name == "Rss:":
                    sums["rss"] = int(value) / 1024.0
    except OSError as error:
        raise ShelfsightError("cannot read the memory of process {}: {}".format(pid, error)) from error
    return sums


@contextlib.contextmanager
def _watching(url: str, process: subprocess.Popen) -> Iterator[None]:
    """A viewer, from the first picture on."""
    end_s = time.monotonic() + START_S
    while True:
        try:
            stream = urllib.request.urlopen(url, timeout=10)
            break
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end_s:
                raise ShelfsightError("the camera program did not show its page: {}".format(error)) from error
            time.sleep(0.2)
    with contextlib.closing(stream):
        stream.read(10000)
        ending = threading.Event()
        viewer = threading.Thread(target=_look, args=(stream, ending), daemon=True)
        viewer.start()
        yield
        ending.set()
        viewer.join(10)


def _look(stream: Any, ending: threading.Event) -> None:
    while not ending.is_set() and stream.read(10000):
        pass


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
