"""What a network wants its picture as, and the kept tensor that it is given in."""

from typing import Optional

import cv2
import numpy as np

from runtime.bundle import MAX_SIDE_PX
from runtime.engines.engine import TensorSpec
from runtime.errors import ModelError
from runtime.recognition.letterbox import Letterbox, LetterboxBuffer
from runtime.sides import Res, Sides, sides_for, square

MAX_BATCH = 64


class UInt8Input:
    """Our own networks: uint8 (batch, h, w, 3) BGR, colour order and scale inside the graph."""

    def __init__(self, sides: Sides, centred: bool, batch: int = 1, stretch: bool = False) -> None:
        """`batch`: where the network is fixed to more than one picture, the others stay black."""
        self.tensor = np.zeros((batch, sides.height, sides.width, 3), np.uint8)
        self._letterboxed = LetterboxBuffer(self.tensor[0], centred, stretch)

    def fill(self, image: np.ndarray) -> Letterbox:
        """Letterbox `image` (H, W, 3) uint8 BGR into `tensor`; how it lies there."""
        return self._letterboxed.draw(image)


class FloatInput:
    """Third parties' networks: float (batch, 3, h, w), RGB or BGR, scaled."""

    def __init__(
        self,
        sides: Sides,
        centred: bool,
        rgb: bool,
        scale: float,
        dtype: np.dtype,
        batch: int = 1,
        stretch: bool = False,
    ) -> None:
        """`batch`: as for UInt8Input."""
        self.tensor = np.zeros((batch, 3, sides.height, sides.width), dtype)
        self._canvas = np.empty((sides.height, sides.width, 3), np.uint8)
        self._plane = np.empty((sides.height, sides.width), np.uint8)
        self._channels = (2, 1, 0) if rgb else (0, 1, 2)
        self._letterboxed = LetterboxBuffer(self._canvas, centred, stretch)
        self._divisor = np.float32(1 / scale)

    def fill(self, image: np.ndarray) -> Letterbox:
        """Letterbox `image` (H, W, 3) uint8 BGR, then reorder and scale it into `tensor`."""
        fit = self._letterboxed.draw(image)
        # A plane at a time through a small kept one: half the time of one strided pass (0.3 against 0.5 ms at 640).
        for place, channel in enumerate(self._channels):
            cv2.extractChannel(self._canvas, channel, self._plane)
            np.divide(self._plane, self._divisor, out=self.tensor[0, place], dtype=np.float32, casting="same_kind")
        return fit


def takes_uint8(spec: TensorSpec) -> bool:
    """Whether an input is our own uint8 [N, H, W, 3], or a third party's float [N, 3, H, W].

    Raises ModelError for anything else.
    """
    if len(spec.shape) == 4:
        if spec.dtype == np.uint8 and spec.shape[3] == 3:
            return True
        if spec.dtype in (np.float32, np.float16) and spec.shape[1] == 3:
            return False
    raise ModelError(
        "input {!r} is {} {}: expected uint8 [N, H, W, 3] or float [N, 3, H, W]".format(
            spec.name, spec.dtype, list(spec.shape)
        )
    )


def input_sides(spec: TensorSpec, wanted: int, explicit: bool, res: Optional[Res] = None) -> Sides:
    """The sides to feed: the model's own where fixed, else those that pictures of `res` fill at size `wanted`.

    `res` None: a square. Raises ModelError where the model is fixed to another size than was asked for explicitly, or
    one of its sides only is open.
    """
    height, width = spec.shape[1:3] if takes_uint8(spec) else spec.shape[2:4]
    if max(height or 0, width or 0) > MAX_SIDE_PX or (spec.shape[0] or 1) > MAX_BATCH:
        raise ModelError(
            "the model is fixed to {} pictures of {}x{}: expected {} at most, of {} px at most".format(
                spec.shape[0] or 1, width, height, MAX_BATCH, MAX_SIDE_PX
            )
        )
    if height is None and width is None:
        return square(wanted) if res is None else sides_for(wanted, res)
    if height is None or width is None:
        raise ModelError(
            "the model is fixed to {}x{}: expected both sides fixed, or both open".format(width or "?", height or "?")
        )
    sides = Sides(width, height)
    if explicit and sides.size != wanted:
        raise ModelError(
            "the model is fixed to size {0}: leave --size out, or say --size {0} (asked for {1})".format(
                sides.size, wanted
            )
        )
    return sides
