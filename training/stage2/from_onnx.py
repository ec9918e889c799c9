"""A classifier's ONNX back to a checkpoint that a training starts from."""

from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import torch
from torch import nn

from runtime.errors import ModelError
from training.checkpoint import write_checkpoint
from training.refolding import become_shift, refold
from training.stage2.embedder import make_embedder
from training.stage2.training import normalized
from training.stage2.views import pixels_of

_Layer = Tuple[np.ndarray, np.ndarray]
"""Weight and bias, float32."""


def layers_of(path: Path) -> List[_Layer]:
    """Of every convolution and matrix product, in the order in which they are run: exporters lose their names."""
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's own errors share no public base class
        raise ModelError(f"cannot read {path} as an ONNX file: {error}") from error
    arrays: Dict[str, np.ndarray] = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:  # weights that are kept in FP16 are widened by a Cast
        if node.op_type == "Cast" and node.input[0] in arrays:
            arrays[node.output[0]] = arrays[node.input[0]]
    layers = []
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm") and all(name in arrays for name in node.input[1:3]):
            weight, bias = (arrays[name].astype(np.float32) for name in node.input[1:3])
            layers.append((weight, bias))
    return layers


def load_layers(embedder: nn.Module, layers: List[_Layer]) -> None:
    """Into an Embedder, whose batch norms become the shifts they were folded to; ModelError where they do not fit."""
    modules = list(embedder.modules())
    wide = [module for module in modules if isinstance(module, (nn.Conv2d, nn.Linear))]
    norms = [module for module in modules if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not len(wide) == len(norms) == len(layers):
        raise ModelError(
            f"the file has {len(layers)} layers, the network {len(wide)}: give the backbone it was made from"
        )
    with torch.no_grad():
        for module, norm, (weight, bias) in zip(wide, norms, layers):
            if weight.shape != tuple(module.weight.shape):
                raise ModelError(f"a layer of {weight.shape} for one of {tuple(module.weight.shape)}: another backbone")
            module.weight.copy_(torch.from_numpy(weight))
            become_shift(norm, torch.from_numpy(bias))


def make_checkpoint(backbone: str, path: Path, crops: np.ndarray, out: Path) -> int:
    """Write `out`, which training.classifier takes as --start; how many layers came from `path`.

    `crops`: (n, s, s, 3) uint8 BGR, which give the batch norms the statistics that a training wants.
    """
    layers = layers_of(path)
    if not layers:
        raise ModelError(f"{path} holds no layer with weights")
    embedder, _ = make_embedder(backbone, layers[-1][0].shape[0])
    load_layers(embedder, layers)
    refold(embedder, normalized(pixels_of(crops), embedder))
    content: Dict[str, Any] = {"kind": "classifier", "embedder": embedder.state_dict(), "origin": path.name}
    write_checkpoint(out, content)
    return len(layers)
