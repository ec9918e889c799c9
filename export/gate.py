"""What two engines must agree on before one may stand in for the other: pure arithmetic, and its thresholds."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from runtime.frame import Detections
from runtime.gallery import Gallery
from runtime.nms import suppress
from runtime.overlap import iou_matrix

IOU_AT_LEAST = 0.9
"""A box and its counterpart. Of a box of 40 px it allows about a pixel on each side: a crop of the same thing."""
SCORE_WITHIN = 0.02
"""A box's score. Thresholds are calibrated to a few hundredths; FP16 moved a score by 3e-3 at most
(docs/engines.md)."""
MEAN_SCORE_WITHIN = 0.002
"""The same over all boxes: 3e-4 in FP16. One filter in the middle of the shipped detector tripled moves no score by
more than 0.0197, but all of them by 0.0048."""
OVERLAP_SLACK = 0.05
"""IoU. Of two boxes that overlap by just what suppression allows, rounding decides which engine keeps both: what the
other dropped by less than this is looked for too. Without it one in 680 boxes failed in FP16."""
COSINE_AT_LEAST = 0.999
"""An embedding and its counterpart, 2.6 degrees. FP16 gives 0.9999 at worst, dynamic int8 0.77 (docs/engines.md)."""
NEAR_TIE = 0.01
"""Cosine similarity. Whom a crop is nearest to by less than this, over the next product or over the threshold for
`unknown`, is decided by rounding: such crops are counted, and their label may differ."""


class Seen(NamedTuple):
    """What one engine sees on one frame."""

    all: Detections
    """From SCORE_WITHIN below the lowest score that counts, suppressed OVERLAP_SLACK later than usual."""
    counts: np.ndarray
    """(k,) bool: what remains with the usual suppression and scores SCORE_WITHIN above the lowest that counts."""


class DetectorFigures(NamedTuple):
    """How the boxes of a candidate compare with those of the reference, over all frames."""

    boxes: int
    """That the reference sees clearly, its score at least SCORE_WITHIN above the lowest that counts."""
    missing: int
    """Of those, without a counterpart in the candidate."""
    extra: int
    """Clear boxes of the candidate without a counterpart in the reference."""
    other_shape: int
    """Counterparts that are of another class."""
    worst_iou: float
    """Over each clear box's best counterpart, 0 where there is none."""
    worst_score: float
    """Largest difference of the scores of counterparts."""
    mean_score: float
    """Mean of these differences."""


class ClassifierFigures(NamedTuple):
    """How the embeddings of a candidate compare with those of the reference, over all crops."""

    crops: int
    near_ties: int
    other_label: int
    """Crops, near ties apart, that get another product, or `unknown` in one of the two only."""
    worst_cosine: float
    mean_cosine: float


def seen(found: Detections, min_score: float, iou: float, overlapping: bool) -> Seen:
    """`found` is what an engine sees with `min_score - SCORE_WITHIN` and `iou + OVERLAP_SLACK` in place of these."""
    kept = np.zeros(len(found.scores), bool)
    boxes, scores, shapes = (values.tolist() for values in (found.boxes_px, found.scores, found.shapes))
    kept[suppress(boxes, scores, shapes, iou, len(kept)) if overlapping else slice(None)] = True
    return Seen(found, kept & (found.scores >= min_score + SCORE_WITHIN))


def detector_figures(pairs: Sequence[Tuple[Seen, Seen]]) -> DetectorFigures:
    """Compare (reference, candidate) of each frame: what counts in one is looked for among all that the other sees."""
    boxes = missing = extra = other_shape = 0
    ious, scores = [1.0], [0.0]
    for reference, candidate in pairs:
        overlaps = iou_matrix(reference.all.boxes_px, candidate.all.boxes_px)
        for index in np.flatnonzero(reference.counts):
            boxes += 1
            partner, iou = _partner(overlaps[index])
            ious.append(iou)
            if iou < IOU_AT_LEAST:
                missing += 1
                continue
            scores.append(float(abs(reference.all.scores[index] - candidate.all.scores[partner])))
            other_shape += int(reference.all.shapes[index] != candidate.all.shapes[partner])
        for index in np.flatnonzero(candidate.counts):
            extra += int(_partner(overlaps[:, index])[1] < IOU_AT_LEAST)
    return DetectorFigures(
        boxes, missing, extra, other_shape, min(ious), max(scores), sum(scores) / max(len(scores) - 1, 1)
    )


