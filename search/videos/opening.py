"""A video opened by PyAV, from a file or an fsspec URL, and what it says of itself."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any, Iterator, NamedTuple

import av
import fsspec

from runtime.errors import SourceError


class Facts(NamedTuple):
    """What a container says."""

    duration_s: float | None
    """None: it does not say."""
    epoch_s: float | None
    """When it was filmed, in seconds since 1970."""


@contextlib.contextmanager
def opened(address: str) -> Iterator[tuple[Any, Any]]:
    """The container and its first video stream, decoded on one thread. SourceError: there is none."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(fsspec.open(address, "rb").open()) if "://" in address else address
            container = stack.enter_context(av.open(file, metadata_errors="replace"))
        except (av.error.FFmpegError, OSError, ValueError, ImportError) as error:
            raise SourceError(f"{address}: cannot be opened as a video ({_reason(error)})") from error
        streams = [one for one in container.streams.video if not _is_cover(one)]
        if not streams:
            kinds = ", ".join(sorted({one.type for one in container.streams})) or "nothing"
            raise SourceError(f"{address}: no video in it (it holds {kinds})")
        stream = streams[0]
        # One thread a worker: pieces are what runs side by side.
        stream.thread_type = "NONE"
        stream.codec_context.options = {"skip_loop_filter": "noref"}
        yield container, stream


def origin_s(container: Any, stream: Any) -> float:
    """The time of its first picture, which is second 0 to us."""
    if stream.start_time is not None:
        return float(stream.start_time * stream.time_base)
    return (container.start_time or 0) / av.time_base


def facts_of(address: str) -> Facts:
    """SourceError: it is no video."""
    with opened(address) as (container, stream):
        duration_s = None
        if stream.duration is not None and stream.time_base:
            duration_s = float(stream.duration * stream.time_base)
        elif container.duration:
            duration_s = container.duration / av.time_base
        if duration_s is not None and not 0 < duration_s < 1e7:
            duration_s = None
        return Facts(duration_s, _epoch_s(container.metadata.get("creation_time")))


def _is_cover(stream: Any) -> bool:
    """A song's picture is a video stream of one frame."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _epoch_s(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat((text or "").replace("Z", "+00:00")).timestamp() or None
    except (ValueError, OverflowError):
        return None


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
