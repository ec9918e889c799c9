"""The loop on a simulated accelerator against 1 / (detect + classify): python -m benchmarks.overlap

The engines hold their answer for a set time with the interpreter free, as a GPU would; everything around them is the
program's own: a camera thread, the pipeline, composing that takes a set time, the page with viewers in another process,
JPEG encoding, and, with --busy, a thread that computes in Python all the time.
"""

import argparse
import contextlib
import multiprocessing
import statistics
import sys
import threading
import time
import urllib.request
from typing import Dict, Iterator, List, Optional

import cv2
import numpy as np

from benchmarks.machine import machine
from benchmarks.stand_ins.simulated import PacedSource, noise_picture, simulated_classifier, simulated_detector
from runtime.command_line.command import exit_status_of
from runtime.figures.figures import Figures
from runtime.figures.report import STANDARD_OUTPUT, figures_as_json, write_report
from runtime.frame import Observation
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.loop.sequential import SequentialLoop
from runtime.picture.compose import Composer
from runtime.recognition.naming import Naming, NamingPolicy
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.sinks.null import NullSink
from runtime.sinks.sink import Sink
from runtime.sinks.web import WebSink


class SlowComposer(Composer):
    """Composes, and keeps its thread busy until a set time has passed: Python and array work by turns."""

    def __init__(self, compose_s: float) -> None:
        super().__init__(["product"], ["product {}".format(number) for number in range(30)])
        self._compose_s = compose_s
        self._scratch = np.zeros((480, 640, 3), np.uint8)

    def compose(self, observation: Observation, figures: Figures) -> np.ndarray:
        end_s = time.perf_counter() + self._compose_s
        picture = super().compose(observation, figures)
        while time.perf_counter() < end_s:
            np.copyto(self._scratch, picture)
            sum(range(500))
        return picture


def _watch(url: str, stop: "multiprocessing.synchronize.Event") -> None:
    """A viewer: reads the stream until told to end."""
    with contextlib.suppress(OSError), urllib.request.urlopen(url + "stream.mjpg", timeout=5) as stream:
        while not stop.is_set() and stream.read(65536):
            pass


@contextlib.contextmanager
def viewers(url: str, count: int) -> Iterator[None]:
    """`count` viewers of the page, each a process."""
    stop = multiprocessing.Event()
    processes = [multiprocessing.Process(target=_watch, args=(url, stop), daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in processes:
            process.terminate()
            process.join(2)


@contextlib.contextmanager
def busy_thread(wanted: bool) -> Iterator[None]:
    """A thread that holds the interpreter whenever it can."""
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    if wanted:
        threading.Thread(target=compute, daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def run_once(own: argparse.Namespace, fps: float) -> Dict[str, float]:
    """One run; its true rate, its share of the bound, and its latency."""
    cv2.setNumThreads(1)  # as runtime.assembly does
    detector = simulated_detector(own.detect_ms / 1e3, own.boxes)
    classifier = simulated_classifier(own.classify_ms / 1e3)
    recogniser = Recogniser(detector, Tracker(), Naming(classifier, NamingPolicy(every=1)))
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(PacedSource(noise_picture(640, 480), fps))
        sinks: List[Sink] = [stack.enter_context(NullSink())]
        if own.viewers:
            web = WebSink(port=0)
            stack.enter_context(web)
            sinks.append(web)
            stack.enter_context(viewers(web.url, own.viewers))
            time.sleep(0.5)
        stack.enter_context(busy_thread(own.busy))
        presenter = Presenter(SlowComposer(own.compose_ms / 1e3), sinks)
        member = Member(source, recogniser, presenter, 0.0)
        parts = LoopParts([member], threading.Event(), Limits(seconds=own.seconds), 1e9)
        loop = SequentialLoop(parts) if own.sequential else OverlappedLoop(parts)
        loop.run()
        figures = loop.figures()
    stages = figures.stages_ms
    work_ms = stages.preprocess + stages.detect + stages.track + stages.classify + stages.compose
    bound_hz = min(1e3 / (own.detect_ms + own.classify_ms), fps)
    return {
        "true_fps": figures.true_fps,
        "share": figures.true_fps * (own.detect_ms + own.classify_ms) / 1e3,
        "share_of_reachable": figures.true_fps / bound_hz,
        "latency_p50_ms": figures.latency_p50_ms or 0.0,
        "latency_over_work": (figures.latency_p50_ms or 0.0) / work_ms,
        "stages_ms": figures_as_json(figures)["stages_ms"],
        "limited_by": figures.limited_by,
    }


def measure(own: argparse.Namespace, fps: float) -> Dict[str, object]:
    """Median and extremes over all runs with a camera of `fps`."""
    runs = []
    for _ in range(own.runs):
        runs.append(run_once(own, fps))
        told = "camera {:g} fps: {true_fps:.2f} fps, share {share:.4f}, latency {latency_over_work:.3f} of the work"
        print(told.format(fps, **runs[-1]), file=sys.stderr)
    shares = [run["share"] for run in runs]
    latencies = [run["latency_over_work"] for run in runs]
    return {
        "camera_fps": fps,
        "share_median": round(statistics.median(shares), 4),
        "share_min": round(min(shares), 4),
        "latency_over_work_median": round(statistics.median(latencies), 3),
        "latency_over_work_max": round(max(latencies), 3),
        "runs": runs,
    }


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overlap", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--detect-ms", type=float, default=25.0, metavar="MS", help="of stage 1 (default: 25)")
    parser.add_argument("--classify-ms", type=float, default=8.0, metavar="MS", help="of stage 2 (default: 8)")
    parser.add_argument("--compose-ms", type=float, default=3.0, metavar="MS", help="of composing (default: 3)")
    parser.add_argument("--boxes", type=int, default=3, metavar="K", help="candidates a frame (default: 3)")
    parser.add_argument("--viewers", type=int, default=2, metavar="N", help="of the page (default: 2)")
    parser.add_argument("--camera", default="30,60", metavar="FPS,...", help="rates of the camera (default: 30,60)")
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="of each (default: 10)")
    parser.add_argument("--seconds", type=float, default=8.0, metavar="S", help="of a run (default: 8)")
    parser.add_argument("--busy", action="store_true", help="beside a thread that computes in Python all the time")
    parser.add_argument("--sequential", action="store_true", help="the plain loop, for comparison")
    parser.add_argument("--json", default=STANDARD_OUTPUT, metavar="FILE", help="where to (default: standard output)")
    own = parser.parse_args(arguments)
    rates = [float(text) for text in own.camera.split(",")]
    return exit_status_of(
        lambda: write_report(
            own.json, dict(machine(), settings=vars(own), results=[measure(own, fps) for fps in rates])
        ),
        target=own.json,
    )


if __name__ == "__main__":
    sys.exit(main())
