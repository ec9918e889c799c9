"""Score a bundle on labelled pictures: python -m training.evaluate --bundle B --data DIR --size 320 --json scores.json

DIR is any YOLO-format folder. Its names are matched to the bundle's products by name; those that are not the bundle's
are reported, and count as strangers: right is to call them unknown.
"""

import argparse
import json
import math
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

import numpy as np
from tqdm import tqdm

from benchmarks.scoring.matching import Found, Truth, ap50_by_class, ap50_ignoring_class, hits
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import DESCRIPTION, Bundle
from runtime.command_line.command import exit_status_of
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine
from runtime.engines.sidecar import BF16, FP32
from runtime.errors import UsageError
from runtime.frame import UNKNOWN
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.doubles import kept_of
from runtime.sides import Sides, sides_for
from runtime.sources.fitting import res_of
from training.data.dataset import DataSet, open_data_set, read_picture, write_atomically

LOWEST_SCORE = 0.001
"""Average precision needs the doubtful detections too; the other figures use the bundle's own threshold."""
NO_SHAPE = -1


class Seen(NamedTuple):
    """One picture: what is in it, and what both stages made of it."""

    truth: Truth
    """Classes are shapes, or NO_SHAPE."""
    products: np.ndarray
    """(m,) int: the bundle's product of each true box, UNKNOWN for a name it does not have."""
    names: np.ndarray
    """(m,) int: index into the data set's names."""
    found: Found
    """All detections; classes are shapes."""
    sure: Found
    """Those that count, at the bundle's min_score; classes are the nearest products, known or not."""
    sure_similarities: np.ndarray
    """(k,) float: how near."""
    nearest: np.ndarray
    """(m,) int: nearest product on each true box, known or not."""
    similarities: np.ndarray
    """(m,) float: how near."""


class How(NamedTuple):
    """What the networks run on, and the input of stage 1."""

    size: Optional[int] = None
    """Longer side in pixels, None = the bundle's."""
    threads: int = 2
    openvino: Optional[str] = None
    """Its precision, None = onnxruntime."""
    square: bool = False
    """Whatever the shape of a picture; else each is seen as a camera of its shape would see it."""

    def opened(self, path: str) -> Engine:
        """The network at `path`, its open sides left open."""
        if self.openvino is not None:
            return OpenVINOEngine(path, self.openvino, self.threads)
        return OnnxEngine(path, self.threads)


class _Detectors:
    """Stage 1 of a bundle for pictures of every shape, on one engine."""

    def __init__(self, bundle: Bundle, engine: Engine, how: How) -> None:
        self._bundle, self._engine, self._how = bundle, engine, how
        self._made: Dict[Optional[Sides], Detector] = {}

    def of(self, image: np.ndarray) -> Detector:
        """The one for `image` (H, W, 3)."""
        size = self._how.size or self._bundle.size
        sides = None if self._how.square else sides_for(size, res_of(image))
        if sides not in self._made:
            bundle = self._bundle
            is_asked = self._how.size is not None
            self._made[sides] = Detector(
                self._engine, size, is_asked, None, bundle.shapes, LOWEST_SCORE, bundle.iou, sides
            )
        return self._made[sides]


def look(bundle: Bundle, data: DataSet, how: How) -> Iterator[Seen]:
    """Run both stages over the pictures of `data`, one after the other."""
    shapes = shapes_of(bundle, data)
    products = np.array([bundle.products.index(name) if name in bundle.products else UNKNOWN for name in data.names])
    with how.opened(bundle.detector) as first, how.opened(bundle.classifier) as second:
        detectors = _Detectors(bundle, first, how)
        nearest = Classifier(second, bundle.gallery._replace(threshold=-2.0), bundle.crop_size, bundle.crop_margin)
        for picture in tqdm(data.pictures, desc="evaluating", unit="picture", disable=None):
            image = read_picture(picture.path)
            boxes_px = picture.boxes_px(image.shape[1], image.shape[0])
            detector = detectors.of(image)
            detections = detector.detect(detector.prepare(image))
            sure = detections.scores >= bundle.min_score
            named = nearest.name(image, detections.boxes_px[sure])
            true = nearest.name(image, boxes_px)
            yield Seen(
                Truth(boxes_px, shapes[picture.classes]),
                products[picture.classes],
                picture.classes,
                Found(detections.boxes_px, detections.scores, detections.shapes),
                Found(detections.boxes_px[sure], detections.scores[sure], named.products),
                named.similarities,
                true.products,
                true.similarities,
            )


def shapes_of(bundle: Bundle, data: DataSet) -> np.ndarray:
    """(names,) int: the detector's class for each of the data set's names, NO_SHAPE where nothing tells.

    From the data set's shapes.txt; without one, from the bundle's own products.
    """
    with open(os.path.join(bundle.folder, DESCRIPTION), encoding="utf-8") as file:
        shape_of = data.shapes or json.load(file).get("product_shapes") or {}
    return np.array([_index(bundle.shapes, shape_of.get(name)) for name in data.names])


def _index(names: List[str], name: Optional[str]) -> int:
    return names.index(name) if name in names else NO_SHAPE


