"""The .mp4 sink with true times: GStreamer encodes in a child process, a thread feeds it, the loop never waits."""

import logging
import threading
import time
from collections import deque
from typing import Any, Deque, List, Optional, Tuple

import numpy as np

from runtime.errors import ShelfsightError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.gstreamer.pipelines import Machine
from runtime.settings import Segment
from runtime.sinks.recordable import check_recordable
from runtime.sinks.recorder import FINISH_S, Recorder
from runtime.sinks.segments import Series, is_over
from runtime.sinks.sink import Sink

log = logging.getLogger(__name__)

WAITING_BYTES = 32 << 20
"""Of pictures that wait for the encoder at most: a second at 640x480, which starting the next segment takes a Nano."""
LEAST_STEP_S = 0.001
"""Between two pictures: a file's times must rise."""
BUDGET_EVERY_S = 5.0
"""How often the segments on the disk are added up."""


class RecordingSink(Sink):
    """Each picture is shown from its capture on until the next one's: an hour recorded plays for an hour.

    Of a file each is recorded, at its time in the file. Of what is live the encoder may be too slow for some: they are
    left out, and said. A full disk ends the recording with one line in the log;
    the loop goes on.
    """

    def __init__(
        self,
        path: str,
        machine: Machine,
        nominal_fps: float = 0.0,
        segment: Optional[Segment] = None,
        keep_bytes: Optional[int] = None,
    ) -> None:
        """Nothing is written before the first picture. `nominal_fps` 0: wait for the encoder, leave nothing out."""
        check_recordable(path)
        self.name = path
        self._machine = machine
        self._fps = nominal_fps
        self._segment = segment
        self._keep_bytes = keep_bytes
        self._series = Series(path)
        self._changed = threading.Condition()
        self._queue: Deque[Tuple[np.ndarray, float]] = deque()
        self._is_ending = self._has_stopped = False
        self._left_out = self._written = 0
        self._begun_s = self._budget_s = 0.0
        self._last_s = self._last_of_file_s = float("-inf")
        self._recorder: Optional[Recorder] = None
        self._path: Optional[str] = None
        self._finishing: List[threading.Thread] = []
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
                self._changed.wait_for(lambda: self._has_stopped or not self._is_full(picture))
            if self._has_stopped:
                return True
            if self._is_full(picture):
                self._left_out += 1
                return True
        # Only this thread adds: what was free above still is.
        copy = picture.copy()
        with self._changed:
            self._queue.append((copy, observation.frame.shown_s))
            self._changed.notify_all()
        return True

    def _give_up(self, why: str) -> None:
        log.error("recording stopped, the rest goes on: %s", why)
        self._written = 0

    def _is_full(self, picture: np.ndarray) -> bool:
        return len(self._queue) >= max(2, WAITING_BYTES // picture.nbytes)

    def _run(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._queue or self._is_ending)
                    if not self._queue:
                        break
                    picture, shown_s = self._queue.popleft()
                    self._changed.notify_all()
                self._record(picture, shown_s)
            if self._recorder is not None:
                self._recorder.close()
        except ShelfsightError as error:
            self._give_up(str(error))
        except OSError as error:
            self._give_up("{}: {}".format(self.name, error))
        finally:
            with self._changed:
                self._has_stopped = True
                self._queue.clear()
                self._changed.notify_all()

    def _record(self, picture: np.ndarray, shown_s: float) -> None:
        if shown_s <= self._last_s:  # the last picture again, in a stall: it stands there now
            shown_s = max(time.monotonic(), self._last_s + LEAST_STEP_S)
        if self._recorder is not None and self._segment is not None:
            self._keep_to_budget(self._recorder.path)
            if is_over(self._segment, shown_s - self._begun_s, self._recorder.path):
                self._finish(self._recorder)
                self._recorder = None
        if self._recorder is None:
            path = self.name if self._segment is None else self._series.next_path(self._path)
            self._path = path
            self._recorder = Recorder(self._machine, path, self._fps, picture.shape)
            self._begun_s = shown_s
        self._recorder.write(picture, shown_s - self._begun_s)
        self._written += 1
        self._last_s = shown_s

    def _finish(self, recorder: Recorder) -> None:
        """Have a segment finished while the next one goes on."""

        def close() -> None:
            try:
                recorder.close()
            except ShelfsightError as error:
                log.error("a segment may be incomplete: %s", error)

        thread = threading.Thread(target=close, name="segment", daemon=True)
        thread.start()
        self._finishing = [other for other in self._finishing if other.is_alive()] + [thread]

    def _keep_to_budget(self, current: str) -> None:
        now_s = time.monotonic()
        if self._keep_bytes is None or now_s < self._budget_s:
            return
        self._budget_s = now_s + BUDGET_EVERY_S
        for path in self._series.delete_beyond(self._keep_bytes, current):
            log.info("deleted %s: recordings may take %.0f MB", path, self._keep_bytes / 1e6)

    def close(self) -> None:
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        if self._thread is None:
            return
        for thread in [self._thread] + self._finishing:
            thread.join(FINISH_S + 2.0)
        self._thread = None
        if not self._written:
            return
        text = "recorded %d pictures to %s" if self._segment else "recorded %d pictures to %s, %.1f s"
        arguments: List[Any] = [self._written, self.name] + ([] if self._segment else [self._last_s - self._begun_s])
        log.info(text, *arguments)
        if self._left_out:
            log.warning("%d pictures are not in it: the encoder was slower than the loop", self._left_out)
