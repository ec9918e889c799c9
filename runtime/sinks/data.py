"""Names as data: a .jsonl file with a line a frame, a .csv table with a row an object, written by a thread."""

import logging
import os
import threading
import time
from collections import deque
from typing import Deque, List, Optional, TextIO

from runtime.clock import MonotonicClock
from runtime.errors import SinkError
from runtime.frame import Observation
from runtime.settings import Segment
from runtime.sinks.recordable import check_recordable
from runtime.sinks.rows import Told, csv_head, csv_lines, json_line, told_of
from runtime.sinks.segments import Series, is_over
from runtime.sinks.sink import ObservingSink

log = logging.getLogger(__name__)

ENDINGS = (".jsonl", ".csv")
WAITING = 1000
"""Frames that wait for a slow disk at most: half a minute."""
FLUSH_S = 1.0
"""What a kill can lose, and the last line of a .jsonl may be cut: a line counts once its end is there."""
CLOSE_S = 3.0


class DataSink(ObservingSink):
    """Of a file every frame is written. Of what is live a full queue drops the oldest, which is said at the end."""

    def __init__(self, path: str, segment: Optional[Segment] = None, keep_bytes: Optional[int] = None) -> None:
        """Nothing is written over: where `path` exists, SinkError."""
        check_recordable(path)
        if segment is None and os.path.exists(path):
            raise SinkError("{} exists: name another file, or move it away".format(path))
        self.name = path
        self._is_table = path.lower().endswith(".csv")
        self._segment, self._keep_bytes = segment, keep_bytes
        self._series = Series(path)
        self._changed = threading.Condition()
        self._queue: Deque[Told] = deque()
        self._is_ending = self._has_stopped = False
        self._dropped = self._written = 0
        self._clock = MonotonicClock()
        self._file: Optional[TextIO] = None
        self._path = path
        self._begun_s = self._flushed_s = 0.0
        self._thread = threading.Thread(target=self._run, name="data", daemon=True)
        self._thread.start()

    def observe(self, observation: Observation, seconds: float) -> None:
        told = told_of(observation, seconds, self._clock.now_s())
        with self._changed:
            if observation.frame.source_s is not None:
                self._changed.wait_for(lambda: self._has_stopped or len(self._queue) < WAITING)
            elif len(self._queue) >= WAITING:
                self._queue.popleft()
                self._dropped += 1
            if not self._has_stopped:
                self._queue.append(told)
                self._changed.notify_all()

    def _run(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._queue or self._is_ending, FLUSH_S)
                    waiting: List[Told] = list(self._queue)
                    self._queue.clear()
                    self._changed.notify_all()
                    is_last = self._is_ending and not waiting
                for told in waiting:
                    self._write(told)
                self._flush(at_once=is_last)
                if is_last:
                    break
        except OSError as error:
            log.error("writing %s stopped, the rest goes on: %s", self._path, error.strerror or error)
        finally:
            with self._changed:
                self._has_stopped = True
                self._queue.clear()
                self._changed.notify_all()

    def _write(self, told: Told) -> None:
        segment = self._segment
        if self._file is not None and segment is not None:
            if segment.bytes is not None:
                self._file.flush()  # or its size would not be known
            if is_over(segment, told.seconds - self._begun_s, self._path):
                self._file.close()
                self._file = None
        if self._file is None:
            self._begin(told.seconds)
        assert self._file is not None
        self._file.write(csv_lines(told) if self._is_table else json_line(told))
        self._written += 1

    def _begin(self, seconds: float) -> None:
        if self._segment is not None:
            self._path = self._series.next_path()
            if self._keep_bytes is not None:
                for path in self._series.delete_beyond(self._keep_bytes, None):
                    log.info("deleted %s: data may take %.0f MB", path, self._keep_bytes / 1e6)
        self._begun_s = seconds
        self._file = open(self._path, "x", encoding="utf-8", newline="")  # noqa: SIM115 - closed by close()
        if self._is_table:
            self._file.write(csv_head())

    def _flush(self, at_once: bool) -> None:
        now_s = time.monotonic()
        if self._file is not None and (at_once or now_s - self._flushed_s >= FLUSH_S):
            self._flushed_s = now_s
            self._file.flush()

    def close(self) -> None:
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as error:
            log.error("%s is not whole: %s", self._path, error.strerror or error)
        log.info("wrote %d frames to %s", self._written, self.name)
        if self._dropped:
            log.warning("%d frames are not in it: the disk was slower than the loop", self._dropped)
