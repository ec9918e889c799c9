"""What the values of flags may be: parsers for argparse, whose complaints say what was expected."""

import argparse
import re
from typing import List, Tuple, Union

from runtime.engines.sidecar import BF16, FP16, FP32
from runtime.settings import Keep, Segment
from runtime.sides import Sides

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_AGES = {"h": 3600.0, "d": 86400.0}
_BYTES = {"MB": 1e6, "GB": 1e9}


def resolution(text: str) -> Tuple[int, int]:
    """WIDTHxHEIGHT in pixels -> (width, height)."""
    match = re.match(r"^(\d+)[xX](\d+)$", text)
    if not match or not all(16 <= int(side) <= 16384 for side in match.groups()):
        raise argparse.ArgumentTypeError("{!r} is no resolution: expected WIDTHxHEIGHT, as in 640x480".format(text))
    return int(match.group(1)), int(match.group(2))


def network_size(text: str) -> int:
    """The side of a detector's input in pixels."""
    if not text.isdigit() or not 32 <= int(text) <= 4096 or int(text) % 32:
        raise argparse.ArgumentTypeError(
            "{!r} is no network size: expected a multiple of 32 from 32 up, as in 160 or 320".format(text)
        )
    return int(text)


def network_sides(text: str) -> Union[int, Sides]:
    """The longer side of a detector's input, or both as in 160x128."""
    width, by, height = text.partition("x")
    return Sides(network_size(width), network_size(height)) if by else network_size(text)


def number_within(minimum: float, maximum: float, kind=float, above: bool = False):
    """A parser of numbers from `minimum` (or `above` it) to `maximum`; an infinite one is refused."""
    limits = "a number {} {:g}{}".format(
        "above" if above else "from", minimum, "" if maximum == float("inf") else " to {:g}".format(maximum)
    )

    def parse(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = None
        # `not (a <= b)` rather than `a > b`, so that nan is refused as well
        if value is None or not (minimum <= value <= maximum) or (above and value == minimum) or value == float("inf"):
            raise argparse.ArgumentTypeError("{!r}: expected {}".format(text, limits))
        return value

    return parse


def precision(text: str) -> str:
    """What networks compute in."""
    if text in (FP16, BF16, FP32):
        return text
    why = "; in int8 no shipped detector agrees with its model (docs/engines.md)" if text == "int8" else ""
    raise argparse.ArgumentTypeError("{!r}: expected fp16, bf16 or fp32{}".format(text, why))


def segment(text: str) -> Segment:
    """How long, or how large, a part of a recording is."""
    match = re.match(r"^(\d+(?:\.\d+)?)(s|m|h|MB|GB)$", text)
    if match is None or float(match.group(1)) <= 0:
        raise argparse.ArgumentTypeError("{!r}: expected a time or size, as in 30s, 10m, 1h, 500MB, 2GB".format(text))
    number, unit = float(match.group(1)), match.group(2)
    if unit in _SECONDS:
        return Segment(seconds=number * _SECONDS[unit])
    return Segment(bytes=int(number * _BYTES[unit]))


def keep(text: str) -> Keep:
    """How much of a history is kept: an age, a size, or both."""
    seconds, size = None, None
    for part in text.split(","):
        match = re.match(r"^(\d+(?:\.\d+)?)(h|d|MB|GB)$", part.strip())
        is_age = match is not None and match.group(2) in _AGES
        if match is None or float(match.group(1)) <= 0 or (seconds if is_age else size) is not None:
            raise argparse.ArgumentTypeError("{!r}: expected an age, a size or both, as in 30d,2GB".format(text))
        if is_age:
            seconds = float(match.group(1)) * _AGES[match.group(2)]
        else:
            size = int(float(match.group(1)) * _BYTES[match.group(2)])
    return Keep(seconds, size)


def byte_count(text: str) -> int:
    """A size in MB or GB, powers of ten -> bytes."""
    try:
        size = segment(text).bytes
    except argparse.ArgumentTypeError:
        size = None
    if size is None:
        raise argparse.ArgumentTypeError("{!r}: expected a size, as in 500MB or 20GB".format(text))
    return size


def number_list(text: str) -> List[int]:
    """For argparse's `type`: "160,320" to [160, 320]; ArgumentTypeError for anything else."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError("{!r}: expected numbers with commas between them".format(text)) from None
