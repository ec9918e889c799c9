"""What a network starts from: random weights of a named kind, blocks that begin as identities, blocks that stay."""

from typing import List

import torch
from torch import nn

from runtime.errors import UsageError


@torch.no_grad()
def initialise(network: nn.Module, how: str) -> None:
    """Random weights in place: "kaiming" (He et al., 2015: normal, fan out) or "xavier" (Glorot and Bengio, 2010).

    Norms begin with a scale of 1, all of them: timm's ResNets begin with the last one of a block at 0.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            for weight in module.weight.chunk(getattr(module, "groups", 1)):  # groups are convolutions side by side
                if how == "kaiming":
                    nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
                else:
                    nn.init.xavier_uniform_(weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def zero_gamma(network: nn.Module) -> int:
    """Let each residual block begin as the identity (Goyal et al., 2017): its last norm's scale is 0; how many.

    A block is what timm's networks mark as one: `has_skip` (EfficientNets) or `zero_init_last` (ResNets).
    """
    found = 0
    for module in network.modules():
        norms = [child for child in module.children() if isinstance(child, nn.BatchNorm2d)]
        if norms and (getattr(module, "has_skip", False) or hasattr(module, "zero_init_last")):
            nn.init.zeros_(norms[-1].weight)
            found += 1
    return found


def freeze(network: nn.Module, blocks: int) -> List[nn.Module]:
    """Leave the first `blocks` of a timm network as they are; the norms in them, to be kept in eval mode.

    Block 0 is the stem. UsageError where the network has not as many.
    """
    from timm.models import group_parameters

    if not hasattr(network, "group_matcher"):
        raise UsageError(f"--freeze {blocks}: this backbone is not timm's and has no blocks to count; take --freeze 0")
    grouped = group_parameters(network, network.group_matcher(coarse=True))
    numbers = sorted(grouped)
    if blocks >= len(numbers):
        raise UsageError(f"--freeze {blocks}: this backbone has {len(numbers)} blocks, and one at least must learn")
    names = {name for number in numbers[:blocks] for name in grouped[number]}
    for name, parameter in network.named_parameters():
        if name in names:
            parameter.requires_grad_(False)
    return [
        module
        for name, module in network.named_modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and f"{name}.weight" in names
    ]
