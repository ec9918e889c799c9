"""A stretch of a video cut out: packets as they are, so from the key frame before it, with its sound."""

from __future__ import annotations

import os
from typing import Any

import av

from runtime.errors import SourceError
from search.videos.opening import opened, origin_s


def cut_out(address: str, first_s: float, last_s: float, path: str) -> None:
    """Write a Matroska file. SourceError: the video cannot be read. Half a file is never left behind."""
    partial = path + ".part"
    try:
        with opened(address) as (container, stream):
            wanted = [stream, *container.streams.audio[:1]]
            began_s = origin_s(container, stream)
            container.seek(int((began_s + first_s) / stream.time_base), stream=stream, backward=True)
            with av.open(partial, "w", format="matroska") as out:
                written = {one.index: out.add_stream_from_template(one) for one in wanted}
                _copy(container.demux(wanted), written, out, began_s + last_s)
        os.replace(partial, path)
    except av.error.FFmpegError as error:
        raise SourceError(f"{address}: cannot be cut at {first_s:.1f} s ({error})") from error
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def _copy(packets: Any, written: dict[int, Any], out: Any, end_s: float) -> None:
    began_s: float | None = None
    for packet in packets:
        if packet.dts is None or packet.pts is None:
            continue
        at_s = float(packet.pts * packet.time_base)
        if packet.stream.type == "video" and at_s > end_s and packet.is_keyframe:
            return
        if began_s is None:
            if packet.stream.type != "video" or not packet.is_keyframe:
                continue
            began_s = float(packet.dts * packet.time_base)
        if at_s > end_s + 1.0:
            return
        shift = round(began_s / packet.time_base)
        if packet.pts < shift:
            continue
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = written[packet.stream.index]
        out.mux(packet)