def figures(bundle: Bundle, data: DataSet, seen: List[Seen], size: int) -> Dict[str, Any]:
    """The scores, as JSON. A figure that has nothing to be measured on is null."""
    found, truth = [each.found for each in seen], [each.truth for each in seen]
    # A box without a shape cannot be found by shape, but what finds it is no mistake either.
    by_shape = ap50_by_class(found, truth) if all((each.classes != NO_SHAPE).all() for each in truth) else {}
    products = np.concatenate([each.products for each in seen])
    nearest = np.concatenate([each.nearest for each in seen])
    numbers = np.concatenate([each.names for each in seen])
    is_known = np.concatenate([each.similarities for each in seen]) >= bundle.gallery.threshold
    ours, right = products != UNKNOWN, products == nearest
    strangers = sorted({data.names[number] for number in numbers[~ours]})
    return {
        "images": len(seen),
        "boxes": len(products),
        "size": size,
        "ap50": _number(ap50_ignoring_class(found, truth)),
        "ap50_by_shape": {bundle.shapes[number]: _number(value) for number, value in sorted(by_shape.items())},
        "top1": _mean(right[ours]),
        "top1_by_product": {
            name: _mean(right[products == number])
            for number, name in enumerate(bundle.products)
            if (products == number).any()
        },
        **detected(seen, bundle.min_score, bundle.gallery.threshold),
        "threshold": bundle.gallery.threshold,
        "min_score": bundle.min_score,
        "known_lost": _mean(~is_known[ours]),
        "unknown_rejected": _mean(~is_known[~ours]),
        "unknown_rejected_by_name": {name: _mean(~is_known[numbers == data.names.index(name)]) for name in strangers},
        "unmatched_names": strangers,
    }


def detected(seen: List[Seen], min_score: float, threshold: float) -> Dict[str, Optional[float]]:
    """Precision, recall and F1 of both stages together, at these thresholds, min_score not below the bundle's.

    Right is a detection that overlaps a true box by IoU >= 0.5 and names its product. One called unknown claims
    nothing; one that names a stranger, or nothing at all, is wrong.
    """
    right = claimed = boxes = 0
    for each in seen:
        claims = (each.sure_similarities >= threshold) & (each.sure.scores >= min_score)
        kept = kept_of(each.sure.boxes_px[claims].tolist(), each.sure.classes[claims].tolist())  # as the loop does
        named = Found(*[column[claims][kept] for column in each.sure])
        ours = each.products != UNKNOWN
        taken = hits(named, Truth(each.truth.boxes_px[ours], each.products[ours]))
        right += int((taken >= 0).sum())
        claimed += len(taken)
        boxes += int(ours.sum())
    precision, recall = _ratio(right, claimed), _ratio(right, boxes)
    return {"precision": precision, "recall": recall, "f1": _ratio(2 * right, claimed + boxes) if boxes else None}


def _ratio(part: float, whole: float) -> Optional[float]:
    return round(part / whole, 5) if whole else None


def _mean(values: np.ndarray) -> Optional[float]:
    return round(float(values.mean()), 5) if len(values) else None


def _number(value: float) -> Optional[float]:
    return None if math.isnan(value) else round(value, 5)


def evaluate(bundle: Bundle, data: DataSet, how: How = How()) -> Dict[str, Any]:
    """Look, then score. Raises ShelfsightError."""
    return figures(bundle, data, list(look(bundle, data, how)), how.size or bundle.size)


def summary(scores: Dict[str, Any]) -> str:
    """A few lines for people."""

    def shown(value: Optional[float]) -> str:
        return "-" if value is None else f"{value:.3f}"

    lines = [f"{scores['images']} pictures, {scores['boxes']} boxes, size {scores['size']}"]
    keys = ("ap50", "top1", "precision", "recall", "f1", "known_lost", "unknown_rejected")
    lines.append("  ".join(f"{key} {shown(scores[key])}" for key in keys))
    by_shape = scores["ap50_by_shape"]
    if by_shape:
        lines.append("ap50 by shape: " + ", ".join(f"{name} {shown(value)}" for name, value in by_shape.items()))
    unmatched = scores["unmatched_names"]
    if unmatched:
        more = f" and {len(unmatched) - 8} more" if len(unmatched) > 8 else ""
        lines.append(f"not among the bundle's products: {', '.join(unmatched[:8])}{more}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Score a bundle on labelled pictures."
    )
    parser.add_argument("--bundle", default=SHIPPED_BUNDLE, metavar="B", help="a folder, demo or groceries (demo)")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="DIR", help="images/, labels/, data.yaml or classes.txt"
    )
    parser.add_argument("--split", metavar="S", help="a folder below images/ (all pictures)")
    parser.add_argument("--size", type=int, metavar="N", help="longer side of the detector's input (the bundle's)")
    parser.add_argument("--square", action="store_true", help="a square input (of each picture's shape)")
    parser.add_argument("--json", metavar="OUT", help="write all figures here; - is standard output")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the networks (2)")
    parser.add_argument("--openvino", choices=(BF16, FP32), help="score OpenVINO in this precision (onnxruntime)")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    return exit_status_of(lambda: _evaluate(values), target=values["json"])


def _evaluate(values: Dict[str, Any]) -> None:
    if values["size"] is not None and (values["size"] < 32 or values["size"] % 32):
        raise UsageError(f"--size {values['size']}: expected a multiple of 32")
    data = open_data_set(values["data"], [values["split"]] if values["split"] else None)
    how = How(values["size"], values["threads"], values["openvino"], values["square"])
    scores = evaluate(Bundle.open(values["bundle"]), data, how)
    text = json.dumps(scores, indent=2, ensure_ascii=False) + "\n"
    if values["json"] == "-":
        print(text, end="")
        return
    if values["json"]:
        write_atomically(Path(values["json"]), text.encode())
    print(summary(scores))


if __name__ == "__main__":
    sys.exit(main())
