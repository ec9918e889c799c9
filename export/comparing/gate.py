"""What two engines must agree on before one may stand in for the other: pure arithmetic, and its thresholds."""

from typing import List, NamedTuple, Sequence, Tuple

import numpy as np

from runtime.frame import Detections
from runtime.gallery import Gallery
from runtime.recognition.iou import iou_matrix
from runtime.recognition.nms import suppress


class Limits(NamedTuple):
    """How far two engines may be apart."""

    iou_at_least: float = 0.9
    """A box and its counterpart. Of a box of 40 px it allows about a pixel on each side: a crop of the same thing."""
    score_within: float = 0.02
    """A box's score. Thresholds are calibrated to a few hundredths; FP16 moved a score by 3e-3 at most
    (docs/engines.md)."""
    mean_score_within: float = 0.002
    """The same over all boxes: 3e-4 in FP16. One filter in the middle of the shipped detector tripled moves no score by
    more than 0.0197, but all of them by 0.0048."""
    overlap_slack: float = 0.05
    """IoU. Of two boxes that overlap by just what suppression allows, rounding decides which engine keeps both: what
    the other dropped by less than this is looked for too. Without it one in 680 boxes failed in FP16."""
    cosine_at_least: float = 0.999
    """An embedding and its counterpart, 2.6 degrees. FP16 gives 0.9999 at worst, dynamic int8 0.77."""
    near_tie: float = 0.01
    """Cosine similarity. Whom a crop is nearest to by less than this, over the next product or over the threshold for
    `unknown`, is decided by rounding: such crops are counted, and their label may differ."""


USUAL = Limits()
BF16 = Limits(iou_at_least=0.75, score_within=0.04, mean_score_within=0.01, cosine_at_least=0.98, near_tie=0.06)
"""For BF16, which keeps 8 bits where FP16 keeps 11: not quite twice what it does on the shipped models, and there it
costs at most 0.004 of F1 (docs/engines.md). Wide enough to hide a filter gone wrong: so only for what agrees in FP32,
by the usual limits, in the same library."""


class Seen(NamedTuple):
    """What one engine sees on one frame."""

    all: Detections
    """From `score_within` below the lowest score that counts, suppressed `overlap_slack` later than usual."""
    counts: np.ndarray
    """(k,) bool: what remains with the usual suppression and scores `score_within` above the lowest that counts."""


class DetectorFigures(NamedTuple):
    """How the boxes of a candidate compare with those of the reference, over all frames."""

    boxes: int
    """That the reference sees clearly, its score at least `score_within` above the lowest that counts."""
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


def seen(found: Detections, min_score: float, iou: float, overlapping: bool, limits: Limits = USUAL) -> Seen:
    """`found` is what an engine sees with `min_score - score_within` and `iou + overlap_slack` in place of these."""
    kept = np.zeros(len(found.scores), bool)
    boxes, scores, shapes = (values.tolist() for values in (found.boxes_px, found.scores, found.shapes))
    kept[suppress(boxes, scores, shapes, iou, len(kept)) if overlapping else slice(None)] = True
    return Seen(found, kept & (found.scores >= min_score + limits.score_within))


def detector_figures(pairs: Sequence[Tuple[Seen, Seen]], limits: Limits = USUAL) -> DetectorFigures:
    """Compare (reference, candidate) of each frame: what counts in one is looked for among all that the other sees."""
    boxes = missing = extra = other_shape = 0
    ious, scores = [1.0], [0.0]
    for reference, candidate in pairs:
        overlaps = iou_matrix(reference.all.boxes_px, candidate.all.boxes_px)
        for index in np.flatnonzero(reference.counts):
            boxes += 1
            partner, iou = _partner(overlaps[index])
            ious.append(iou)
            if iou < limits.iou_at_least:
                missing += 1
                continue
            scores.append(float(abs(reference.all.scores[index] - candidate.all.scores[partner])))
            other_shape += int(reference.all.shapes[index] != candidate.all.shapes[partner])
        for index in np.flatnonzero(candidate.counts):
            extra += int(_partner(overlaps[:, index])[1] < limits.iou_at_least)
    return DetectorFigures(
        boxes, missing, extra, other_shape, min(ious), max(scores), sum(scores) / max(len(scores) - 1, 1)
    )


