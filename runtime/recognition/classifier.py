"""Stage 2: each candidate's crop to an embedding, all crops of a frame in one batch."""

import logging
import math
from typing import List, Sequence, Tuple

import numpy as np

from runtime.engines.cache import MAX_BATCH
from runtime.engines.engine import Engine
from runtime.errors import ModelError
from runtime.gallery import NO_LIKENESS, NOTHING, Answer, Gallery
from runtime.recognition.letterbox import LetterboxBuffer
from runtime.recognition.naming_cost import NamingCost, measured_cost

log = logging.getLogger(__name__)

_Region = Tuple[int, int, int, int]
"""x1, y1, x2, y2 in whole pixels."""


class Classifier:
    """Crop, embed, name. Keeps its buffers; not for two threads at once."""

    def __init__(self, engine: Engine, gallery: Gallery, size: int, margin: float) -> None:
        """`size`: side of a crop in pixels; `margin`: how much of its size a box is widened by, in all.

        Runs the network once, on grey. Raises ModelError where network and gallery do not fit each other.
        """
        spec = engine.input
        if spec.dtype != np.uint8 or len(spec.shape) != 4 or spec.shape[3] != 3 or spec.shape[0] is not None:
            raise ModelError(
                "the classifier's input is {} {}: expected uint8 [N, {s}, {s}, 3] with N open; "
                "export it again with python -m export.onnx".format(spec.dtype, list(spec.shape), s=size)
            )
        self.engine = engine
        self._margin = margin
        self.use(gallery)
        self._crops = np.zeros((MAX_BATCH, size, size, 3), np.uint8)
        self._has_warned = False
        self._squares = [LetterboxBuffer(crop) for crop in self._crops]
        embedding = engine.run(self._crops[:2])[0]
        if embedding.shape != (2, gallery.prototypes.shape[1]):
            raise ModelError(
                "the classifier gives {} for two crops, the gallery holds prototypes of length {}: they are not of one "
                "training; put the bundle together again with python -m export.bundle".format(
                    list(embedding.shape), gallery.prototypes.shape[1]
                )
            )

    def use(self, gallery: Gallery) -> None:
        """Name by `gallery` from now on."""
        self.gallery = gallery
        self._scratch = np.empty((MAX_BATCH, len(gallery.prototypes)), np.float32)

    def measured_cost(self) -> NamingCost:
        """Timed on grey crops, one and a few: some ten milliseconds on a CPU."""
        return measured_cost(lambda crops: self.engine.run(self._crops[:crops]), 1, 4)

    def name(self, image: np.ndarray, boxes_px: np.ndarray, with_margins: bool = True) -> Answer:
        """Name the contents of `boxes_px` (k, 4) float32 x1, y1, x2, y2 in `image` (H, W, 3) uint8 BGR."""
        return self._name_crops(self._crops_in(image, boxes_px), with_margins)

    def name_all(self, pictures: Sequence[Tuple[np.ndarray, np.ndarray]]) -> List[Answer]:
        """The same of several images with their boxes; the crops of all go through the network together."""
        crops = [self._crops_in(image, boxes_px) for image, boxes_px in pictures]
        answer = self._name_crops([crop for those in crops for crop in those], with_margins=True)
        ends = np.cumsum([len(those) for those in crops]).tolist()
        return [_rows_of(answer, start, end) for start, end in zip([0] + ends, ends)]

    def embed(self, image: np.ndarray, boxes_px: np.ndarray) -> np.ndarray:
        """(k, d) float32 of length 1: the embeddings of `boxes_px`, as for `name`; the caller's own."""
        batches = _batches(self._crops_in(image, boxes_px))
        return np.concatenate([self._no_embeddings()] + [self._embed(batch).astype(np.float32) for batch in batches])

    def _crops_in(self, image: np.ndarray, boxes_px: np.ndarray) -> List[np.ndarray]:
        """Views of `image`."""
        return [image[y1:y2, x1:x2] for x1, y1, x2, y2 in self.regions(image, boxes_px)]

    def _name_crops(self, crops: List[np.ndarray], with_margins: bool) -> Answer:
        answers = [self._name_batch(batch, with_margins) for batch in _batches(crops)]
        if len(answers) == 1:
            return answers[0]
        none = NOTHING._replace(embeddings=self._no_embeddings())
        return Answer(*[np.concatenate(parts) for parts in zip(none, *answers)])

    def _no_embeddings(self) -> np.ndarray:
        return np.empty((0, self.gallery.prototypes.shape[1]), np.float32)

    def _embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        for square, crop in zip(self._squares, crops):
            square.draw(crop)
        return self.engine.run(self._crops[: len(crops)])[0]

    def _name_batch(self, crops: Sequence[np.ndarray], with_margins: bool) -> Answer:
        embeddings = np.array(self._embed(crops), np.float32)  # the engine's own buffer is used again
        answer = self.gallery.name(embeddings, with_margins, self._scratch)
        if not self._has_warned and NO_LIKENESS in answer.similarities.tolist():
            self._has_warned = True
            log.warning("the classifier answers with NaN: unknown; where it runs in FP16 or BF16, try --precision fp32")
        return answer._replace(embeddings=embeddings)

    def regions(self, image: np.ndarray, boxes_px: np.ndarray) -> List[_Region]:
        """Whole-pixel x1, y1, x2, y2 of each box, widened, inside the image and never empty."""
        height, width = image.shape[:2]
        grow = self._margin / 2
        regions = []
        # Numbers, not arrays: for the few boxes of a frame numpy's overhead would be most of the work.
        for x1, y1, x2, y2 in boxes_px.tolist():
            more_x, more_y = (x2 - x1) * grow, (y2 - y1) * grow
            left = min(max(math.floor(x1 - more_x), 0), width - 1)
            top = min(max(math.floor(y1 - more_y), 0), height - 1)
            right = min(max(math.ceil(x2 + more_x), left + 1), width)
            bottom = min(max(math.ceil(y2 + more_y), top + 1), height)
            regions.append((left, top, right, bottom))
        return regions


def _rows_of(answer: Answer, start: int, end: int) -> Answer:
    products, similarities, margins, embeddings = answer
    rows = slice(start, end)
    return Answer(products[rows], similarities[rows], margins[rows], None if embeddings is None else embeddings[rows])


def _batches(crops: List[np.ndarray]) -> List[List[np.ndarray]]:
    """As many at once as the network takes."""
    return [crops[start : start + MAX_BATCH] for start in range(0, len(crops), MAX_BATCH)]
