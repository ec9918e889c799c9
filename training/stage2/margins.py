"""Stage 2's head: cross entropy of scaled cosines, the right one made harder by a margin.

ArcFace (Deng et al., 2019) adds the margin to the angle, CosFace (Wang et al., 2018) takes it from the cosine; softmax
has none. The weights, made of length 1, are the gallery's prototypes.
"""

import math
from typing import Optional, Tuple

import torch
from torch import nn
from torch.nn import functional

MARGINS = {"arcface": 0.30, "cosface": 0.30, "softmax": 0.0}
"""Losses, and the margin of each where none is asked for: radians, or a difference of cosines."""


class CosineHead(nn.Module):
    """(n, d) embeddings of length 1 to (n, products) cosines, and to logits for a soft-target cross entropy."""

    def __init__(
        self, embedding: int, products: int, loss: str = "cosface", scale: float = 20.0, margin: Optional[float] = None
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(products, embedding))
        self.loss, self.scale = loss, scale
        self.margin = MARGINS[loss] if margin is None else margin

    def prototypes(self) -> torch.Tensor:
        """(products, embedding), each row of length 1."""
        return functional.normalize(self.weight)

    def forward(
        self, embeddings: torch.Tensor, targets: torch.Tensor, strength: float = 1.0
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        """`targets`: (n, products), rows that sum to 1. `strength` 0..1 brings the margin in by and by."""
        cosines = embeddings @ self.prototypes().T
        margin = self.margin * strength
        if self.loss == "arcface":
            harder = _turned(cosines, margin)
        else:
            harder = cosines - margin
        return cosines, self.scale * torch.lerp(cosines, harder, targets)


def _turned(cosines: torch.Tensor, margin: float) -> torch.Tensor:
    """cos(angle + margin); beyond half a turn, where that would rise again, a straight line down."""
    within = cosines.clamp(-1 + 1e-6, 1 - 1e-6)
    turned = within * math.cos(margin) - (1 - within * within).sqrt() * math.sin(margin)
    return torch.where(within > -math.cos(margin), turned, within - margin * math.sin(margin))