def _partner(overlaps: np.ndarray) -> Tuple[int, float]:
    """Index of the best overlap and the overlap; (-1, 0) where there is nothing."""
    if not overlaps.size:
        return -1, 0.0
    best = int(overlaps.argmax())
    return best, float(overlaps[best])


def classifier_figures(
    reference: np.ndarray, candidate: np.ndarray, gallery: Gallery, limits: Limits = USUAL
) -> ClassifierFigures:
    """Compare embeddings (k, d), row by row, and what `gallery` calls them."""
    if not len(reference):
        return ClassifierFigures(0, 0, 0, 1.0, 1.0)
    lengths = np.linalg.norm(reference, axis=1) * np.linalg.norm(candidate, axis=1)
    cosines = np.sum(reference.astype(np.float64) * candidate, axis=1) / np.maximum(lengths, 1e-9)
    near = _is_near_tie(reference, gallery, limits.near_tie)
    differs = gallery.name(reference).products != gallery.name(candidate).products
    return ClassifierFigures(
        len(reference), int(near.sum()), int((differs & ~near).sum()), float(cosines.min()), float(cosines.mean())
    )


def _is_near_tie(embeddings: np.ndarray, gallery: Gallery, near_tie: float) -> np.ndarray:
    """(k,) bool: whether the name of each embedding hangs on less than `near_tie`."""
    similarities = embeddings @ gallery.prototypes.T
    ids = np.unique(gallery.products)
    by_product = np.stack([similarities[:, gallery.products == product].max(axis=1) for product in ids], axis=1)
    best = by_product.max(axis=1)
    least = np.array([gallery.threshold_of(row) for row in similarities.argmax(axis=1)])
    near_threshold = np.abs(best - least) < near_tie
    if by_product.shape[1] < 2:
        return near_threshold
    second = np.partition(by_product, -2, axis=1)[:, -2]
    # Between two products that are both clearly below the threshold there is nothing to decide: unknown.
    return near_threshold | ((best >= least) & (best - second < near_tie))


def detector_failures(figures: DetectorFigures, limits: Limits = USUAL) -> List[str]:
    """What keeps the candidate from passing, in words; empty where it passes."""
    if not figures.boxes:
        return ["the reference sees no box on any frame: nothing to compare; give frames with products (--frames)"]
    failures = []
    if figures.missing:
        text = "{} of {} boxes have no counterpart at IoU >= {:g} (worst {:.2f})"
        failures.append(text.format(figures.missing, figures.boxes, limits.iou_at_least, figures.worst_iou))
    if figures.extra:
        failures.append("{} boxes that the reference does not see".format(figures.extra))
    if figures.other_shape:
        failures.append("{} of {} boxes have another class".format(figures.other_shape, figures.boxes))
    if not figures.worst_score <= limits.score_within:  # so written, a NaN fails
        failures.append("a score differs by {:.3f}, at most {:g}".format(figures.worst_score, limits.score_within))
    if not figures.mean_score <= limits.mean_score_within:
        failures.append(
            "scores differ by {:.4f} on average, at most {:g}".format(figures.mean_score, limits.mean_score_within)
        )
    return failures


def classifier_failures(figures: ClassifierFigures, limits: Limits = USUAL) -> List[str]:
    """What keeps the candidate from passing, in words; empty where it passes."""
    if not figures.crops:
        return ["no crop to compare: the detector sees nothing on any frame; give frames with products (--frames)"]
    failures = []
    if not figures.worst_cosine >= limits.cosine_at_least:  # so written, a NaN fails
        text = "an embedding has cosine {:.4f} to the reference's, at least {:g}"
        failures.append(text.format(figures.worst_cosine, limits.cosine_at_least))
    if figures.other_label:
        failures.append("{} of {} crops get another label".format(figures.other_label, figures.crops))
    return failures
