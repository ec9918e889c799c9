"""Sightings whose stored embeddings are like given ones: no video is decoded."""

from __future__ import annotations

import os

import cv2
import numpy as np

from runtime.bundle import Bundle
from runtime.engines.onnx import OnnxEngine
from runtime.errors import SourceError, UsageError
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from search.finding.grouping import Match
from search.finding.rows import IndexReader
from search.finding.vectors import near


def matches_like(index: IndexReader, bundle: Bundle, wanted: np.ndarray, least: float, label: str) -> list[Match]:
    """Sightings with a cosine of `least` or more to one of `wanted` (n, D) float32 of length 1.

    UsageError: the embeddings of the index were made by another bundle.
    """
    check_same(index, bundle)
    found = near(index, wanted, least)
    return [Match(row, found[row.id], label) for row in index.by_id(found)]


def check_same(index: IndexReader, bundle: Bundle) -> None:
    """UsageError: the embeddings of the index cannot be compared with what this bundle makes."""
    own = bundle.recogniser
    others = [name for name in index.recognisers() if name != own]
    if others:
        raise UsageError(
            f"{index.path} holds embeddings of the bundle {', '.join(others)}, this is {own}: give that --bundle, or "
            "name its crops anew with python -m search.index --renew"
        )


def embedding_of_picture(bundle: Bundle, path: str) -> np.ndarray:
    """(1, D) float32: of what stage 1 is surest of in the picture, or of the whole where it finds nothing.

    SourceError: it cannot be read as a picture.
    """
    if not os.path.isfile(path):
        raise SourceError(f"no such picture: {path}")
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError(f"{path}: cannot be read as a picture: expected a JPEG, PNG or WebP")
    height, width = image.shape[:2]
    with OnnxEngine(bundle.detector) as engine:
        detector = Detector(
            engine, bundle.size, classes=bundle.shapes, min_score=bundle.min_score, iou=bundle.iou, res=(width, height)
        )
        boxes_px = detector.detect(detector.prepare(image)).boxes_px[:1]
    if not len(boxes_px):
        boxes_px = np.array([[0, 0, width, height]], np.float32)
    with OnnxEngine(bundle.classifier) as engine:
        return Classifier(engine, bundle.gallery, bundle.crop_size, bundle.crop_margin).embed(image, boxes_px)
