"""Stage 2 for photos, apart from the loop's own: one engine on the CPU, one thread."""

import contextlib
import threading
from typing import Optional, Sequence

import numpy as np

from runtime.bundle import Bundle
from runtime.engines.onnx import OnnxEngine
from runtime.recognition.classifier import Classifier


def network_of(bundle: Bundle) -> str:
    """What the embeddings of this bundle's stage 2 are known by: those of another are not comparable."""
    return bundle.recogniser


class Embedder:
    """Any thread may call it, one at a time. The network is loaded when it is first asked."""

    def __init__(self, bundle: Bundle) -> None:
        self.network = network_of(bundle)
        self._bundle = bundle
        self._resources = contextlib.ExitStack()
        self._classifier: Optional[Classifier] = None
        self._lock = threading.Lock()

    def embed(self, photos: Sequence[np.ndarray]) -> np.ndarray:
        """(k, d) float32 of length 1, of whole `photos`, each (H, W, 3) uint8 BGR. ModelError: no network to be had."""
        with self._lock:
            if self._classifier is None:
                bundle = self._bundle
                engine = self._resources.enter_context(OnnxEngine(bundle.classifier, 1))
                self._classifier = Classifier(engine, bundle.gallery, bundle.crop_size, 0.0)
            rows = [self._classifier.embed(photo, _whole(photo)) for photo in photos]
        return np.concatenate([np.empty((0, self._bundle.gallery.prototypes.shape[1]), np.float32)] + rows)

    def close(self) -> None:
        """May be called twice."""
        with self._lock:
            self._resources.close()
            self._classifier = None


def _whole(photo: np.ndarray) -> np.ndarray:
    return np.array([[0, 0, photo.shape[1], photo.shape[0]]], np.float32)
