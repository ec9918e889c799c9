"""What a good engineer writes by hand for the same task: cv2, onnxruntime and NMSBoxes, crops in one batch.

Kept short and quick at once: a kept canvas, OpenCV's blob functions, scores filtered before a box is computed, one
batch of crops, integer drawing. Whoever knows how to speed it up in ten lines should: it is what we compare with.
"""

import time
from typing import Any, List, NamedTuple, Optional

import cv2
import numpy as np

from benchmarks.peer_loops.networks import PeerNetworks, Planted
from runtime.bundle import Bundle
from runtime.errors import ModelError

NMS: Any = getattr(cv2.dnn, "NMSBoxesBatched", None)
"""Takes arrays as they are, class by class; OpenCV before 4.7 has none."""


class Seen(NamedTuple):
    """What a peer found in a frame, for the comparison that all of them find the same."""

    boxes_px: np.ndarray
    """(k, 4)."""
    products: List[int]


class Networks:
    """Both networks on onnxruntime with one thread; what the detector says is planted after it has run."""

    def __init__(self, detector: str, classifier: str, threads: int) -> None:
        """Paths of two ONNX files."""
        self.detector = session(detector, threads)
        self.classifier = session(classifier, threads)
        self.planted: Optional[Planted] = None

    def detect(self, blob: np.ndarray) -> np.ndarray:
        """The raw output (4 + classes, cells) for a float (1, 3, side, side)."""
        output = self.detector.run(None, {"normalized": blob})[0]
        return (output if self.planted is None else self.planted.output)[0]

    def embed(self, blob: np.ndarray) -> np.ndarray:
        """(k, d) for crops, float (k, 3, side, side)."""
        return self.classifier.run(None, {"normalized": blob})[0]


class DnnNetworks(Networks):
    """The same on OpenCV's own dnn module."""

    def __init__(self, networks: PeerNetworks, threads: int) -> None:
        cv2.setNumThreads(threads)
        try:
            self._first = cv2.dnn.readNetFromONNX(networks.usual_detector)
            self._second = cv2.dnn.readNetFromONNX(networks.classifier)
        except cv2.error as error:
            raise ModelError(
                "OpenCV's dnn does not take this bundle: leave it out of --peers ({})".format(error.err)
            ) from error
        self.planted = None

    def detect(self, blob: np.ndarray) -> np.ndarray:
        self._first.setInput(blob)
        output = self._first.forward()
        return (output if self.planted is None else self.planted.output)[0]

    def embed(self, blob: np.ndarray) -> np.ndarray:
        self._second.setInput(blob)
        return self._second.forward()


def session(path: str, threads: int):
    """An onnxruntime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Namer:
    """Crops of a frame to products: batched, letterboxed as the network was trained, nearest prototype."""

    def __init__(self, bundle: Bundle, networks: Networks) -> None:
        self._bundle = bundle
        self._networks = networks

    def name(self, frame: np.ndarray, boxes: np.ndarray):
        """Products (k,) and similarities (k,) of whole-pixel boxes (k, 4) in `frame`."""
        side = self._bundle.crop_size
        crops = np.full((len(boxes), side, side, 3), 114, np.uint8)
        for crop, (x1, y1, x2, y2) in zip(crops, boxes.tolist()):
            scale = side / max(x2 - x1, y2 - y1)
            w, h = max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale))
            left, top = (side - w) // 2, (side - h) // 2
            cv2.resize(frame[y1:y2, x1:x2], (w, h), dst=crop[top : top + h, left : left + w])
        blob = cv2.dnn.blobFromImages(list(crops), 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
        similarities = self._networks.embed(blob) @ self._bundle.gallery.prototypes.T
        nearest = similarities.argmax(axis=1)
        best = similarities[np.arange(len(nearest)), nearest]
        return np.where(best >= self._bundle.gallery.threshold, self._bundle.gallery.products[nearest], -1), best


class HandLoop:
    """Letterbox, detect, suppress, crop, classify, draw: one frame after the other."""

    def __init__(self, networks: PeerNetworks, runner: Networks) -> None:
        self._bundle = networks.bundle
        self._size = networks.size
        self.networks = runner
        self._namer = Namer(networks.bundle, runner)
        self._canvas = np.full((networks.size, networks.size, 3), 114, np.uint8)
        self._shown_s = time.perf_counter()

    def show(self, frame: np.ndarray) -> Seen:
        """One frame (H, W, 3) uint8 BGR, drawn on."""
        boxes, classes = self._detect(frame)
        products, similarities = np.empty(0, int), np.empty(0)
        if len(boxes):
            grow = (boxes[:, 2:] - boxes[:, :2]) * self._bundle.crop_margin / 2
            limit = [frame.shape[1], frame.shape[0]]
            regions = np.hstack(
                [np.floor(boxes[:, :2] - grow).clip(0), np.minimum(np.ceil(boxes[:, 2:] + grow), limit)]
            )
            products, similarities = self._namer.name(frame, regions.astype(int))
        self._draw(frame, boxes.astype(int).tolist(), classes, products, similarities)
        return Seen(boxes, products.tolist())

    def _detect(self, frame: np.ndarray):
        height, width = frame.shape[:2]
        scale = min(self._size / width, self._size / height)
        w, h = round(width * scale), round(height * scale)
        left, top = (self._size - w) // 2, (self._size - h) // 2
        cv2.resize(frame, (w, h), dst=self._canvas[top : top + h, left : left + w])
        output = self.networks.detect(cv2.dnn.blobFromImage(self._canvas, 1 / 255, swapRB=True))
        best = output[4:].max(axis=0)
        kept = np.flatnonzero(best >= self._bundle.min_score)
        if not len(kept):
            return np.empty((0, 4)), []
        output, best = output[:, kept], best[kept]
        classes = output[4:].argmax(axis=0)
        x, y, w, h = output[:4]
        rectangles = np.stack([x - w / 2, y - h / 2, w, h], axis=1)
        survivors = np.asarray(NMS(rectangles, best, classes, self._bundle.min_score, self._bundle.iou))
        boxes = rectangles[survivors]
        boxes[:, 2:] += boxes[:, :2]
        boxes = (boxes - [left, top, left, top]) / scale
        return boxes.clip(0, [width, height, width, height]), classes[survivors].tolist()

    def _draw(
        self, frame: np.ndarray, boxes: list, classes: list, products: np.ndarray, similarities: np.ndarray
    ) -> None:
        for (x1, y1, x2, y2), shape, product, likeness in zip(boxes, classes, products.tolist(), similarities.tolist()):
            colour = COLOURS[product % len(COLOURS)]
            name = self._bundle.products[product] if product >= 0 else "unknown " + self._bundle.shapes[shape]
            cv2.rectangle(frame, (x1, y1), (x2, y2), colour, 2)
            text = "{} {:.0f}%".format(name, likeness * 100)
            (w, h), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
            cv2.rectangle(frame, (x1, y1 - h - below), (x1 + w, y1), colour, -1)
            cv2.putText(frame, text, (x1, y1 - below), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
        now_s = time.perf_counter()
        text = "{:.1f} FPS".format(1 / max(now_s - self._shown_s, 1e-6))
        self._shown_s = now_s
        cv2.putText(frame, text, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (120, 230, 120), 1, cv2.LINE_AA)


COLOURS = ((75, 150, 255), (80, 200, 90), (235, 160, 60), (70, 80, 235), (200, 110, 200), (60, 205, 235))
