"""Pictures of a part of a video, in order of time, each made into BGR only where somebody looks at it."""

from __future__ import annotations

from typing import Any, Iterator

import av
import numpy as np

from runtime.errors import SourceError
from search.videos.opening import opened, origin_s

THUMB = 32
"""Points of a thumbnail each way, at most twice as many."""
MAX_BROKEN = 200
"""Packets in a row that do not decode: then the rest is given up."""
_LUMA_FIRST = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")


class Picture:
    """One decoded frame."""

    def __init__(self, frame: Any, time_s: float) -> None:
        self._frame = frame
        self.time_s = time_s
        """From the video's first picture."""
        self.thumb = _thumb(frame)
        """(h, w) float32 of about THUMB points each way: every so many-th point of the luma."""

    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 BGR, upright; the caller's own."""
        image = self._frame.to_ndarray(format="bgr24")
        turns = round(self._frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


class Pictures:
    """Those of `address` from `start_s` until before `end_s`, in order of time."""

    def __init__(self, address: str, start_s: float, end_s: float, all_frames: bool = False) -> None:
        """`all_frames`: also those that no other refers to, which are the half that costs least to leave out."""
        self._address, self._start_s, self._end_s, self._all_frames = address, start_s, end_s, all_frames
        self.frames = 0
        """That lie there, decoded or not; known when all are given."""

    def __iter__(self) -> Iterator[Picture]:
        """SourceError: it cannot be opened, or nothing in all of it decodes.

        What is damaged in the middle is passed over. Times that are missing are filled in by the rate.
        """
        with opened(self._address) as (container, stream):
            if not self._all_frames:
                stream.codec_context.skip_frame = "NONREF"
            began_s = origin_s(container, stream)
            if self._start_s > 0:
                _seek(container, stream, began_s + self._start_s)
            period_s = 1.0 / float(stream.average_rate or stream.base_rate or 30)
            time_s, delivered = self._start_s - period_s, False
            for frame in self._frames(container, stream, began_s):
                told_s = None if frame.time is None else frame.time - began_s
                time_s = max(0.0, told_s) if told_s is not None else time_s + period_s
                delivered = True
                if time_s >= self._end_s:
                    break
                if time_s >= self._start_s:
                    yield Picture(frame, time_s)
            if not delivered and self._start_s <= 0:
                raise SourceError(f"{self._address}: none of its pictures can be decoded")

    def _frames(self, container: Any, stream: Any, began_s: float) -> Iterator[Any]:
        broken = 0
        packets = container.demux(stream)
        while broken < MAX_BROKEN:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError):
                return  # cut short
            told_s = None if packet.pts is None else float(packet.pts * packet.time_base) - began_s
            if packet.size and (told_s is None or self._start_s <= max(0.0, told_s) < self._end_s):
                self.frames += 1
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                broken += 1
                continue
            if frames:
                broken = 0
            yield from frames


def _seek(container: Any, stream: Any, to_s: float) -> None:
    try:
        container.seek(int(to_s / stream.time_base), stream=stream, backward=True)
    except av.error.FFmpegError:
        pass  # from its beginning then: slower, the same pictures


def _thumb(frame: Any) -> np.ndarray:
    if frame.format.name in _LUMA_FIRST:
        plane = frame.planes[0]
        luma = np.frombuffer(plane, np.uint8)[: plane.line_size * frame.height].reshape(frame.height, plane.line_size)
        luma = luma[:, : frame.width]
    else:
        small = frame.reformat(width=2 * THUMB, height=2 * THUMB, format="gray")
        luma = small.to_ndarray()
    rows, columns = max(1, luma.shape[0] // THUMB), max(1, luma.shape[1] // THUMB)
    return luma[rows // 2 :: rows, columns // 2 :: columns].astype(np.float32)
