"""The steps between a picture and `normalized`, for an engine that begins there: what they are, and numpy's way.

The GPU's way is normalize.cu, through runtime.engines.cuda.
"""

from typing import Any, Dict, NamedTuple, Tuple

import numpy as np


class InputSteps(NamedTuple):
    """Plane `c` of `normalized` is channel `channels[c]` of the picture times `scales[c]` plus `offsets[c]`."""

    channels: Tuple[int, int, int]
    scales: Tuple[float, float, float]
    offsets: Tuple[float, float, float]

    @classmethod
    def from_json(cls, values: Dict[str, Any]) -> "InputSteps":
        """Of what `_asdict` gives once it has been through JSON. ValueError, TypeError or KeyError where it is not."""
        channels, scales, offsets = (tuple(values[name]) for name in cls._fields)
        if sorted(set(channels) | {0, 1, 2}) != [0, 1, 2] or not len(channels) == len(scales) == len(offsets) == 3:
            raise ValueError("channels {}, scales {}, offsets {}".format(channels, scales, offsets))
        numbers = [tuple(float(value) for value in values) for values in (scales, offsets)]
        return cls(channels, numbers[0], numbers[1])  # type: ignore[arg-type]

    def fill(self, pictures: np.ndarray, normalized: np.ndarray) -> None:
        """Pictures (n, h, w, 3) uint8 -> `normalized` (n, 3, h, w) float32, in place."""
        for plane, channel in enumerate(self.channels):
            target = normalized[:, plane]
            np.multiply(pictures[..., channel], np.float32(self.scales[plane]), out=target, dtype=np.float32)
            target += np.float32(self.offsets[plane])
