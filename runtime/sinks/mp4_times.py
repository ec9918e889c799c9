"""True times for an .mp4 that OpenCV wrote, which knows one fixed rate: the table of its samples is written anew.

Boxes and fields: ISO/IEC 14496-12, 8.2.2 (mvhd), 8.3.2 (tkhd), 8.4.2 (mdhd), 8.6.1.2 (stts), 8.6.6 (elst), 8.7.3.
"""

import os
import struct
from typing import Callable, Dict, Iterator, List, Sequence, Tuple

TICKS_HZ = 30000
"""Of the new table: 29.97 fps is 1001 ticks a picture, and 39 hours fit."""
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
_Edit = Callable[[bytes], bytes]


def retime(path: str, times_s: Sequence[float]) -> None:
    """Have picture n of the file at `path` shown from `times_s`[n] on, the first from 0.

    ValueError where the file is not as OpenCV writes it (one track, its description at the end, a picture for each
    time); it is untouched then. OSError where it cannot be written.
    """
    ticks = [int(round((time_s - times_s[0]) * TICKS_HZ)) for time_s in times_s]
    steps = [after - before for before, after in zip(ticks, ticks[1:])]
    steps.append(steps[-1] if steps else TICKS_HZ // 30)
    if min(steps) <= 0 or sum(steps) >= 2**32:
        raise ValueError("times do not rise, or are beyond 39 hours")
    with open(path, "r+b") as file:
        start, moov = _description(file)
        (movie_hz,) = struct.unpack(">I", _one(moov, b"mvhd")[12:16])
        if len(_all(moov, b"trak")) != 1 or struct.unpack(">I", _one(moov, b"stsz")[8:12])[0] != len(steps):
            raise ValueError("not one track with a sample for each picture")
        whole = struct.pack(">I", int(sum(steps) * movie_hz / TICKS_HZ))
        edits: Dict[bytes, _Edit] = {
            b"mvhd": lambda body: body[:16] + whole + body[20:],
            b"tkhd": lambda body: body[:20] + whole + body[24:],
            b"elst": lambda body: body[:8] + whole + body[12:],
            b"mdhd": lambda body: body[:12] + struct.pack(">II", TICKS_HZ, sum(steps)) + body[20:],
            b"stts": lambda body: _time_table(steps),
        }
        changed = _edited(moov, edits)
        file.seek(start)
        file.write(struct.pack(">I4s", len(changed) + 8, b"moov") + changed)
        file.truncate()


def _description(file) -> Tuple[int, bytes]:
    """Where the box moov begins, and its body; ValueError unless it is the last."""
    end = os.fstat(file.fileno()).st_size
    offset = 0
    while offset + 8 <= end:
        file.seek(offset)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:  # a large box has its size behind its name
            size = struct.unpack(">Q", file.read(8))[0]
        if kind == b"moov" and offset + size == end:
            return offset, file.read(size - 8)
        if size < 8:
            break
        offset += size
    raise ValueError("no description at its end")


def _boxes(data: bytes) -> Iterator[Tuple[bytes, bytes]]:
    """(name, body) of each box in `data`."""
    offset = 0
    while offset + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[offset : offset + 8])
        if size < 8 or offset + size > len(data):
            raise ValueError("a broken box")
        yield kind, data[offset + 8 : offset + size]
        offset += size


def _all(data: bytes, wanted: bytes) -> List[bytes]:
    found = []
    for kind, body in _boxes(data):
        if kind == wanted:
            found.append(body)
        elif kind in _CONTAINERS:
            found.extend(_all(body, wanted))
    return found


def _one(data: bytes, wanted: bytes) -> bytes:
    found = _all(data, wanted)
    if len(found) != 1 or found[0][:1] != b"\0":  # version 1 has wider fields
        raise ValueError("not one box {} of version 0".format(wanted.decode()))
    return found[0]


def _edited(data: bytes, edits: Dict[bytes, _Edit]) -> bytes:
    """`data` with the bodies of some boxes changed, and all sizes put right."""
    parts = []
    for kind, body in _boxes(data):
        if kind in edits:
            body = edits[kind](body)
        elif kind in _CONTAINERS:
            body = _edited(body, edits)
        parts.append(struct.pack(">I4s", len(body) + 8, kind) + body)
    return b"".join(parts)


def _time_table(steps: Sequence[int]) -> bytes:
    """The body of stts: how many samples in a row take how many ticks."""
    runs: List[List[int]] = []
    for step in steps:
        if runs and runs[-1][1] == step:
            runs[-1][0] += 1
        else:
            runs.append([1, step])
    return struct.pack(">II", 0, len(runs)) + b"".join(struct.pack(">II", *run) for run in runs)
