"""A long video made cheaply: a short one over and over, packets as they are."""

from __future__ import annotations

import os
from typing import Any


def repeated(path: str, source: str, seconds: float) -> str:
    """Write `source` to `path` as often as `seconds` ask for, unless one no older than `source` is there; `path`."""
    import av

    if os.path.exists(path) and os.path.getmtime(path) >= os.path.getmtime(source):
        return path
    partial = path + ".part"
    with av.open(source) as container:
        stream: Any = container.streams.video[0]
        packets: list[Any] = [
            packet for packet in container.demux(stream) if packet.pts is not None and packet.dts is not None
        ]
        kept = [(bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in packets]
        length, tick_s = int(stream.duration), stream.time_base
        with av.open(partial, "w", format="mp4") as out:
            written = out.add_stream_from_template(stream)
            for round_ in range(max(1, round(seconds / float(length * tick_s)))):
                for data, pts, dts, is_keyframe in kept:
                    packet = av.Packet(data)
                    packet.time_base, packet.is_keyframe = tick_s, is_keyframe
                    packet.pts, packet.dts = pts + round_ * length, dts + round_ * length
                    packet.stream = written
                    out.mux(packet)
    os.replace(partial, path)
    return path
