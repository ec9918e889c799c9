"""What the loop costs beyond its networks: python -m benchmarks.overhead --source VIDEO --detector MODEL.onnx

whole: the period of the loop on frames in memory, composing on, nothing shown. bare: the very tensors that the loop
fed its networks, fed to them again back to back. Both in one process on the same sessions, in turn, several times; the
ratio whole / bare of each pair is what is reported, so that a machine whose speed drifts does not matter. Sequential,
and every candidate named on every frame, unless the flags say otherwise.
"""

import argparse
import statistics
import sys
import threading
import time
from typing import Dict, List, Optional

import numpy as np

from benchmarks.machine import machine
from runtime.assembly import Assembly, assemble
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.engines.engine import Engine
from runtime.figures.figures import Stages
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.frame import EndOfStream
from runtime.settings import Settings
from runtime.sinks.null import NullSink
from runtime.sources.fake import FakeSource
from runtime.sources.opening import open_source


def frames_of(settings: Settings, count: int) -> List[np.ndarray]:
    """The first `count` pictures of the source that `settings` name, (H, W, 3) uint8 each."""
    images: List[np.ndarray] = []
    with open_source(settings) as source:
        while len(images) < count:
            try:
                frame = source.read(1.0)
            except EndOfStream:
                break
            if frame is not None:
                images.append(frame.image)
    return images


class Tape:
    """Records the tensors that go into engines, to play them again."""

    def __init__(self) -> None:
        self.calls: List[tuple] = []

    def record(self, engine: Engine) -> None:
        """From now on keep a copy of every tensor that `engine` is run on."""
        run = engine.run

        def recorded(tensor: np.ndarray) -> List[np.ndarray]:
            self.calls.append((run, tensor.copy()))
            return run(tensor)

        engine.run = recorded  # type: ignore[method-assign]

    def play_s(self) -> float:
        """Run every recorded tensor again, in order; seconds that it took."""
        started_s = time.perf_counter()
        for run, tensor in self.calls:
            run(tensor)
        return time.perf_counter() - started_s


def engines_of(assembly: Assembly) -> List[Engine]:
    """The engines of both stages."""
    recogniser = assembly.recogniser
    return [recogniser.detector.engine] + ([recogniser.classifier.engine] if recogniser.classifier else [])


class Passes:
    """The passes of one setting, and what they come to."""

    def __init__(self, settings: Settings, images: List[np.ndarray]) -> None:
        """`images`: (H, W, 3) uint8 each."""
        self._settings = settings
        self._images = images
        self._bare_ms: List[float] = []
        self._stages: List[Stages] = []
        self._crops = 0
        self._input = ""

    @property
    def whole_ms(self) -> List[float]:
        """Milliseconds a frame of each pass."""
        return [stages.period for stages in self._stages]

    def run(self) -> None:
        """One pass of the whole loop, and one of its bare networks."""
        images = self._images
        tape = Tape()
        source = FakeSource([image.copy() for image in images])
        with assemble(self._settings, threading.Event(), source, [NullSink()]) as assembly:
            assembly.loop.run()
            self._stages.append(assembly.loop.figures().stages_ms)
            # The same sessions, warm; the tensors are taped in a pass of their own, so that copying is not timed.
            for engine in engines_of(assembly):
                tape.record(engine)
            for image in images:
                detector = assembly.recogniser.detector_for(image)
                found = detector.detect(detector.prepare(image))
                if assembly.recogniser.classifier:
                    assembly.recogniser.classifier.name(image, found.boxes_px)
            self._bare_ms.append(tape.play_s() / len(images) * 1e3)
        self._crops = sum(len(tensor) for _, tensor in tape.calls) - len(images)
        self._input = str(detector.sides)

    def figures(self) -> Dict[str, object]:
        """Medians over the passes, in ms a frame, and the ratio of each pair."""
        ratios = [whole / bare for whole, bare in zip(self.whole_ms, self._bare_ms)]
        stages = {name: [getattr(each, name) for each in self._stages] for name in Stages._fields}
        return {
            "input": self._input,
            "frames": len(self._images),
            "repeats": len(ratios),
            "crops_per_frame": round(self._crops / len(self._images), 2),
            "whole_ms": round(statistics.median(self.whole_ms), 3),
            "bare_ms": round(statistics.median(self._bare_ms), 3),
            "whole_over_bare": round(statistics.median(ratios), 4),
            "whole_over_bare_range": [round(min(ratios), 4), round(max(ratios), 4)],
            "stages_ms": {name: round(statistics.median(values), 3) for name, values in stages.items()},
        }


def measure(settings: Settings, images: List[np.ndarray], repeats: int) -> Dict[str, object]:
    """The figures of `repeats` pairs of whole and bare."""
    passes = Passes(settings, images)
    for _ in range(repeats):
        passes.run()
    return passes.figures()


def measure_beside_square(settings: Settings, images: List[np.ndarray], repeats: int) -> Dict[str, object]:
    """The same, each pair in turn with one of a square input, and the ratio of their whole frames."""
    ours, squares = (Passes(settings._replace(square=is_square), images) for is_square in (False, True))
    for _ in range(repeats):
        ours.run()
        squares.run()
    ratios = [ours_ms / square_ms for ours_ms, square_ms in zip(ours.whole_ms, squares.whole_ms)]
    return dict(
        ours.figures(),
        square=squares.figures(),
        whole_over_square=round(statistics.median(ratios), 4),
        whole_over_square_range=[round(min(ratios), 4), round(max(ratios), 4)],
    )


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overhead",
        description="Whole loop over bare inference. Every flag of runtime.camera works too, as in --source, "
        "--detector, --bundle, --size; the networks get one thread unless --threads says otherwise.",
    )
    parser.add_argument("--pictures", type=int, default=100, metavar="N", help="frames of one pass (default: 100)")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="pairs of passes (default: 5)")
    parser.add_argument("--beside-square", action="store_true", help="the same with --square, in turn, and the ratio")
    parser.add_argument("--json", metavar="FILE", default=STANDARD_OUTPUT, help="where to (default: standard output)")
    own, rest = parser.parse_known_args(arguments)
    return exit_status_of(lambda: _overhead(own, rest), target=own.json)


def _overhead(own: argparse.Namespace, rest: List[str]) -> None:
    settings = settings_from_arguments(
        ["--threads", "1", "--sequential", "--classify-every", "1"] + rest + ["--fps", "0"]
    )
    measured = measure_beside_square if own.beside_square else measure
    result = measured(settings, frames_of(settings, own.pictures), own.repeats)
    write_report(own.json, dict(machine(), settings=rest, **result))


if __name__ == "__main__":
    sys.exit(main())
