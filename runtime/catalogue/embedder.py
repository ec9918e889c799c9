"""Stage 2 for photos, apart from the loop's own: one engine on the CPU, one thread."""

import threading
from typing import Sequence

import numpy as np

from runtime.bundle import Bundle, sha256_of
from runtime.engines.onnx import OnnxEngine
from runtime.recognition.classifier import Classifier


def network_of(bundle: Bundle) -> str:
    """What the embeddings of this bundle's stage 2 are known by: those of another are not comparable."""
    return "{}-{}".format(sha256_of(bundle.classifier)[:20], bundle.crop_size)


class Embedder:
    """Opened by its constructor, which loads the network; any thread may call it, one at a time."""

    def __init__(self, bundle: Bundle) -> None:
        """ModelError where the network cannot be had."""
        self.network = network_of(bundle)
        self._engine = OnnxEngine(bundle.classifier, 1)
        self._classifier = Classifier(self._engine, bundle.gallery, bundle.crop_size, 0.0)
        self._lock = threading.Lock()

    def embed(self, photos: Sequence[np.ndarray]) -> np.ndarray:
        """(k, d) float32 of length 1, of `photos`, each (H, W, 3) uint8 BGR, whole."""
        with self._lock:
            rows = [self._classifier.embed(photo, _whole(photo)) for photo in photos]
        return np.concatenate([self._classifier.embed(np.zeros((8, 8, 3), np.uint8), np.empty((0, 4)))] + rows)

    def close(self) -> None:
        """May be called twice."""
        self._engine.close()


def _whole(photo: np.ndarray) -> np.ndarray:
    return np.array([[0, 0, photo.shape[1], photo.shape[0]]], np.float32)
