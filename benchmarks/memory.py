"""What the program holds in memory, and whether that grows: python -m benchmarks.memory

Steady: the camera program itself, with the shipped bundle and the page, one viewer watching; its resident set (RSS),
looked at from outside. Growth: 30,000 frames through the pipeline, the page included, on networks that are planted, so
that it takes a minute, with objects that come and go and change their names all the time; --real takes the shipped
networks and fewer frames instead. No growth means: the last tenth of the frames holds at most GROWTH_MIB more than the
tenth after the first third. (A leak of 200 bytes a frame is 4 MiB between the two; what the allocator keeps goes up and
down by 1 MiB.)
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence

import numpy as np

from benchmarks.machine import machine
from benchmarks.overlap import viewers
from benchmarks.stand_ins.simulated import EMBEDDING, PRODUCTS, SIZE, noise_picture, planted_output
from benchmarks.sweep.child import ROOT
from runtime.assembly import assemble
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.engines.engine import TensorSpec
from runtime.engines.fake import FakeEngine
from runtime.errors import ShelfsightError
from runtime.figures.figures import Figures
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.frame import Observation
from runtime.gallery import Gallery
from runtime.loop.loop import LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.picture.compose import Composer
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.naming import Naming
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.sinks.sink import Sink
from runtime.sinks.web import WebSink
from runtime.sources.fake import FakeSource

STEADY_MIB = 350.0
GROWTH_MIB = 3.0
MOST_OBJECTS = 12
SAMPLES = 200
"""Of the resident set over a run."""


def rss_mib(pid: Optional[int] = None) -> float:
    """The resident set of a process, this one by default, in MiB. ShelfsightError where there is no /proc."""
    try:
        with open("/proc/{}/statm".format(pid or "self")) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2.0**20
    except OSError as error:
        raise ShelfsightError("cannot read the memory of process {}: {}".format(pid or "self", error)) from error


class SamplingSink(Sink):
    """Looks at the resident set every so many frames."""

    name = "sampling"

    def __init__(self, every: int) -> None:
        self.samples_mib: List[float] = []
        self._every = every
        self._presented = 0

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        self._presented += 1
        if self._presented % self._every == 0:
            self.samples_mib.append(rss_mib())
        return True


def restless_recogniser() -> Recogniser:
    """Both stages on planted networks: up to MOST_OBJECTS objects, elsewhere and otherwise named in each frame."""
    random = np.random.RandomState(0)

    def boxes(_tensor: np.ndarray) -> List[np.ndarray]:
        count = random.randint(MOST_OBJECTS + 1)
        corner = random.uniform(0, SIZE - 40, (count, 2))
        return [planted_output(np.hstack([corner, corner + random.uniform(10, 40, (count, 2))]))]

    def embeddings(tensor: np.ndarray) -> List[np.ndarray]:
        found = np.eye(EMBEDDING, dtype=np.float32)[random.randint(0, PRODUCTS, len(tensor))]
        return [found * random.uniform(0.4, 1.0, (len(tensor), 1)).astype(np.float32)]

    picture = TensorSpec("images", (None, None, None, 3), np.dtype(np.uint8))
    detector = Detector(FakeEngine(picture, [], boxes, {"names": "{0: 'product'}"}), SIZE)
    gallery = Gallery(np.eye(PRODUCTS, EMBEDDING, dtype=np.float32), np.arange(PRODUCTS, dtype=np.int32), 0.5)
    classifier = Classifier(FakeEngine(picture, [], embeddings), gallery, 96, 0.1)
    return Recogniser(detector, Tracker(), Naming(classifier))


def growth(frames: int, real: bool) -> Dict[str, Any]:
    """How the resident set of this process goes over `frames` frames."""
    image = noise_picture(640, 480)
    source = FakeSource(image.copy() for _ in range(frames))
    sampling = SamplingSink(max(1, frames // SAMPLES))
    with contextlib.ExitStack() as stack:
        web = WebSink(port=0)
        stack.enter_context(web)
        stack.enter_context(viewers(web.url, 1))
        sinks: Sequence[Sink] = [web, sampling]
        began_s = time.monotonic()
        if real:
            settings = settings_from_arguments(["--fps", "0", "--engine", "onnx"])
            with assemble(settings, threading.Event(), source, sinks) as assembly:
                assembly.loop.run()
        else:
            composer = Composer(["product"], ["product {}".format(number) for number in range(PRODUCTS)])
            presenter = Presenter(composer, sinks)
            member = Member(source, restless_recogniser(), presenter, 0.0)
            parts = LoopParts([member], threading.Event(), log_every_s=1e9)
            OverlappedLoop(parts).run()
    return dict(
        growth_of(sampling.samples_mib, frames),
        networks="shipped" if real else "planted",
        seconds=round(time.monotonic() - began_s, 1),
    )


def growth_of(samples_mib: Sequence[float], frames: int) -> Dict[str, Any]:
    """From samples evenly spaced over `frames` frames: medians of the tenth after the first third and of the last
    tenth, and the verdict."""
    tenth = max(1, len(samples_mib) // 10)
    third = len(samples_mib) // 3
    early, late = (statistics.median(part) for part in (samples_mib[third : third + tenth], samples_mib[-tenth:]))
    return {
        "frames": frames,
        "early_mib": round(early, 2),
        "late_mib": round(late, 2),
        "growth_mib": round(late - early, 2),
        "allowed_mib": GROWTH_MIB,
        "samples_mib": [round(value, 2) for value in samples_mib[:: max(1, len(samples_mib) // 40)]],
        "grows": late - early > GROWTH_MIB,
    }


def steady(seconds: float, flags: Sequence[str]) -> Dict[str, Any]:
    """The resident set of the camera program with the page and a viewer, in the second half of `seconds`."""
    port = _free_port()
    command = [sys.executable, "-m", "runtime.camera", "--sink", "web", "--port", str(port)]
    command += list(flags) + ["--seconds", str(seconds)]
    samples_mib: List[float] = []
    with _running(command) as process:
        _wait_for(port, process)
        with viewers("http://127.0.0.1:{}/".format(port), 1):
            while process.poll() is None:
                with contextlib.suppress(ShelfsightError):
                    samples_mib.append(rss_mib(process.pid))
                time.sleep(0.2)
    kept = [value for value in samples_mib if value > 0]
    if process.returncode or not kept:
        raise ShelfsightError(
            "the camera program ended with status {}: {}".format(process.returncode, " ".join(command))
        )
    median = statistics.median(kept[len(kept) // 2 :])
    return {
        "flags": list(flags),
        "seconds": seconds,
        "steady_mib": round(median, 1),
        "peak_mib": round(max(kept), 1),
        "target_mib": STEADY_MIB,
        "is_met": median <= STEADY_MIB,
    }


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Iterator[subprocess.Popen]:
    path = os.pathsep.join(part for part in (ROOT, os.environ.get("PYTHONPATH")) if part)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ, PYTHONPATH=path))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen) -> None:
    """Until the page answers."""
    end_s = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end_s:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        time.sleep(0.1)
    raise ShelfsightError("the camera program did not open its page on port {}".format(port))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory",
        description="Resident memory with the page, and its growth. Takes the flags of runtime.camera too.",
        allow_abbrev=False,
    )
    parser.add_argument("--run-seconds", type=float, default=30.0, metavar="S", help="of the real program (30)")
    parser.add_argument("--grow-frames", type=int, default=30000, metavar="N", help="to grow over (30000)")
    parser.add_argument("--real", action="store_true", help="grow on the shipped networks: give fewer frames")
    parser.add_argument("--json", metavar="FILE", default=STANDARD_OUTPUT, help="where to (default: standard output)")
    own, rest = parser.parse_known_args(arguments)
    flags = rest or ["--source", "demo://", "--res", "640x480", "--size", "160"]
    return exit_status_of(lambda: _memory(own, flags), target=own.json)


def _memory(own: argparse.Namespace, flags: List[str]) -> None:
    if own.grow_frames < 100:
        raise ShelfsightError("--grow-frames {}: expected 100 or more".format(own.grow_frames))
    result = dict(machine(), command="python -m benchmarks.memory " + " ".join(sys.argv[1:]))
    result["steady"] = steady(own.run_seconds, flags)
    result["growth"] = growth(own.grow_frames, own.real)
    write_report(own.json, result)
    if own.json != STANDARD_OUTPUT:
        told = "steady {steady_mib} MiB, peak {peak_mib}".format(**result["steady"])  # type: ignore
        print(told + "; growth over {frames} frames {growth_mib} MiB".format(**result["growth"]))  # type: ignore


if __name__ == "__main__":
    sys.exit(main())
