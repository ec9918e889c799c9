"""Weights between those of two trainings of one network: Wortsman et al., "Robust fine-tuning" (WiSE-FT, 2022).

A network that was tuned for some products forgets what ImageNet taught it of the others; half-way between the two it
knows both. Batch norms are folded into their convolutions first, since those of the two say different things.
"""

from typing import List

import numpy as np
import torch
from torch import nn

from runtime.errors import ModelError
from training.refolding import become_shift


class Folded:
    """A convolution with the batch norm behind it, as one."""

    def __init__(self, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        self._convolution, self._norm = convolution, norm
        slope = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
        self.weight = convolution.weight.detach() * slope.view(-1, 1, 1, 1)
        self.bias = (norm.bias - norm.running_mean * slope).detach()

    def set(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        """The norm becomes the shift that it was folded to."""
        with torch.no_grad():
            self._convolution.weight.copy_(weight)
        become_shift(self._norm, bias)


def folded(backbone: nn.Module) -> List[Folded]:
    """Its convolutions with their norms, in order; ModelError where there is not a norm behind each."""
    convolutions, norms = (
        [module for module in backbone.modules() if isinstance(module, kind)] for kind in (nn.Conv2d, nn.BatchNorm2d)
    )
    if len(convolutions) != len(norms):
        raise ModelError(f"{len(convolutions)} convolutions and {len(norms)} batch norms: give another --backbone")
    return [Folded(*pair) for pair in zip(convolutions, norms)]


def interpolate(tuned: nn.Module, origin: nn.Module, share: float) -> None:
    """`tuned` gets `share` of its own weights and the rest of those of `origin`, of the same architecture."""
    for ours, theirs in zip(folded(tuned), folded(origin)):
        ours.set(torch.lerp(theirs.weight, ours.weight, share), torch.lerp(theirs.bias, ours.bias, share))


def set_projection(embedder: nn.Module, turn: np.ndarray, features: np.ndarray) -> None:
    """The last layer of an Embedder becomes `turn` (f, d) float32, and its norm changes nothing.

    `features`: (n, f) float32 of the backbone, which the norm takes its statistics from.
    """
    turned = torch.from_numpy(features @ turn)
    mean, variance = turned.mean(dim=0), turned.var(dim=0)
    norm = embedder.norm
    with torch.no_grad():
        embedder.embed.weight.copy_(torch.from_numpy(turn.T))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(mean)
