"""What several cameras cost each other: python -m benchmarks.cameras

Each count of cameras runs as often as --repeats says, in turn with one camera flat out; one thread for the networks.
simulated: stage 1 and stage 2 that sleep, as an accelerator does, and cameras that deliver on time. cpu: the shipped
networks of the drawn products on one thread, a frame of the demo before each camera.

sum: true FPS of all together against one camera flat out. unfairness: the largest share of the frames less the
smallest, of what an equal share would be. latency: p95 over the work of one frame, against cameras + 1. fault: one of
four cameras stalls or goes; the true FPS of the others against their share of the frames before, more of it being no
fault. memory: of each further camera at 640x480. left: threads and file handles after 50 cameras came and went.
"""

import argparse
import contextlib
import gc
import os
import statistics
import sys
import threading
from typing import Any, Dict, Iterator, List, Optional, Sequence

import cv2
import numpy as np

from benchmarks.machine import machine
from benchmarks.memory import rss_mib
from benchmarks.stand_ins.simulated import PacedSource, noise_picture, simulated_classifier, simulated_detector
from runtime.bundle import Bundle
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.figures.figures import Figures
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.frame import Frame
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import NETWORKS, OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.picture.compose import Composer
from runtime.recognition.batching import is_faster_in_batches
from runtime.recognition.naming import Naming, NamingPolicy
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.shipped import DRAWN
from runtime.sides import Res
from runtime.sinks.null import NullSink
from runtime.sources.demo import DemoSource
from runtime.sources.fault import Faults, FaultySource, parse_fault_uri
from runtime.sources.source import Source
from runtime.stages import Stages

COUNTS = (1, 2, 4, 8)
RES: Res = (640, 480)
CAMERA_FPS = 60.0
"""Of each: faster than any share, so that the networks are what is short."""
LEAST_SUM = {"simulated": 0.97, "cpu": 1.0}
MOST_UNFAIR = 0.03
MOST_MIB = 25.0
FAULT_SHARE = 0.98
CAME_AND_WENT = 50
DETECT_S, CLASSIFY_S, BOXES = 0.010, 0.004, 6


class _Still(Source):
    """What the detector's input takes its shape from."""

    def __init__(self) -> None:
        self.res = RES


class Networks:
    """Both stages of one kind, which every run uses again."""

    def __init__(self, kind: str, stack: contextlib.ExitStack) -> None:
        self.kind = kind
        if kind == "simulated":
            self.detector, self.classifier = simulated_detector(DETECT_S, BOXES), simulated_classifier(CLASSIFY_S)
            self.image, self.in_batches = noise_picture(*RES), False
            return
        flags = ["--source", "a=demo://", "--source", "b=demo://", "--engine", "onnx", "--threads", "1"]
        settings = settings_from_arguments(flags)
        stages = stack.enter_context(Stages(settings, Bundle.open(DRAWN), _Still(), threading.Event()))
        assert stages.classifier is not None
        self.detector, self.classifier = stages.detector, stages.classifier
        self.image = _a_frame_of_the_demo()
        self.in_batches = is_faster_in_batches(stages.detector, 4)

    def recognisers(self, count: int) -> List[Recogniser]:
        """Of so many cameras, beside each other."""
        policy = NamingPolicy()
        first = Recogniser(self.detector, Tracker(step=count), Naming(self.classifier, policy))
        return [first] + [first.beside(policy, Tracker(first_id=n, step=count)) for n in range(1, count)]


def _a_frame_of_the_demo() -> np.ndarray:
    with DemoSource("demo://?seed=7&products=6", RES, 30.0) as source:
        frame: Optional[Frame] = None
        while frame is None:
            frame = source.read(1.0)
    return frame.image


def run(networks: Networks, sources: Sequence[Source], seconds: float) -> List[Figures]:
    """The loop with a camera for each source, which it closes; each camera's figures."""
    with contextlib.ExitStack() as stack:
        for source in sources:
            stack.enter_context(source)
        members = [
            Member(source, recogniser, Presenter(Composer(["product"], None, False), [NullSink()]), 0.0, str(number))
            for number, (source, recogniser) in enumerate(zip(sources, networks.recognisers(len(sources))))
        ]
        limits = Limits(seconds=seconds)
        loop = OverlappedLoop(
            LoopParts(members, threading.Event(), limits, 1e9, in_batches=networks.in_batches and len(sources) > 1)
        )
        loop.run()
        return loop.cameras()


def cameras(networks: Networks, count: int) -> List[Source]:
    """Paced ones."""
    return [PacedSource(networks.image, CAMERA_FPS if count > 1 else 4 * CAMERA_FPS) for _ in range(count)]