def _partner(overlaps: np.ndarray) -> Tuple[int, float]:
    """Index of the best overlap and the overlap; (-1, 0) where there is nothing."""
    if not overlaps.size:
        return -1, 0.0
    best = int(overlaps.argmax())
    return best, float(overlaps[best])


def classifier_figures(reference: np.ndarray, candidate: np.ndarray, gallery: Gallery) -> ClassifierFigures:
    """Compare embeddings (k, d), row by row, and what `gallery` calls them."""
    if not len(reference):
        return ClassifierFigures(0, 0, 0, 1.0, 1.0)
    lengths = np.linalg.norm(reference, axis=1) * np.linalg.norm(candidate, axis=1)
    cosines = np.sum(reference.astype(np.float64) * candidate, axis=1) / np.maximum(lengths, 1e-9)
    near = _is_near_tie(reference, gallery)
    differs = gallery.name(reference).products != gallery.name(candidate).products
    return ClassifierFigures(
        len(reference), int(near.sum()), int((differs & ~near).sum()), float(cosines.min()), float(cosines.mean())
    )


def _is_near_tie(embeddings: np.ndarray, gallery: Gallery) -> np.ndarray:
    """(k,) bool: whether the name of each embedding hangs on less than NEAR_TIE."""
    similarities = embeddings @ gallery.prototypes.T
    ids = np.unique(gallery.products)
    by_product = np.stack([similarities[:, gallery.products == product].max(axis=1) for product in ids], axis=1)
    best = by_product.max(axis=1)
    near_threshold = np.abs(best - gallery.threshold) < NEAR_TIE
    if by_product.shape[1] < 2:
        return near_threshold
    second = np.partition(by_product, -2, axis=1)[:, -2]
    # Between two products that are both clearly below the threshold there is nothing to decide: unknown.
    return near_threshold | ((best >= gallery.threshold) & (best - second < NEAR_TIE))


def detector_failures(figures: DetectorFigures) -> List[str]:
    """What keeps the candidate from passing, in words; empty where it passes."""
    if not figures.boxes:
        return ["the reference sees no box on any frame: nothing to compare; give frames with products (--frames)"]
    failures = []
    if figures.missing:
        text = "{} of {} boxes have no counterpart at IoU >= {:g} (worst {:.2f})"
        failures.append(text.format(figures.missing, figures.boxes, IOU_AT_LEAST, figures.worst_iou))
    if figures.extra:
        failures.append("{} boxes that the reference does not see".format(figures.extra))
    if figures.other_shape:
        failures.append("{} of {} boxes have another class".format(figures.other_shape, figures.boxes))
    if not figures.worst_score <= SCORE_WITHIN:  # so written, a NaN fails
        failures.append("a score differs by {:.3f}, at most {:g}".format(figures.worst_score, SCORE_WITHIN))
    if not figures.mean_score <= MEAN_SCORE_WITHIN:
        failures.append(
            "scores differ by {:.4f} on average, at most {:g}".format(figures.mean_score, MEAN_SCORE_WITHIN)
        )
    return failures


def classifier_failures(figures: ClassifierFigures) -> List[str]:
    """What keeps the candidate from passing, in words; empty where it passes."""
    if not figures.crops:
        return ["no crop to compare: the detector sees nothing on any frame; give frames with products (--frames)"]
    failures = []
    if not figures.worst_cosine >= COSINE_AT_LEAST:  # so written, a NaN fails
        text = "an embedding has cosine {:.4f} to the reference's, at least {:g}"
        failures.append(text.format(figures.worst_cosine, COSINE_AT_LEAST))
    if figures.other_label:
        failures.append("{} of {} crops get another label".format(figures.other_label, figures.crops))
    return failures


def thresholds() -> Dict[str, Any]:
    """As written into an engine's sidecar, so that a verdict can be read without the program that gave it."""
    return {
        "iou_at_least": IOU_AT_LEAST,
        "score_within": SCORE_WITHIN,
        "mean_score_within": MEAN_SCORE_WITHIN,
        "overlap_slack": OVERLAP_SLACK,
        "cosine_at_least": COSINE_AT_LEAST,
        "near_tie": NEAR_TIE,
    }
