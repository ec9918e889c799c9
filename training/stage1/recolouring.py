"""Other colours for whole pictures, so that stage 1 learns shapes and not that orange things are bottles."""

import math
from typing import Any


def hue_turn(angle: float) -> Any:
    """(3, 3) float32: turns colours around the grey axis by `angle` radians; grey stays grey."""
    import torch

    cos, sin = math.cos(angle), math.sin(angle) / math.sqrt(3)
    third = (1 - cos) / 3
    return torch.tensor(
        [
            [cos + third, third - sin, third + sin],
            [third + sin, cos + third, third - sin],
            [third - sin, third + sin, cos + third],
        ]
    )


def recolour(images: Any, share: float) -> Any:
    """(n, 3, h, w) float 0..1, any order of colours: about that share of the pictures with their hues turned."""
    import torch

    for index in (torch.rand(len(images)) < share).nonzero()[:, 0].tolist():
        turn = hue_turn(float(torch.rand(()) * 2 - 1) * math.pi).to(images)
        images[index] = torch.einsum("dc,chw->dhw", turn, images[index]).clamp(0, 1)
    return images
