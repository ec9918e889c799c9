"""The GStreamer Data Protocol, as `gdppay` writes and `gdpdepay` reads it: pictures with caps and times in a pipe.

A packet is a header of 62 bytes, big-endian, and a payload. We read and write version 1.0 (bytes 1, 0); checksums are
optional and left out. Layout: gst-plugins-bad, gst/gdp/dataprotocol.c.
"""

import re
import struct
from typing import NamedTuple, Optional, Tuple

_HEADER = struct.Struct(">BBBxHIQQQQHQ10x")
"""Version (major, minor), flags, type, length, PTS, duration, offset, offset end, buffer flags, DTS."""
HEADER_BYTES = _HEADER.size
BUFFER, CAPS = 1, 2
_EVENT = 64
_STREAM_START, _SEGMENT = _EVENT + (40 << 8 | 14), _EVENT + (70 << 8 | 14)
"""GST_EVENT_STREAM_START and GST_EVENT_SEGMENT: number in the upper bits; downstream, serialized, sticky below."""
_NONE = 2**64 - 1


class Header(NamedTuple):
    """What of a packet's header matters to us."""

    kind: int
    """BUFFER, CAPS, or an event's."""
    length: int
    """Bytes of payload that follow."""
    pts_s: Optional[float]
    """Presentation time in seconds; None where the buffer has none."""


def read_header(data: bytes) -> Header:
    """ValueError if these HEADER_BYTES bytes are no header."""
    major, minor, _flags, kind, length, pts_ns = _HEADER.unpack(data)[:6]
    if (major, minor) not in ((1, 0), (0, 2)):
        raise ValueError("no GDP header, version {}.{}".format(major, minor))
    return Header(kind, length, None if pts_ns == _NONE else pts_ns / 1e9)


def caps_size(caps: bytes) -> Tuple[int, int]:
    """(width, height) in raw BGR caps; ValueError for any other."""
    text = caps.decode("utf-8", "replace")
    sides = [re.search(r"\b{}=\(int\)(\d+)".format(side), text) for side in ("width", "height")]
    if not re.search(r"\bformat=\(string\)BGR\b", text) or None in sides:
        raise ValueError("not raw BGR: {}".format(text))
    width, height = [int(side.group(1)) for side in sides if side]
    return width, height


def caps_fps(caps: bytes) -> float:
    """Pictures per second; 0 where they vary or the caps do not say."""
    match = re.search(rb"\bframerate=\(fraction\)(\d+)/(\d+)", caps)
    return int(match.group(1)) / int(match.group(2)) if match and int(match.group(2)) else 0.0


def _packet(kind: int, payload: bytes) -> bytes:
    return _HEADER.pack(1, 0, 0, kind, len(payload), _NONE, _NONE, _NONE, _NONE, 0, _NONE) + payload


def stream_start(size: Tuple[int, int], fps: float = 0.0) -> bytes:
    """All that goes before the first picture of `size` (width, height): stream start, caps, segment. 0 fps: varying."""
    caps = "video/x-raw, format=(string)BGR, width=(int){}, height=(int){}, framerate=(fraction){}"
    segment = (
        'GstEventSegment, segment=(GstSegment)"segment, flags=(GstSegmentFlags)GST_SEGMENT_FLAG_NONE, rate=(double)1, '
        "applied-rate=(double)1, format=(GstFormat)time, base=(guint64)0, offset=(guint64)0, start=(guint64)0, "
        "stop=(guint64)18446744073709551615, time=(guint64)0, position=(guint64)0, "
        'duration=(guint64)18446744073709551615;";'
    )
    start = "GstEventStreamStart, stream-id=(string)shelfsight, flags=(GstStreamFlags)GST_STREAM_FLAG_NONE;"
    rate = "{}/1000".format(int(fps * 1000)) if fps else "0/1"
    texts = [(_STREAM_START, start), (CAPS, caps.format(size[0], size[1], rate)), (_SEGMENT, segment)]
    return b"".join([_packet(kind, text.encode() + b"\0") for kind, text in texts])


def picture_header(length: int, pts_s: float) -> bytes:
    """The header of a picture of `length` bytes, shown `pts_s` seconds after the start."""
    return _HEADER.pack(1, 0, 0, BUFFER, length, int(pts_s * 1e9), _NONE, _NONE, _NONE, 0, _NONE)
