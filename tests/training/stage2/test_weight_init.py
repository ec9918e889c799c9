"""What networks start from."""

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
timm = pytest.importorskip("timm", reason="needs timm, a training extra")

from runtime.errors import UsageError  # noqa: E402
from training.stage2.weight_init import freeze, initialise, zero_gamma  # noqa: E402


@pytest.mark.parametrize(
    "how, deviation",
    # He: sqrt(2 / fan out); Glorot, uniform: sqrt(2 / (fan in + fan out)).
    [("kaiming", (2 / (64 * 9)) ** 0.5), ("xavier", (2 / (32 * 9 + 64 * 9)) ** 0.5)],
)
def test_weights_have_the_deviation_of_the_paper(how, deviation):
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(32, 64, 3)
    initialise(layer, how)
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.05)
    assert not layer.bias.any()


@pytest.mark.parametrize("how, deviation", [("kaiming", (2 / 9) ** 0.5), ("xavier", (2 / 18) ** 0.5)])
def test_a_depthwise_weight_has_the_fan_of_its_own_channel(how, deviation):
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(512, 512, 3, groups=512)
    initialise(layer, how)
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet18"])
def test_no_norm_begins_at_zero_unless_asked_to(name):
    network = timm.create_model(name, num_classes=0)
    initialise(network, "kaiming")
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert all((norm.weight == 1).all() for norm in norms)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet18"])
def test_zero_gamma_makes_residual_blocks_identities(name):
    network = timm.create_model(name, num_classes=0)
    block = next(module for module in network.modules() if getattr(module, "has_skip", hasattr(module, "conv2")))
    assert zero_gamma(network) > 0
    pixels = torch.rand(2, block.conv1.in_channels if hasattr(block, "conv1") else _channels(block), 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(block.eval()(pixels), pixels)


def _channels(block):
    return next(child for child in block.modules() if isinstance(child, torch.nn.Conv2d)).in_channels


def test_frozen_blocks_do_not_learn_and_the_rest_does():
    network = timm.create_model("test_efficientnet", num_classes=0)
    norms = freeze(network, 2)
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert "conv_stem.weight" in frozen
    assert any(name.startswith("blocks.0") for name in frozen)
    assert not any(name.startswith("blocks.1") for name in frozen)
    assert norms
    assert all(not norm.weight.requires_grad for norm in norms)


def test_more_blocks_than_there_are_cannot_be_frozen():
    with pytest.raises(UsageError, match="--freeze 99: this backbone has"):
        freeze(timm.create_model("test_efficientnet", num_classes=0), 99)
