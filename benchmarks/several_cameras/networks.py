"""One pair of networks, and the loop that runs any number of cameras through it."""

import contextlib
import threading
from typing import List, Optional, Sequence

import numpy as np

from benchmarks.stand_ins.simulated import PacedSource, noise_picture, simulated_classifier, simulated_detector
from runtime.bundle import Bundle
from runtime.command_line.arguments import settings_from_arguments
from runtime.figures.figures import Figures
from runtime.frame import Frame
from runtime.loop.loop import Limits, LoopParts
from runtime.loop.member import Member
from runtime.loop.overlapped import OverlappedLoop
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
from runtime.sources.source import Source
from runtime.stages import Stages

RES: Res = (640, 480)
SIMULATED, CPU = "simulated", "cpu"
DETECT_S, CLASSIFY_S, BOXES = 0.010, 0.004, 6


class _Still(Source):
    """What the detector's input takes its shape from."""

    def __init__(self) -> None:
        self.res = RES


class Networks:
    """Both stages of one kind, which every run uses again."""

    def __init__(self, kind: str, stack: contextlib.ExitStack) -> None:
        """`kind`: SIMULATED, stages that sleep as an accelerator does, or CPU, the shipped ones on one thread."""
        self.kind = kind
        if kind == SIMULATED:
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

    def cameras(self, count: int, fps: float) -> List[Source]:
        """Ones that deliver on time."""
        return [PacedSource(self.image, fps) for _ in range(count)]

    def run(self, sources: Sequence[Source], seconds: float) -> List[Figures]:
        """The loop with a camera for each source, which it closes; each camera's figures."""
        with contextlib.ExitStack() as stack:
            for source in sources:
                stack.enter_context(source)
            members = [
                Member(
                    source, recogniser, Presenter(Composer(["product"], None, False), [NullSink()]), 0.0, str(number)
                )
                for number, (source, recogniser) in enumerate(zip(sources, self._recognisers(len(sources))))
            ]
            in_batches = self.in_batches and len(sources) > 1
            loop = OverlappedLoop(
                LoopParts(members, threading.Event(), Limits(seconds=seconds), 1e9, in_batches=in_batches)
            )
            loop.run()
            return loop.cameras()

    def _recognisers(self, count: int) -> List[Recogniser]:
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
