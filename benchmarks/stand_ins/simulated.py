"""What stands in for an accelerator and a camera: engines that hold a planted answer, frames that come on time."""

import threading
from typing import List, Optional

import numpy as np

from runtime.clock import MonotonicClock
from runtime.engines.engine import TensorSpec
from runtime.engines.fake import FakeEngine
from runtime.frame import EndOfStream, Frame
from runtime.gallery import Gallery
from runtime.newest import NewestSlot
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.heads import grid_cells
from runtime.sides import square
from runtime.sources.source import Source

SIZE = 160
EMBEDDING = 128
PRODUCTS = 30


def planted_output(boxes: np.ndarray, size: int = SIZE) -> np.ndarray:
    """The raw output of an Ultralytics head, (1, 5, cells) float32, that finds just `boxes` (k, 4) x1, y1, x2, y2."""
    output = np.zeros((1, 5, grid_cells(square(size))), np.float32)
    for cell, (x1, y1, x2, y2) in enumerate(np.asarray(boxes, np.float32)):
        output[0, :, cell] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.9
    return output


def row_of_boxes(count: int, size: int = SIZE) -> np.ndarray:
    """`count` boxes beside each other in a square of `size` pixels, (count, 4) float32."""
    width = size / max(count, 4)
    left = np.arange(count, dtype=np.float32) * width
    return np.stack([left + 1, np.full(count, 40.0), left + width - 1, np.full(count, 110.0)], axis=1).astype(
        np.float32
    )


def simulated_detector(detect_s: float, boxes: int) -> Detector:
    """Stage 1 on an accelerator that takes `detect_s` and always finds the same `boxes`."""
    output = planted_output(row_of_boxes(boxes))
    spec = TensorSpec("images", (None, None, None, 3), np.dtype(np.uint8))
    engine = FakeEngine(spec, [], lambda tensor: [output], {"names": "{0: 'product'}"}, detect_s)
    return Detector(engine, SIZE)


def simulated_classifier(classify_s: float, crop_size: int = 96) -> Classifier:
    """Stage 2 on an accelerator that takes `classify_s` for up to 16 crops and always says the same."""
    prototypes = np.eye(PRODUCTS, EMBEDDING, dtype=np.float32)
    spec = TensorSpec("crops", (None, crop_size, crop_size, 3), np.dtype(np.uint8))
    engine = FakeEngine(spec, [], lambda tensor: [prototypes[: len(tensor)]], None, classify_s)
    return Classifier(engine, Gallery(prototypes, np.arange(PRODUCTS, dtype=np.int32), 0.5), crop_size, 0.1)


class PacedSource(Source):
    """A camera that delivers one picture, on time, from a thread of its own; copies differ in their first pixel."""

    name = "paced"
    live = True

    def __init__(self, image: np.ndarray, fps: float, clock: Optional[MonotonicClock] = None) -> None:
        self._image = image
        self._period_s = 1.0 / fps
        self._clock = clock or MonotonicClock()
        self._stop = threading.Event()
        self._slot: NewestSlot[Frame] = NewestSlot()
        self._thread = threading.Thread(target=self._run, name="paced camera", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Optional[Frame]:
        return self._slot.take(timeout_s)

    def close(self) -> None:
        self._stop.set()
        self._slot.fail(EndOfStream())
        self._thread.join(1.0)

    def _run(self) -> None:
        start_s, number = self._clock.now_s(), 0
        while not self._clock.wait(self._stop, start_s + number * self._period_s - self._clock.now_s()):
            image = self._image.copy()
            image[0, 0] = number % 256
            self._slot.put(Frame(image, number, self._clock.now_s()))
            number += 1


def noise_picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    """A picture that compresses like a photograph, (height, width, 3) uint8."""
    coarse: List[int] = [height // 8, width // 8, 3]
    small = np.random.RandomState(seed).randint(0, 256, coarse).astype(np.uint8)
    return np.ascontiguousarray(np.kron(small, np.ones((8, 8, 1), np.uint8)))
