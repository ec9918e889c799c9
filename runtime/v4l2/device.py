"""One V4L2 camera: its modes, what it granted, and why it may be slow."""

import contextlib
import os
import sys
from typing import Iterator, List, NamedTuple, Optional, Tuple

from runtime.errors import SourceError
from runtime.v4l2 import ioctls
from runtime.v4l2.modes import Mode, Size

COMMON_SIZES: Tuple[Size, ...] = (
    (160, 120), (320, 240), (640, 360), (640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 960), (1920, 1080),
    (2560, 1440), (3840, 2160),
)  # fmt: skip
"""What is listed of a driver that gives a range of sizes instead of a list."""


class Granted(NamedTuple):
    """What the driver is set to."""

    format: str
    size: Size
    fps: Optional[float]
    """None where the driver does not say."""


class Camera(NamedTuple):
    """What a camera is and can do."""

    path: str
    identity: ioctls.Identity
    modes: List[Mode]


def check_linux() -> None:
    """SourceError where there is no V4L2 to ask."""
    if not sys.platform.startswith("linux"):
        raise SourceError("V4L2 and its /dev/video are Linux's own: here a camera is a number, as in --source 0")


def check_access(path: str, present: str = "none") -> None:
    """SourceError where there is nothing at `path`, or this user may not use it. `present`: the cameras there are."""
    check_linux()
    if not os.path.exists(path):
        raise SourceError("no camera at {} (present: {}): plug it in, or --wait for it".format(path, present))
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError("no permission for {}: sudo usermod -aG video $USER, then log in again".format(path))


def read_camera(path: str) -> Camera:
    """Ask the device at `path`; SourceError where it cannot be opened or is no camera."""
    with _device(path) as device:
        identity = ioctls.identity(device)
        if identity is None or not identity.captures:
            raise SourceError("{} is no camera{}".format(path, "" if identity is None else ", it only has metadata"))
        return Camera(path, identity, list(_modes(device)))


def read_granted(path: str) -> Optional[Granted]:
    """What the driver is set to now; None where it does not say."""
    with _device(path) as device:
        answer = ioctls.granted_format(device)
        if answer is None:
            return None
        period = ioctls.granted_period(device)
    return Granted(ioctls.four_letters(answer[2]), answer[:2], None if period is None else period[1] / period[0])


def why_slow(path: str) -> Tuple[str, str]:
    """The likely cause of a camera that delivers less than it granted, in a word or two, and more about it."""
    mend = "v4l2-ctl -d {} -c exposure_auto_priority=0 (exposure_dynamic_framerate=0 on newer kernels)".format(path)
    with contextlib.suppress(SourceError), _device(path) as device:
        value = ioctls.control(device, ioctls.EXPOSURE_PRIORITY)
        if value == 1:
            return "dim light", "its exposure has priority over its rate: more light, or {}".format(mend)
        if value == 0:
            return "a shared USB port?", "its rate has priority over exposure, so it is not dim light"
    return "dim light?", "or a USB port that it shares; where it has the control, {}".format(mend)


@contextlib.contextmanager
def _device(path: str) -> Iterator[int]:
    try:
        device = ioctls.open_device(path)
    except OSError as error:
        raise SourceError("cannot open {}: {}".format(path, error.strerror)) from error
    try:
        yield device
    finally:
        os.close(device)


def _modes(device: int) -> Iterator[Mode]:
    for code in ioctls.formats(device):
        for width, height in _sizes(device, code):
            periods = ioctls.periods(device, code, width, height)
            rates = sorted({round(below / above, 3) for above, below in periods if above}, reverse=True)
            yield Mode(ioctls.four_letters(code), (width, height), tuple(rates))


def _sizes(device: int, code: int) -> List[Size]:
    found = ioctls.sizes(device, code)
    if found and len(found[0]) == 6:
        return [size for size in COMMON_SIZES if _is_within(size, found[0])]
    return [(size[0], size[1]) for size in found]


def _is_within(size: Size, limits: Tuple[int, ...]) -> bool:
    """`limits`: least, most, step of the width, then of the height."""
    return all(
        least <= side <= most and (side - least) % max(step, 1) == 0
        for side, (least, most, step) in zip(size, (limits[:3], limits[3:]))
    )
