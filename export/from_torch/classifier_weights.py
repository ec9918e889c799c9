"""A classifier as python -m training.classifier saves it (last.pt): opened for export. Needs torch and timm.

Read from the checkpoint alone: a backbone of timm, a linear embedding, a batch norm; the result scaled to length 1.
"""

import os
import pickle
from typing import Any, Dict, NamedTuple, Tuple

from runtime.errors import MissingPackageError, ModelError

_MEND = "give the last.pt that python -m training.classifier wrote"
_HALF = (0.5, 0.5, 0.5)
"""Mean and deviation where the checkpoint names none: our training's, and of TensorFlow's EfficientNets."""


class OpenedClassifier(NamedTuple):
    """A classifier ready to trace."""

    module: Any
    """torch.nn.Module, float32 (n, 3, s, s) RGB normalised by `mean` and `std` -> (n, d) of length 1."""
    crop_size: int
    """s, in pixels."""
    mean: Tuple[float, ...]
    """Red, green, blue, in 0..1."""
    std: Tuple[float, ...]


def open_classifier(path: str) -> OpenedClassifier:
    """Open the checkpoint at `path`; ModelError says what is wrong with it."""
    content = _read(path)
    try:
        values, state = content["values"], content["embedder"]
        module = _network(values["backbone"], state)
        crop_size = int(values["crop_size"])
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            "{} does not hold the classifier that it should: {}; {}".format(path, reason, _MEND)
        ) from error
    return OpenedClassifier(module, crop_size, tuple(content.get("mean", _HALF)), tuple(content.get("std", _HALF)))


def _read(path: str) -> Dict[str, Any]:
    if not os.path.isfile(path):
        raise ModelError("no checkpoint at {}: {}".format(path, _MEND))
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError("torch cannot be imported: pip install '.[training]' on the workstation") from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise ModelError("{} is no checkpoint of ours ({}): {}".format(path, reason, _MEND)) from error
    if not isinstance(content, dict) or content.get("kind") != "classifier":
        raise ModelError("{} is not the checkpoint of a classifier: {}".format(path, _MEND))
    return content


def _network(backbone: str, state: Dict[str, Any]) -> Any:
    """Backbone and embedding; the batch norm behind the embedding goes into its weights and a bias."""
    try:
        import timm
    except ImportError as error:
        raise MissingPackageError("timm cannot be imported: pip install '.[training]' on the workstation") from error
    import torch

    class Embedder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = timm.create_model(backbone, pretrained=False, num_classes=0, exportable=True)
            self.embed = torch.nn.Linear(state["embed.weight"].shape[1], state["embed.weight"].shape[0])

        def forward(self, normalized: Any) -> Any:
            raw = self.embed(self.backbone(normalized))
            # Written out, not functional.normalize: Sqrt and Div are in every version of every converter.
            return raw / (raw * raw).sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()

    network = Embedder()
    own = {name[len("backbone.") :]: tensor for name, tensor in state.items() if name.startswith("backbone.")}
    network.backbone.load_state_dict(own)
    slope = state["norm.weight"] / (state["norm.running_var"] + torch.nn.BatchNorm1d(1).eps).sqrt()
    with torch.no_grad():
        network.embed.weight.copy_(state["embed.weight"] * slope[:, None])
        network.embed.bias.copy_(state["norm.bias"] - state["norm.running_mean"] * slope)
    return network.float().eval().requires_grad_(False)
