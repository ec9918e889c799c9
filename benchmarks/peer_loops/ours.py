"""Our own loop, whole and as it ships, fed a few frames at a time, so that others can have their turn in between."""

import importlib.util
import queue
import threading
from typing import Dict, List, Optional, Sequence

import numpy as np

from benchmarks.peer_loops.hand import Seen
from benchmarks.peer_loops.networks import Planted
from benchmarks.peer_loops.writing import OPENVINO, OURS
from runtime.assembly import assemble
from runtime.clock import MonotonicClock
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import ShelfsightError
from runtime.figures.figures import Figures
from runtime.frame import EndOfStream, Frame, Observation
from runtime.sinks.sink import Sink
from runtime.sources.source import Source

TURN_S = 120.0
"""A turn that takes longer has failed."""


class _TurnSource(Source):
    """Loses nothing; blocks until the next turn brings frames."""

    name = "frames in memory"

    def __init__(self) -> None:
        self.turns: "queue.Queue[Optional[Sequence[np.ndarray]]]" = queue.Queue()
        self._waiting: List[np.ndarray] = []
        self._next_id = 0

    def read(self, timeout_s: float) -> Optional[Frame]:
        if not self._waiting:
            turn = self.turns.get()
            if turn is None:
                raise EndOfStream
            self._waiting = list(turn)[::-1]
        frame = Frame(self._waiting.pop(), self._next_id, MonotonicClock().now_s())
        self._next_id += 1
        return frame

    def close(self) -> None:
        self.turns.put(None)


class _TurnSink(Sink):
    """Says when the last frame of a turn has been presented."""

    name = "counting"

    def __init__(self) -> None:
        self.expected = 0
        self.done = threading.Event()
        self.last: Optional[Observation] = None

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        self.last = observation
        if observation.frame.id == self.expected - 1:
            self.done.set()
        return True


class OurLoop:
    """Runs in a thread of its own from its constructor on, until `close`; between turns it sleeps."""

    def __init__(self, flags: Sequence[str]) -> None:
        """`flags`: of runtime.camera. Raises what the loop raises."""
        self._settings = settings_from_arguments(list(flags) + ["--fps", "0"])
        self.planted: Optional[Planted] = None
        self._source = _TurnSource()
        self._sink = _TurnSink()
        self._failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, name="our loop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with assemble(self._settings, threading.Event(), self._source, [self._sink]) as assembly:
                engine = assembly.recogniser.detector.engine
                run = engine.run

                def planting(tensor: np.ndarray) -> List[np.ndarray]:
                    outputs = run(tensor)
                    return outputs if self.planted is None else [self.planted.output]

                engine.run = planting
                assembly.loop.run()
        except BaseException as error:  # handed to the thread that waits for the turn
            self._failure = error
        finally:
            self._sink.done.set()

    def turn(self, images: Sequence[np.ndarray]) -> None:
        """Show all of `images`: from the first one read to the last one presented."""
        self._sink.done.clear()
        self._sink.expected += len(images)
        self._source.turns.put(images)
        if not self._sink.done.wait(TURN_S):
            raise ShelfsightError("our loop did not present {} frames within {} s".format(len(images), TURN_S))
        if self._failure is not None:
            raise self._failure

    @property
    def seen(self) -> Seen:
        """In the last frame."""
        observation = self._sink.last
        assert observation is not None
        assert observation.names is not None
        return Seen(observation.detections.boxes_px, observation.names.products.tolist())

    def close(self) -> None:
        """End the loop."""
        self._source.close()
        self._thread.join(5.0)

    def __enter__(self) -> "OurLoop":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def variants(flags: Sequence[str]) -> Dict[str, List[str]]:
    """The flags of each way to run our loop. Compared are OURS and, where installed, OPENVINO: one thread, no reuse.

    `flags` name the engine of the others.
    """
    all_asked = ["--classify-every", "1", "--classify-budget-ms", "0"]
    ways = {OURS: ["--sequential"] + all_asked, "ours, overlapped": all_asked, "ours, reuse": ["--sequential"]}
    if importlib.util.find_spec("openvino") is not None:
        ways[OPENVINO] = ["--sequential", "--engine", "openvino"] + all_asked
    return {name: list(flags) + way for name, way in ways.items()}
