"""The sides of a network's input, and which of them a picture asks for."""

from typing import NamedTuple, Tuple

STEP_PX = 32
"""Sides are multiples of it: the coarsest grid of the usual networks has cells of that many pixels."""

Res = Tuple[int, int]
"""(width, height) of pictures, in pixels."""


class Sides(NamedTuple):
    """In pixels, in the order in which a resolution is written."""

    width: int
    height: int

    @property
    def size(self) -> int:
        """What --size says: the longer of the two."""
        return max(self)

    def __str__(self) -> str:
        return "{}x{}".format(*self)


def square(size: int) -> Sides:
    """Both sides `size` pixels."""
    return Sides(size, size)


def sides_for(size: int, res: Res) -> Sides:
    """The input that pictures of this shape fill: the longer side `size`, the other rounded up to STEP_PX.

    Rounding up leaves bars of less than STEP_PX in all, and the scale is that of the square.
    """
    width, height = res
    longer = max(width, height)
    # In whole numbers: 160 * 0.6 is 96.00000000000001 or 95.99999999999999 by the way it is written.
    wide, high = (min(size, STEP_PX * max(1, -(-size * side // (longer * STEP_PX)))) for side in (width, height))
    return Sides(wide, high)
