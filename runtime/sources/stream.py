"""Sources that a GStreamer pipeline feeds: live ones, of which the newest picture wins, and files."""

import logging
import threading
from typing import Callable, NoReturn, Optional

from runtime.clock import MonotonicClock
from runtime.errors import ShelfsightError, SourceError
from runtime.frame import EndOfStream, Frame, capture_time_s
from runtime.gstreamer.capture import Capture
from runtime.newest import NewestSlot
from runtime.sources.fitting import Size, fitted, fitted_size, res_of
from runtime.sources.source import Source
from runtime.sources.times import FPS, RisingTimes, sensible_fps
from runtime.told import TOLD

log = logging.getLogger(__name__)

FIRST_FRAME_S = 10.0
"""How long a live pipeline may take to its first picture: RTSP waits for a key frame, argus starts for seconds."""
POLL_S = 0.2
"""How often the capturing thread looks whether it should end."""
JOIN_S = 1.5
"""Bound of `close`; a pipeline that hangs is left behind."""


class LiveStream(Source):
    """A thread opens the pipeline, takes each picture and closes it again; the reader gets the newest."""

    live = True

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], Capture],
        clock: Optional[MonotonicClock] = None,
        first_frame_s: float = FIRST_FRAME_S,
        may_end: bool = False,
    ) -> None:
        """Returns once the first picture is there; SourceError if none comes within `first_frame_s`.

        `may_end`: the end of its stream is no failure.
        """
        self.name = name
        self._may_end = may_end
        self._open_capture = open_capture
        self._clock = clock or MonotonicClock()
        self._stop = threading.Event()
        self._slot: NewestSlot[Frame] = NewestSlot()
        self._first: Optional[Frame] = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()
        try:
            self._first = self._slot.take(first_frame_s)
            if self._first is None:
                message = "{} opens but delivers no frame within {:g} s: in use elsewhere, or of a codec unknown here?"
                raise SourceError(message.format(name, first_frame_s))
            self.res = res_of(self._first.image)
        except (EndOfStream, ShelfsightError) as error:
            self.close()
            if isinstance(error, EndOfStream):
                raise SourceError("{} ended before its first frame".format(name)) from error
            raise

    def _run(self) -> None:
        try:
            capture = self._open_capture()
            try:
                log.info("%s runs through %s", self.name, capture.by)
                self._film(capture)
            finally:
                capture.close()
        except EndOfStream as end:
            self._slot.fail(end if self._may_end else SourceError("{} ended its stream".format(self.name)))
        except Exception as error:  # handed to the reader, who raises it
            self._slot.fail(error)

    def _film(self, capture: Capture) -> None:
        number = 0
        while not self._stop.is_set():
            picture = capture.read(POLL_S)
            if picture is not None:
                self._slot.put(Frame(picture.image, number, capture_time_s(picture.captured_s, self._clock.now_s())))
                number += 1

    def read(self, timeout_s: float) -> Optional[Frame]:
        if self._first is None:
            return self._slot.take(timeout_s)
        first, self._first = self._first, None
        return self._slot.take(0) or first

    def close(self) -> None:
        self._stop.set()
        self._thread.join(JOIN_S)
        self._slot.fail(EndOfStream())


class FileStream(Source):
    """Decodes on demand: it waits for its reader and loses nothing."""

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], Capture],
        res: Optional[Size] = None,
        clock: Optional[MonotonicClock] = None,
        first_frame_s: float = FIRST_FRAME_S,
    ) -> None:
        """`res`: (width, height) that frames are fitted into. Its first frame is decoded here, or SourceError."""
        self.name = name
        self._res = res
        self._clock = clock or MonotonicClock()
        self._read = 0
        self._times = RisingTimes(FPS)
        self._capture = open_capture()
        try:
            self._ahead = self._capture.read(first_frame_s)
        except EndOfStream:
            self._ahead = None
        except ShelfsightError:
            self.close()
            raise
        if self._ahead is None:
            self.close()
            raise SourceError("cannot read {}: not a video, or damaged from its first frame on".format(name))
        self.own_fps = sensible_fps(self._capture.fps)
        own = res_of(self._ahead.image)
        self.res = own if res is None else fitted_size(own, res)

    def read(self, timeout_s: float) -> Optional[Frame]:
        picture, self._ahead = self._ahead, None
        if picture is None:
            try:
                picture = self._capture.read(timeout_s)
            except SourceError as error:
                self._end(error)
        if picture is None:
            return None
        source_s = self._times.next(picture.captured_s)
        frame = Frame(fitted(picture.image, self._res), self._read, self._clock.now_s(), source_s=source_s)
        self._read += 1
        return frame

    def _end(self, error: SourceError) -> NoReturn:
        TOLD.warn(log, self.name, "%s is damaged or cut short: played %d frames (%s)", self.name, self._read, error)
        raise EndOfStream

    def close(self) -> None:
        self._capture.close()
