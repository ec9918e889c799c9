"""An index taken over to another bundle: crops that are kept are embedded and named anew, no video is decoded."""

from __future__ import annotations

import contextlib
import os
from typing import Iterator

import cv2
import numpy as np
from tqdm import tqdm

from runtime.bundle import Bundle
from runtime.engines.onnx import OnnxEngine
from runtime.recognition.classifier import Classifier
from search.looking.certain import certain_margins
from search.storing.index_file import IndexFile

AT_ONCE = 64
UNFINISHED = " (unfinished)"


def renew(path: str, bundle: Bundle, is_quiet: bool = False) -> int:
    """How many sightings were named anew. Killed in the middle, the index says so until it is renewed again."""
    wanted = bundle.recogniser
    with contextlib.closing(IndexFile(path, None)) as index, OnnxEngine(bundle.classifier) as engine:
        classifier = Classifier(engine, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        index.set_recogniser(wanted + UNFINISHED)
        with contextlib.suppress(FileNotFoundError):
            os.remove(path + ".vectors")
        done, certain = 0, certain_margins(bundle)
        with tqdm(total=index.crop_count(), disable=True if is_quiet else None) as bar:
            for some in _batches(index.crops()):
                _renew(index, classifier, bundle.products, certain, some)
                done += len(some)
                bar.update(len(some))
        index.set_recogniser(wanted)
    return done


def _batches(crops: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    some: list[tuple[int, bytes]] = []
    for one in crops:
        some.append(one)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _renew(
    index: IndexFile, classifier: Classifier, products: list[str], certain: list[float], some: list[tuple[int, bytes]]
) -> None:
    """A name needs its product's margin of `certain`: there is one crop of each."""
    decoded = [(number, cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)) for number, data in some]
    images = [(number, image) for number, image in decoded if image is not None]
    if not images:
        return
    embeddings = np.concatenate([classifier.embed(image, _whole(image)) for _, image in images])
    answer = classifier.gallery.name(embeddings)
    index.rename(
        (
            (
                number,
                products[product] if product >= 0 and margin >= certain[product] else None,
                round(similarity, 4),
                embedding.astype("<f2").tobytes(),
            )
            for (number, _), product, similarity, margin, embedding in zip(
                images, answer.products.tolist(), answer.similarities.tolist(), answer.margins.tolist(), embeddings
            )
        )
    )


def _whole(image: np.ndarray) -> np.ndarray:
    """A crop is what stage 2 saw: the box with its margin."""
    height, width = image.shape[:2]
    return np.array([[0, 0, width, height]], np.float32)
