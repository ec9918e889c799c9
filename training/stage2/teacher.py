"""Distillation: a larger classifier says where in its space of embeddings each example belongs."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError
from training.stage2.embedder import Embedder


class Teacher:
    """A classifier.onnx of ours, on the CPU. It sees the student's examples, spoiled and mixed alike, at its own size.

    The same view for both, as in Beyer et al., "Knowledge distillation: a good teacher is patient and
    consistent" (2022).
    """

    def __init__(self, path: Path, embedding: int, threads: int = 1) -> None:
        """ModelError where it is no classifier of ours, or has embeddings of another length than `embedding`."""
        self._engine = OnnxEngine(str(path), threads=threads)
        shape = self._engine.input.shape
        if self._engine.input.dtype != np.uint8 or len(shape) != 4 or shape[1] is None:
            raise ModelError(f"{path} is no classifier of ours: give the classifier.onnx of a bundle")
        self.crop_size = int(shape[1])
        length = self._engine.run(np.zeros((1, self.crop_size, self.crop_size, 3), np.uint8))[0].shape[1]
        if length != embedding:
            raise ModelError(f"{path} has embeddings of {length}: give --embedding {length}")

    def embeddings(self, pixels: torch.Tensor, embedder: Embedder) -> torch.Tensor:
        """(n, d) float32 of length 1, for (n, 3, s, s) float32 RGB, normalised as `embedder` wants it."""
        device = pixels.device
        mean, std = (torch.tensor(value, device=device).view(1, 3, 1, 1) for value in (embedder.mean, embedder.std))
        crops = ((pixels * std + mean) * 255).round().clamp(0, 255).to(torch.uint8)
        bgr = np.ascontiguousarray(crops.permute(0, 2, 3, 1).cpu().numpy()[..., ::-1])
        return torch.from_numpy(np.array(self._engine.run(bgr)[0])).to(device)


def distillation_loss(embeddings: torch.Tensor, wanted: torch.Tensor) -> Any:
    """Mean of 1 - cosine between the student's (n, d) and the teacher's, both of length 1."""
    return (1 - (embeddings * wanted).sum(dim=1)).mean()
