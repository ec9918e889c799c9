"""Networks that timm has no name for are what they are called, and are used like timm's."""

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")

from runtime.errors import ModelError, UsageError  # noqa: E402
from training.stage2.embedder import make_embedder  # noqa: E402
from training.stage2.networks import make_network  # noqa: E402
from training.stage2.weight_init import freeze  # noqa: E402


def test_resnet_c_has_the_stem_of_resnet_d_and_the_shortcuts_of_resnet():
    plain, c, d = (dict(make_network(name).named_parameters()) for name in ("resnet18", "resnet18c", "resnet18d"))
    stem = {name for name in d if name.startswith(("conv1.", "bn1."))}
    assert {name for name in c if name.startswith(("conv1.", "bn1."))} == stem
    assert len(stem) > 2
    assert {name for name in c if "downsample" in name} == {name for name in plain if "downsample" in name}


def test_shufflenet_is_embedded_and_cannot_be_frozen():
    embedder, origin = make_embedder("shufflenet_v2_x0_5", 16, "kaiming")
    assert embedder.eval()(torch.rand(2, 3, 32, 32)).shape == (2, 16)
    assert origin == "random (kaiming)"
    with pytest.raises(UsageError, match="--freeze 1"):
        freeze(embedder.backbone, 1)


def test_a_name_that_nobody_has():
    with pytest.raises(ModelError, match="no_such_net"):
        make_network("no_such_net")
