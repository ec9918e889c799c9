"""Batch norms that were folded into a graph, made such that a training can go on from them."""

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List


def refold(network: Any, pictures: Any) -> None:
    """Give each batch norm the statistics that it would have seen, without changing what the network computes.

    A training norms by the batch's own mean and deviation: behind identities it would start from another function.
    `pictures`: (n, 3, s, s) float32 RGB 0..1.
    """
    import torch

    norms = [module for module in network.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    with torch.no_grad(), _statistics_of(norms) as seen:
        network.eval()(pictures)
        for norm in norms:
            mean, variance = seen[id(norm)]
            slope = norm.weight / (norm.running_var + norm.eps).sqrt()
            norm.bias.add_(slope * (mean - norm.running_mean))
            norm.weight.copy_(slope * (variance + norm.eps).sqrt())
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)


def become_shift(norm: Any, bias: Any) -> None:
    """A norm that was folded into the convolution before it adds `bias` (channels,), in eval mode, and no more."""
    import torch

    with torch.no_grad():
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0 - norm.eps)
        norm.weight.fill_(1.0)
        norm.bias.copy_(bias)


@contextmanager
def _statistics_of(norms: List[Any]) -> Iterator[Dict[int, Any]]:
    """Mean and variance over the last input of each norm, by id."""
    seen: Dict[int, Any] = {}

    def look(norm: Any, inputs: Any) -> None:
        rest = [axis for axis in range(inputs[0].ndim) if axis != 1]
        seen[id(norm)] = (inputs[0].mean(dim=rest), inputs[0].var(dim=rest, unbiased=False))

    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
