"""The files of one recording, one after the other: a new one when a segment is over, or when an encoder failed."""

import contextlib
import logging
import os
import threading
import time
from typing import List, Optional, Tuple

import numpy as np

from runtime.errors import ShelfsightError
from runtime.gstreamer.pipelines import Machine
from runtime.outputs import free_path, is_special
from runtime.settings import Segment
from runtime.sinks.recorder import FINISH_S, Recorder
from runtime.sinks.segments import Series, is_over

log = logging.getLogger(__name__)

LEAST_STEP_S = 0.001
"""Between two pictures: a file's times must rise."""
BUDGET_EVERY_S = 5.0
"""How often the segments on the disk are added up."""
HEALTHY_S = 10.0
"""An encoder that ran for so long failed for another reason than the one before it."""
SURE_S = 1.0
"""An encoder that runs for so long is one; before, it may not have met its trouble yet."""
NO_PICTURE_BYTES = 1024
"""An .mp4's own head is as long; with a picture in it it is longer."""
LONGEST_WAIT_S = 30.0
"""Between two tries. The first is at once, the next after 1 s, 2 s, 4 s and so on."""


class Takes:
    """For one thread, but for `kill`."""

    def __init__(
        self, path: str, machine: Machine, fps: float, segment: Optional[Segment], keep_bytes: Optional[int]
    ) -> None:
        """Nothing is written before the first picture, and over nothing: beside `path` where that is there."""
        self.written = self.missing = 0
        """Pictures."""
        self.seconds = 0.0
        """Of the file that is being written."""
        self.path = path
        """Of the same; of all, where they are segments."""
        self._given, self._machine, self._fps = path, machine, fps
        self._segment, self._keep_bytes = segment, keep_bytes
        self._series = Series(path)
        self._begun_s = self._budget_s = self._opened_s = self._retry_s = 0.0
        self._last_s = self._sure_s = float("-inf")
        self._failures = self._lost = self._in_doubt = 0
        self._is_interrupted = self._is_over = False
        self._recorder: Optional[Recorder] = None
        self._path: Optional[str] = None
        self._finishing: List[Tuple[threading.Thread, Recorder]] = []

    def record(self, picture: np.ndarray, shown_s: float) -> None:
        """Waits for the encoder. Where it fails, the picture goes into a new file, or is missing until there is one."""
        if shown_s <= self._last_s:  # the last picture again, in a stall: it stands there now
            shown_s = max(time.monotonic(), self._last_s + LEAST_STEP_S)
        while not self._is_over and time.monotonic() >= self._retry_s:
            try:
                self._record(picture, shown_s)
            except (ShelfsightError, OSError) as error:
                self._failed(error)
            else:
                self._recorded(shown_s)
                return
        self._lost += 1

    def _record(self, picture: np.ndarray, shown_s: float) -> None:
        if self._recorder is not None and self._segment is not None:
            self._keep_to_budget(self._recorder.path)
            if is_over(self._segment, shown_s - self._begun_s, self._recorder.path):
                self._finish(self._recorder)
                self._recorder = None
        if self._recorder is None:
            self._path = free_path(self._given) if self._segment is None else self._series.next_path(self._path)
            if self._segment is None:
                self.path = self._path
            self._recorder = Recorder(self._machine, self._path, self._fps, picture.shape)
            self._begun_s, self._opened_s = shown_s, time.monotonic()
        self._recorder.write(picture, shown_s - self._begun_s)
        self.seconds = shown_s - self._begun_s

    def _recorded(self, shown_s: float) -> None:
        self._last_s = shown_s
        self._in_doubt += 1
        if time.monotonic() - self._opened_s < SURE_S:
            return
        if self._is_interrupted:
            gap_s = self._begun_s - self._sure_s if self.written else 0.0
            log.warning("recording again, to %s: %d pictures, %.1f s, are missing", self._path, self._lost, gap_s)
            self._is_interrupted = False
        self._sure_s = shown_s
        self._settle()

    def _settle(self) -> None:
        """What was recorded while it was in doubt counts, and so does what was not."""
        self.written += self._in_doubt
        self.missing += self._lost
        self._in_doubt = self._lost = 0

    def _failed(self, error: Exception) -> None:
        """A new file follows, at once or after a while."""
        now_s = time.monotonic()
        if self._recorder is not None and now_s - self._opened_s > HEALTHY_S:
            self._failures = 0
        self._recorder = None
        _drop_empty(self._path)
        deleted = self._series.make_room(None) if self._keep_bytes is not None else []
        if deleted:
            self._say_deleted(deleted, "the disk is full")
            self._failures = 0  # there is room now: at once
        wait_s = 0.0 if self._failures == 0 else min(LONGEST_WAIT_S, 2.0 ** min(self._failures - 1, 10))
        self._failures += 1
        self._retry_s = now_s + wait_s
        self._is_interrupted = True
        self._lost += self._in_doubt
        self._in_doubt = 0
        when = "in {:g} s".format(wait_s) if wait_s else "follows"
        log.error("recording stopped, the rest goes on: %s; a new file %s", error, when)

    def _finish(self, recorder: Recorder) -> None:
        """Have a segment finished while the next one goes on."""
        thread = threading.Thread(target=_closed, args=(recorder,), name="segment", daemon=True)
        thread.start()
        self._finishing = [each for each in self._finishing if each[0].is_alive()] + [(thread, recorder)]

    def _keep_to_budget(self, current: str) -> None:
        now_s = time.monotonic()
        if self._keep_bytes is None or now_s < self._budget_s:
            return
        self._budget_s = now_s + BUDGET_EVERY_S
        why = "recordings may take {:.0f} MB".format(self._keep_bytes / 1e6)
        self._say_deleted(self._series.delete_beyond(self._keep_bytes, current), why)
        self._say_deleted(self._series.make_room(current), "the disk is nearly full")

    def _say_deleted(self, paths: List[str], why: str) -> None:
        for path in paths:
            log.info("deleted %s: %s", path, why)

    def close(self) -> None:
        """Finish what is being written, each within FINISH_S."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None and not _closed(recorder):
            self._lost, self._in_doubt = self._lost + self._in_doubt, 0
        self._settle()
        for thread, _ in self._finishing:
            thread.join(FINISH_S)

    def kill(self) -> None:
        """From another thread: whatever encodes ends now, what waits for it goes on, and no new file is begun."""
        self._is_over = True
        for recorder in [self._recorder] + [each for _, each in self._finishing]:
            if recorder is not None:
                recorder.kill()


def _drop_empty(path: Optional[str]) -> None:
    """Tries on a full disk would leave a file each, for months."""
    if path is None or is_special(path):
        return
    with contextlib.suppress(OSError):
        if os.path.getsize(path) <= NO_PICTURE_BYTES:
            os.unlink(path)


def _closed(recorder: Recorder) -> bool:
    """Whether its file was finished; says so where not."""
    try:
        recorder.close()
    except ShelfsightError as error:
        log.error("a recording may be incomplete: %s", error)
        return False
    return True