def sums(networks: Networks, seconds: float, repeats: int) -> Dict[str, Any]:
    """By the count of cameras: sum, unfairness and latency, medians over the repeats, and the verdicts."""
    rows: Dict[int, List[Dict[str, float]]] = {count: [] for count in COUNTS}
    for _ in range(repeats):
        (flat_out,) = run(networks, cameras(networks, 1), seconds)
        work_ms = flat_out.stages_ms.of(NETWORKS + ("compose", "present"))
        for count in COUNTS:
            each = run(networks, cameras(networks, count), seconds)
            frames = [one.presented for one in each]
            rows[count].append(
                {
                    "sum_fps": sum(one.true_fps for one in each),
                    "sum_over_one": sum(one.true_fps for one in each) / flat_out.true_fps,
                    "unfairness": (max(frames) - min(frames)) * count / sum(frames),
                    "latency_p95_over_work": max(one.latency_p95_ms or 0.0 for one in each) / work_ms,
                }
            )
    told: Dict[str, Any] = {}
    for count, measured in rows.items():
        row: Dict[str, Any] = {name: round(statistics.median(one[name] for one in measured), 4) for name in measured[0]}
        row["holds"] = {
            "sum": row["sum_over_one"] >= LEAST_SUM[networks.kind],
            "fair": row["unfairness"] <= MOST_UNFAIR,
            "latency": row["latency_p95_over_work"] <= count + 1,
        }
        told[str(count)] = row
    return told


def faults(networks: Networks, seconds: float) -> Dict[str, Any]:
    """One of four cameras with a fault from its start on: the others, over what they have beside a sound one."""
    sound = run(networks, _at_their_share(networks, None), seconds)
    before_fps = statistics.mean(one.true_fps for one in sound[1:])
    told = {}
    for kind in ("stall:0", "freeze:0", "slow:200", "drop:0.5", "burst:4", "corrupt:1"):
        each = run(networks, _at_their_share(networks, kind), seconds)
        ratio = min(one.true_fps for one in each[1:]) / before_fps
        told[kind] = {"others_over_before": round(ratio, 4), "holds": ratio >= FAULT_SHARE}
    return told


def _at_their_share(networks: Networks, kind: Optional[str]) -> List[Source]:
    """Four cameras that the networks are just enough for: what one lost would show."""
    fps = 0.8 / (4 * (DETECT_S + CLASSIFY_S))
    sources: List[Source] = [PacedSource(networks.image, fps) for _ in range(4)]
    if kind is not None:
        sources[0] = FaultySource(sources[0], Faults(parse_fault_uri("fault://{}@demo://".format(kind))[0]))
    return sources


def memory(networks: Networks, seconds: float) -> Dict[str, Any]:
    """MiB of each further camera, from the resident sets beside one and beside eight."""
    held = {}
    for count in (1, 8):
        sources = cameras(networks, count)
        looking = threading.Timer(0.8 * seconds, lambda count=count: held.update({count: rss_mib()}))
        looking.start()
        run(networks, sources, seconds)
        looking.join()
        gc.collect()
    each_mib = (held[8] - held[1]) / 7
    return {"mib_each": round(each_mib, 2), "holds": each_mib <= MOST_MIB}


def left_behind(networks: Networks) -> Dict[str, Any]:
    """Threads and file handles more than before, once so many cameras came and went."""
    before = threading.active_count(), _handles()
    for _ in range(CAME_AND_WENT // 2):
        run(networks, cameras(networks, 2), 0.2)
    gc.collect()
    more = {"threads": threading.active_count() - before[0], "handles": _handles() - before[1]}
    return dict(more, holds=not any(more.values()))


def _handles() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def verdicts(content: Any, path: str = "") -> Iterator[str]:
    """One line for each thing that was to hold."""
    if isinstance(content, dict):
        holds = content.get("holds")
        for name, is_so in holds.items() if isinstance(holds, dict) else [("", holds)] if holds is not None else []:
            values = ", ".join("{} {}".format(key, value) for key, value in content.items() if key != "holds")
            yield "{} {}: {}".format("holds" if is_so else "FAILS", (path + " " + name).strip(), values)
        for name, inner in content.items():
            if name != "holds":
                yield from verdicts(inner, (path + " " + name).strip())


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 0 all holds, 1 something does not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cameras", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kind", choices=("simulated", "cpu", "both"), default="both", help="of networks")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each run (default: 8)")
    parser.add_argument("--repeats", type=int, default=3, help="of each count of cameras (default: 3)")
    parser.add_argument("--report", metavar="FILE", default=STANDARD_OUTPUT, help="- = standard output")
    return exit_status_of(lambda: _run(parser.parse_args(arguments)))


def _run(own: argparse.Namespace) -> int:
    cv2.setNumThreads(1)  # as runtime.assembly does
    content: Dict[str, Any] = {"machine": machine(), "seconds": own.seconds, "repeats": own.repeats}
    with contextlib.ExitStack() as stack:
        for kind in ("simulated", "cpu") if own.kind == "both" else (own.kind,):
            networks = Networks(kind, stack)
            content[kind] = {"in_batches": networks.in_batches, "cameras": sums(networks, own.seconds, own.repeats)}
            if kind == "simulated":
                content[kind]["fault"] = faults(networks, own.seconds)
                content[kind]["memory"] = memory(networks, own.seconds)
                content[kind]["left"] = left_behind(networks)
    write_report(own.report, content)
    lines = list(verdicts(content))
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if any(line.startswith("FAILS") for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
