"""Networks by name: timm's, and two that timm has no name for, from its parts and torchvision's."""

from typing import Any

from torch import nn

from runtime.errors import MissingPackageError, ModelError

DEEP_STEMS = {"resnet18c": "resnet18"}
"""ResNet-C of He et al., "Bag of tricks" (2019): three convolutions of 3x3 for the first of 7x7. D is timm's resnet18d;
what B changes lies in bottlenecks, of which ResNet-18 has none."""
SHUFFLENETS = ("shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0")
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def make_network(name: str, pretrained: bool = False) -> Any:
    """(n, 3, s, s) float32 normalised -> (n, features), with timm's `num_features` and `pretrained_cfg`.

    ModelError for a name that nobody has; with `pretrained` whatever fetching the weights raises.
    """
    try:
        import timm
    except ImportError as error:
        raise MissingPackageError("training stage 2 needs timm: pip install '.[training]'") from error
    if name in SHUFFLENETS:
        return _shufflenet(name, pretrained)
    stem = {"stem_type": "deep", "stem_width": 32} if name in DEEP_STEMS else {}
    known = DEEP_STEMS.get(name, name)
    if not timm.is_model(known):
        raise ModelError(f"timm has no backbone {name!r}: try tf_efficientnet_lite0")
    return timm.create_model(known, pretrained=pretrained, num_classes=0, **stem)


def _shufflenet(name: str, pretrained: bool) -> Any:
    """torchvision's, said as timm says it. It cannot be frozen block by block."""
    from torchvision import models

    network = models.get_model(name, weights="DEFAULT" if pretrained else None)
    network.num_features, network.fc = network.fc.in_features, nn.Identity()
    network.pretrained_cfg = {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    return network
