"""What each source delivers, and how old its frames are when a reader has them: python -m benchmarks.sources

Rate and age of --frames frames of each source that runs here; and, with --newest, a source of 60 fps under a reader of
10 fps. The age counts from the time that a frame carries, the earliest that anybody knows: the driver's or the test
source's for live pipelines, the packet's arrival for RTSP, none for files.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from benchmarks.machine import machine
from benchmarks.stand_ins.rtsp_server import BALL, ENCODER, RtspServer
from runtime.command_line.command import exit_status_of
from runtime.errors import ShelfsightError
from runtime.figures.latency import percentile
from runtime.figures.report import write_report
from runtime.frame import EndOfStream
from runtime.gstreamer import pipelines
from runtime.gstreamer.appsink import AppsinkCapture
from runtime.gstreamer.capture import Capture
from runtime.gstreamer.child import ChildCapture
from runtime.gstreamer.elements import present_elements
from runtime.gstreamer.opencv import OpenCvCapture, has_gstreamer
from runtime.settings import Settings
from runtime.sources.opening import open_source
from runtime.sources.source import Source
from runtime.sources.stream import FileStream, LiveStream

SIZE = (640, 480)
FPS = 60
SLOW_S = 0.1
"""What a loop of 10 fps does between two reads."""


class Candidate(NamedTuple):
    """A source to measure."""

    name: str
    open: Callable[[], Source]


def candidates(folder: str, frames: int, server: RtspServer) -> Iterator[Candidate]:
    """Every source that runs on a machine without a camera."""
    here = pipelines.Machine(present_elements(), jetson=False)
    ball = pipelines.custom(here, BALL.format(SIZE[0], SIZE[1], FPS))
    ways: Dict[str, Callable[[str, str, bool], Capture]] = {
        "a child process": lambda text, name, live: ChildCapture(text, name),
        "PyGObject": AppsinkCapture,
    }
    if has_gstreamer():
        ways["OpenCV"] = OpenCvCapture
    for way, capture in ways.items():
        yield Candidate("videotestsrc through " + way, _live(ball, capture))
        yield Candidate("rtsp, H.264, through " + way, _live(pipelines.rtsp(here, server.uri), capture))
    yield Candidate("demo://", lambda: open_source(Settings(source="demo://?fps={}".format(FPS))))
    path = os.path.join(folder, "file.mp4")
    subprocess.check_call(["gst-launch-1.0", "-q"] + _written(path, frames).split())
    yield Candidate("file, H.264, through OpenCV", lambda: open_source(Settings(source=path)))
    file = pipelines.file(here, path)
    yield Candidate(
        "file, H.264, through a child process", lambda: FileStream("file", lambda: ChildCapture(file, "file"))
    )


def _written(path: str, frames: int) -> str:
    source = BALL.format(SIZE[0], SIZE[1], FPS).replace("is-live=true", "num-buffers={}".format(frames))
    return "{} ! {} ! h264parse ! mp4mux ! filesink location={}".format(source, ENCODER, path)


def _live(text: str, capture: Callable[[str, str, bool], Capture]) -> Callable[[], Source]:
    return lambda: LiveStream("source", lambda: capture(text, "source", True))


def measure(source: Source, frames: int, slow_s: float = 0.0) -> Dict[str, Any]:
    """Read until the source has delivered `frames` frames, with a pause of `slow_s` after each read."""
    ages_ms: List[float] = []
    first_id: Optional[int] = None
    started_s = last_s = time.monotonic()
    number = 0
    pause = threading.Event()
    while number < frames - 1:
        try:
            frame = source.read(5.0)
        except EndOfStream:
            break
        if frame is None or frame.id is None:
            continue
        last_s = time.monotonic()
        if first_id is None:
            first_id, started_s = frame.id, last_s
        number = frame.id - first_id
        ages_ms.append((last_s - frame.captured_s) * 1e3)
        if slow_s:
            pause.wait(slow_s)
    ages_ms.sort()
    return {
        "frames": number + 1,
        "read": len(ages_ms),
        "fps": round(number / max(last_s - started_s, 1e-9), 2),
        "age_ms": {name: round(percentile(ages_ms, q) or 0.0, 2) for name, q in _QUANTILES},
    }


_QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1000, help="of each source, 0 = none (default: 1000)")
    parser.add_argument("--newest", type=int, default=0, metavar="N", help="also N frames under a slow reader")
    parser.add_argument("--report", default="-", help="where the figures go as JSON, - = standard output (default: -)")
    return exit_status_of(lambda: _run(parser.parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    results: Dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, RtspServer(SIZE, FPS) as server:
        for candidate in candidates(folder, options.frames, server) if options.frames else ():
            results[candidate.name] = _measured(candidate, options.frames, 0.0)
        if options.newest:
            # Stamped when they are made: a test source that a busy machine makes late is not what is measured.
            made = BALL.format(SIZE[0], SIZE[1], FPS).replace("is-live=true", "is-live=true do-timestamp=true")
            ball = pipelines.custom(pipelines.Machine(present_elements(), jetson=False), made)
            slow = Candidate("newest wins", _live(ball, lambda text, name, live: ChildCapture(text, name)))
            results["{} fps under a reader of {:g}".format(FPS, 1 / SLOW_S)] = _measured(slow, options.newest, SLOW_S)
    write_report(options.report, {"sources": results, "machine": machine()})
    return 0


def _measured(candidate: Candidate, frames: int, slow_s: float) -> Dict[str, Any]:
    try:
        with candidate.open() as source:
            result = measure(source, frames, slow_s)
    except ShelfsightError as error:
        result = {"error": str(error)}
    print("{}: {}".format(candidate.name, result), file=sys.stderr)
    return result


if __name__ == "__main__":
    sys.exit(main())
