"""Weights between two networks compute what lies between them, and a projection keeps cosines."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")

from training.stage2.embedder import Embedder  # noqa: E402
from training.stage2.interpolation import folded, interpolate, set_projection  # noqa: E402


class Tiny(torch.nn.Module):
    """One convolution and its norm, with statistics of its own."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.conv, self.bn = torch.nn.Conv2d(3, 8, 3, bias=False), torch.nn.BatchNorm2d(8)
        for tensor in (self.bn.weight.data, self.bn.bias.data, self.bn.running_mean, self.bn.running_var):
            tensor.uniform_(0.5, 2.0)

    def forward(self, pixels):
        return self.bn(self.conv(pixels)).mean(dim=(2, 3))


@pytest.mark.parametrize("share", (0.0, 0.25, 1.0))
def test_a_linear_network_between_two_is_their_weighted_mean(share):
    tuned, origin, pixels = Tiny(1).eval(), Tiny(2).eval(), torch.rand(4, 3, 9, 9)
    with torch.no_grad():
        wanted = share * tuned(pixels) + (1 - share) * origin(pixels)
        interpolate(tuned, origin, share)
        torch.testing.assert_close(tuned(pixels), wanted, rtol=1e-4, atol=1e-5)


def test_folding_alone_changes_nothing():
    network, pixels = Tiny(3).eval(), torch.rand(2, 3, 9, 9)
    with torch.no_grad():
        before = network(pixels)
        for each in folded(network):
            each.set(each.weight, each.bias)
        torch.testing.assert_close(network(pixels), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", (False, True))
def test_the_last_layer_becomes_the_projection(training):
    rng = np.random.RandomState(4)
    features, turn = rng.rand(32, 8).astype(np.float32), rng.randn(8, 5).astype(np.float32)
    embedder = Embedder(torch.nn.Identity(), 8, 5)
    set_projection(embedder, turn, features)
    wanted = features @ turn
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    with torch.no_grad():
        found = embedder.train(training)(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(found, wanted, atol=0.05 if training else 1e-4)
