"""Distillation: a larger classifier says where in its space of embeddings each example belongs.

It sees the student's examples, spoiled and mixed alike, at its own size: the same view for both, as in Beyer et al.,
"Knowledge distillation: a good teacher is patient and consistent" (2022).
"""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Tuple

import numpy as np
import torch

from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError
from training.checkpoint import read_checkpoint
from training.stage2.embedder import make_embedder


class Teacher(ABC):
    """What a training wants of it."""

    crop_size: int
    """Side of its crops in pixels."""
    length: int
    """Of its embeddings."""
    mean: Tuple[float, ...]
    std: Tuple[float, ...]
    """Of red, green, blue in 0..1: how its pixels are normalised."""
    device: Any

    @abstractmethod
    def embeddings(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, d) float32 of length 1, for (n, 3, s, s) float32 RGB, normalised, on `device`."""


class OnnxTeacher(Teacher):
    """A classifier.onnx of ours, on the CPU. Its pixels are 0..1: it normalises them itself."""

    mean = (0.0, 0.0, 0.0)
    std = (1.0, 1.0, 1.0)

    def __init__(self, path: str, device: str, threads: int = 1) -> None:
        """ModelError where it is no classifier of ours."""
        self.device = torch.device(device)
        self._engine = OnnxEngine(path, threads=threads)
        shape = self._engine.input.shape
        if self._engine.input.dtype != np.uint8 or len(shape) != 4 or shape[1] is None:
            raise ModelError(f"{path} is no classifier of ours: give the classifier.onnx of a bundle")
        self.crop_size = int(shape[1])
        self.length = int(self._engine.run(np.zeros((1, self.crop_size, self.crop_size, 3), np.uint8))[0].shape[1])

    def embeddings(self, pixels: torch.Tensor) -> torch.Tensor:
        crops = (pixels * 255).round().clamp(0, 255).to(torch.uint8)
        bgr = np.ascontiguousarray(crops.permute(0, 2, 3, 1).cpu().numpy()[..., ::-1])
        return torch.from_numpy(np.array(self._engine.run(bgr)[0])).to(self.device)


class TorchTeacher(Teacher):
    """The averaged network of another training, on the device of the student's."""

    def __init__(self, path: str, device: str) -> None:
        """ModelError where `path` is no checkpoint of a training of stage 2."""
        content = read_checkpoint(Path(path), "classifier")
        self.device = torch.device(device)
        self.crop_size, self.length = content["values"]["crop_size"], content["values"]["embedding"]
        self._embedder, _ = make_embedder(content["values"]["backbone"], self.length, "kaiming")
        self._embedder.load_state_dict(content["embedder"])
        self._embedder.eval().requires_grad_(False).to(self.device, memory_format=torch.channels_last)
        self.mean, self.std = tuple(content["mean"]), tuple(content["std"])

    def embeddings(self, pixels: torch.Tensor) -> torch.Tensor:
        with torch.no_grad(), torch.autocast(self.device.type, enabled=self.device.type != "cpu"):
            return self._embedder(pixels).float()


def open_teacher(path: str, embedding: int, device: str, threads: int = 1) -> Teacher:
    """From a classifier.onnx or a last.pt; ModelError where it is none, or its embeddings are not of that length."""
    teacher: Teacher
    if str(path).endswith(".pt"):
        teacher = TorchTeacher(path, device)
    else:
        teacher = OnnxTeacher(str(path), device, threads)
    if teacher.length != embedding:
        raise ModelError(f"{path} has embeddings of {teacher.length}: give --embedding {teacher.length}")
    return teacher


def distillation_loss(embeddings: torch.Tensor, wanted: torch.Tensor) -> Any:
    """Mean of 1 - cosine between the student's (n, d) and the teacher's, both of length 1."""
    return (1 - (embeddings * wanted).sum(dim=1)).mean()
