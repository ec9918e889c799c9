"""The .mp4 sink with true times: GStreamer encodes in a child process, a thread feeds it, the loop never waits."""

import contextlib
import logging
import threading
from collections import deque
from typing import Any, Deque, List, Optional, Tuple

import numpy as np

from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.gstreamer.pipelines import Machine
from runtime.outputs import claimed
from runtime.settings import Segment
from runtime.sinks.recordable import check_recordable
from runtime.sinks.recorder import FINISH_S
from runtime.sinks.sink import Sink
from runtime.sinks.takes import Takes

log = logging.getLogger(__name__)

WAITING_BYTES = 32 << 20
"""Of pictures that wait for the encoder at most: a second at 640x480, which starting the next segment takes a Nano."""


class RecordingSink(Sink):
    """Each picture is shown from its capture on until the next one's: an hour recorded plays for an hour.

    Of a file each is recorded, at its time in the file. Of what is live the encoder may be too slow for some: they are
    left out, and said. Where the encoder fails, is frozen or the disk is full, a new file follows; the loop goes on.
    """

    def __init__(
        self,
        path: str,
        machine: Machine,
        nominal_fps: float = 0.0,
        segment: Optional[Segment] = None,
        keep_bytes: Optional[int] = None,
    ) -> None:
        """Nothing is written before the first picture, and over nothing: where `path` is there, out-2.mp4 beside it.

        SinkError where another run records there. `nominal_fps` 0: wait for the encoder, leave nothing out.
        """
        check_recordable(path)
        self._claim = contextlib.ExitStack()
        self._claim.enter_context(claimed(path))
        self.name = path
        self._fps = nominal_fps
        self._takes = Takes(path, machine, nominal_fps, segment, keep_bytes)
        self._is_in_segments = segment is not None
        self._changed = threading.Condition()
        self._queue: Deque[Tuple[np.ndarray, float]] = deque()
        self._is_ending = False
        self._left_out = 0
        self._last_of_file_s = float("-inf")
        self._thread: Optional[threading.Thread] = None

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        """Costs the loop one copy of the picture. Always true."""
        source_s = observation.frame.source_s
        if source_s is not None:
            if source_s <= self._last_of_file_s:
                return True  # the last picture again, in a stall
            self._last_of_file_s = source_s
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
            self._thread.start()
        with self._changed:
            if not self._fps or source_s is not None:
                self._changed.wait_for(lambda: not self._is_full(picture))
            if self._is_full(picture):
                self._left_out += 1
                return True
        # Only this thread adds: what was free above still is.
        copy = picture.copy()
        with self._changed:
            self._queue.append((copy, observation.frame.shown_s))
            self._changed.notify_all()
        return True

    def _is_full(self, picture: np.ndarray) -> bool:
        return len(self._queue) >= max(2, WAITING_BYTES // picture.nbytes)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._is_ending)
                if not self._queue:
                    break
                picture, shown_s = self._queue.popleft()
                self._changed.notify_all()
            self._takes.record(picture, shown_s)
        self._takes.close()

    def close(self) -> None:
        """Within FINISH_S, frozen encoder or not; no process is left behind."""
        with self._claim:
            with self._changed:
                self._is_ending = True
                self._changed.notify_all()
            if self._thread is None:
                return
            self._thread.join(FINISH_S)
            if self._thread.is_alive():
                self._takes.kill()
                self._thread.join(1.0)
            self._thread = None
            self._tell()

    def _tell(self) -> None:
        takes = self._takes
        if takes.written:
            text = "recorded %d pictures to %s" if self._is_in_segments else "recorded %d pictures to %s, %.1f s"
            arguments: List[Any] = [takes.written, takes.path] + ([] if self._is_in_segments else [takes.seconds])
            log.info(text, *arguments)
        if takes.missing:
            log.warning("%d pictures are not in it: the encoder had failed, see above", takes.missing)
        if self._left_out:
            log.warning("%d pictures are not in it: the encoder was slower than the loop", self._left_out)
