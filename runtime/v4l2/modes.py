"""A camera's modes, and which of them serves a wanted size and rate best. Pure: the kernel is asked elsewhere."""

from typing import List, NamedTuple, Optional, Sequence, Tuple

Size = Tuple[int, int]
"""(width, height) in pixels."""

COMPRESSED = "MJPG"
USABLE = ("YUYV", "UYVY", "NV12", "YU12", "YV12", "BGR3", "RGB3", COMPRESSED)
"""Formats that we have a pipeline for, the better first where both carry the rate: raw ones need no decoding."""
CARRIES = 0.98
"""From this share of the wanted rate on, a mode carries it: 29.97 serves who asks for 30."""


class Mode(NamedTuple):
    """One format and size of a camera, with the rates it can have there."""

    format: str
    """V4L2's four letters."""
    size: Size
    rates_hz: Tuple[float, ...]
    """Frames per second, the fastest first; empty where the driver does not say."""


class Choice(NamedTuple):
    """The mode to ask for, and why."""

    format: str
    size: Size
    fps: float
    """0: unknown, the driver's own."""
    why: str

    def __str__(self) -> str:
        return "{} {}x{} at {:g} fps: {}".format(self.format, self.size[0], self.size[1], self.fps, self.why)


def chosen(modes: Sequence[Mode], res: Size, fps: float) -> Optional[Choice]:
    """The best of `modes` for `res` (width, height) and `fps` (0: as fast as it goes); None where none is usable.

    First the size: the wanted one, else the nearest above, else the largest. Then, of its formats, the first of USABLE
    that carries the rate, else the fastest.
    """
    usable = [mode for mode in modes if mode.format in USABLE]
    if not usable:
        return None
    size, size_why = _size([mode.size for mode in usable], res)
    here = sorted([mode for mode in usable if mode.size == size], key=lambda mode: USABLE.index(mode.format))
    carrying = [mode for mode in here if fps and _rate(mode, fps)[1]]
    best = carrying[0] if carrying else max(here, key=lambda mode: _fastest(mode))
    rate_hz, carries = _rate(best, fps)
    why = [size_why] if size_why else []
    why.append(_format_why(best, here, fps, carries))
    return Choice(best.format, size, rate_hz, "; ".join(why))


def _size(sizes: Sequence[Size], res: Size) -> Tuple[Size, str]:
    """The size to capture in, and what to say of it where it is not `res`."""
    if res in sizes:
        return res, ""
    above = [size for size in sizes if size[0] >= res[0] and size[1] >= res[1]]
    if above:
        return min(above, key=_area), "it has no {}x{}: the nearest above, scaled".format(*res)
    return max(sizes, key=_area), "it has nothing as large as {}x{}: its largest".format(*res)


def _area(size: Size) -> Tuple[int, int]:
    return size[0] * size[1], size[0]


def _fastest(mode: Mode) -> float:
    return mode.rates_hz[0] if mode.rates_hz else 0.0


def _rate(mode: Mode, fps: float) -> Tuple[float, bool]:
    """The slowest rate of `mode` that carries `fps`, else its fastest; and whether it carries it."""
    if not mode.rates_hz:
        return 0.0, False
    carrying = [rate for rate in mode.rates_hz if rate >= fps * CARRIES]
    if fps > 0 and carrying:
        return carrying[-1], True
    return mode.rates_hz[0], fps == 0


def _format_why(best: Mode, here: List[Mode], fps: float, carries: bool) -> str:
    if not best.rates_hz:
        return "the driver does not say its rates"
    if fps == 0:
        return "its fastest there"
    if not carries:
        return "the fastest there, and slower than the {:g} fps asked for".format(fps)
    slower = [mode for mode in here if USABLE.index(mode.format) < USABLE.index(best.format)]
    if slower:
        raw = max(slower, key=_fastest)
        return "{} carries only {:g} fps there".format(raw.format, _fastest(raw))
    return "carries {:g} fps{}".format(fps, "" if best.format == COMPRESSED else " without decoding")
