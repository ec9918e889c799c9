"""Whether there is memory for so many cameras: estimated before anything is opened."""

import os
from typing import List, NamedTuple, Optional, Sequence

from runtime.errors import UsageError
from runtime.settings import DEFAULT_RES, Settings

PROGRAM_MIB = 350.0
"""With its networks and one camera: the bound of benchmarks/memory.py."""
MIB = 2.0**20


class Need(NamedTuple):
    """Of each further camera."""

    mib: float
    pictures: int
    """Of its size."""


CAMERA = Need(10.0, 12)
"""Pictures in its driver, between the threads, in the page's two copies."""
DEMO = Need(13.0, 13)
"""Hands, and the layers that its pictures are made of, instead of a driver: 25 MiB at 640x480 (docs/cameras.md)."""
PIPELINE = Need(CAMERA.mib + 12.0, CAMERA.pictures + 3)
"""With what GStreamer's child holds: 15 MiB at 640x480, 31 at 1920x1080 (PSS, raw pictures; a decoder has more)."""
PIPELINES = ("gst:", "csi://", "rtsp://", "rtsps://")


def check_room(cameras: Sequence[Settings], free_mib: Optional[float] = None) -> None:
    """UsageError where several cameras need more than is free. `free_mib`: None: as the system says, if it does."""
    if len(cameras) < 2:
        return
    free_mib = _free_mib() if free_mib is None else free_mib
    needed_mib = PROGRAM_MIB + sum(_of_camera_mib(one) for one in cameras)
    if free_mib is not None and needed_mib > free_mib:
        raise UsageError(
            "{} cameras need about {:.0f} MiB, {:.0f} are free: leave some out, or give them smaller pictures, as in "
            "--res {}=320x240".format(len(cameras), needed_mib, free_mib, cameras[0].camera)
        )


def _of_camera_mib(camera: Settings) -> float:
    width, height = camera.res or DEFAULT_RES
    need = _need_of(camera.source)
    return need.mib + need.pictures * width * height * 3 / MIB


def _need_of(source: str) -> Need:
    if source.startswith("fault://"):
        source = source.split("@", 1)[-1]
    if source.startswith("demo://"):
        return DEMO
    return PIPELINE if source.lower().startswith(PIPELINES) else CAMERA


def _free_mib() -> Optional[float]:
    """What can be had without swapping, of the machine and of the service's own share; None where nobody says."""
    limits = [limit for limit in (_available_mib(), _left_of_group_mib()) if limit is not None]
    return min(limits) if limits else None


def _available_mib() -> Optional[float]:
    for line in _lines_of("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024.0
    return None


def _left_of_group_mib() -> Optional[float]:
    """Of cgroup v2, which a container has at its root."""
    most, used = _lines_of("/sys/fs/cgroup/memory.max"), _lines_of("/sys/fs/cgroup/memory.current")
    if not most or not used or not most[0].isdigit():
        return None
    return (int(most[0]) - int(used[0])) / MIB


def _lines_of(path: str) -> List[str]:
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return file.read().splitlines()
