"""How often one object has two boxes of its name, and what taking one away is worth: python -m benchmarks.doubles

Every candidate is named, on moving scenes of the demo (--seeds) or on a labelled folder (--data), with and without the
rule of runtime.recognition.doubles. A claim is right where it overlaps a true box (IoU >= 0.5) and names it.
"""

import argparse
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.scoring.matching import Found, Truth, hits
from benchmarks.scoring.yolo_labels import read_labelled_folder
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.engines.onnx import OnnxEngine
from runtime.errors import SourceError
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.doubles import kept_of
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.sources.folder import read_image

RES = (640, 480)
EVERY = 4
"""Of a scene's frames: those between look the same."""


class Picture(NamedTuple):
    """What is in a picture; classes are the bundle's products, UNKNOWN for a name that it does not have."""

    image: np.ndarray
    truth: Truth


def scenes(own: argparse.Namespace) -> Iterator[Picture]:
    """Frames of the demo's held-out scenes."""
    for seed in own.seeds:
        scene = Scene(SceneSettings(products=own.objects, split="heldout", seed=seed), RES)
        for number in range(0, own.frames, EVERY):
            image, truth = scene.render(number / 30.0)
            ours = truth.products >= 0
            yield Picture(image, Truth(truth.boxes_px[ours], truth.products[ours]))


def photographs(own: argparse.Namespace, products: List[str]) -> Iterator[Picture]:
    """The pictures of a labelled folder."""
    folder = read_labelled_folder(own.data)
    numbers = np.array([products.index(name) if name in products else -1 for name in folder.names])
    for labelled in folder.pictures:
        image = read_image(labelled.path)
        if image is None:
            raise SourceError("{} is no picture that OpenCV reads: take it out".format(labelled.path))
        boxes_px = labelled.boxes_px(image.shape[1], image.shape[0])
        yield Picture(image, Truth(boxes_px, numbers[labelled.classes]))


class Side:
    """Claims with or without the rule, counted."""

    def __init__(self) -> None:
        self.right = self.claimed = self.boxes = 0

    def count(self, boxes_px: np.ndarray, scores: np.ndarray, products: np.ndarray, truth: Truth) -> None:
        known = products >= 0
        taken = hits(Found(boxes_px[known], scores[known], products[known]), truth)
        self.right += int((taken >= 0).sum())
        self.claimed += len(taken)
        self.boxes += len(truth.classes)

    def row(self) -> Dict[str, float]:
        return {
            "precision": round(self.right / max(1, self.claimed), 4),
            "recall": round(self.right / max(1, self.boxes), 4),
            "f1": round(2 * self.right / max(1, self.claimed + self.boxes), 4),
        }


def measure(own: argparse.Namespace) -> Dict[str, Any]:
    """Both sides, and how many boxes went."""
    bundle = Bundle.open(own.bundle)
    sides, gone = {"as found": Side(), "one box each": Side()}, 0
    sides_px = {"n": 1, "h": own.size, "w": own.size}
    with OnnxEngine(bundle.detector, 1, sides_px) as first, OnnxEngine(bundle.classifier, 1) as second:
        detector = Detector(first, own.size, True, None, bundle.shapes, bundle.min_score, bundle.iou)
        classifier = Classifier(second, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        pictures = photographs(own, bundle.products) if own.data else scenes(own)
        for image, truth in tqdm(pictures, "naming", unit="picture", disable=None):
            found = detector.detect(detector.prepare(image))
            products = np.asarray(classifier.name(image, found.boxes_px).products)
            kept = np.array(kept_of(found.boxes_px.tolist(), products.tolist()), int)
            gone += len(products) - len(kept)
            sides["as found"].count(found.boxes_px, found.scores, products, truth)
            sides["one box each"].count(found.boxes_px[kept], found.scores[kept], products[kept], truth)
    return {
        "objects": sides["as found"].boxes,
        "boxes_taken_away": gone,
        **{name: side.row() for name, side in sides.items()},
    }


def _measure(own: argparse.Namespace) -> None:
    write_report(own.json, dict(machine(), settings=vars(own), **measure(own)))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doubles", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--bundle", default="demo", metavar="B", help="a folder, demo or groceries (demo)")
    parser.add_argument("--data", metavar="DIR", help="a labelled folder in YOLO format, instead of the demo's scenes")
    parser.add_argument("--objects", type=int, default=8, metavar="N", help="in each scene (8)")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=list(range(201, 207)), metavar="S", help="of the scenes"
    )
    parser.add_argument(
        "--frames", type=int, default=200, metavar="N", help="of each scene; every 4th is looked at (200)"
    )
    parser.add_argument("--size", type=int, default=160, metavar="PX", help="of stage 1 (160)")
    parser.add_argument("--json", default=STANDARD_OUTPUT, metavar="FILE", help="where to (standard output)")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _measure(own), target=own.json)


if __name__ == "__main__":
    sys.exit(main())
