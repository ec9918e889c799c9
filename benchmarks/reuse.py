"""What class reuse saves and costs, on moving scenes of the demo: python -m benchmarks.reuse

The same frames and the same detections are named twice: every candidate on every frame, and by track. A label is wrong
where the candidate covers a true object (IoU >= 0.5) that is another product; an outsider named as a product counts as
wrong, and so does a product called unknown or not named yet. Without the pipeline, so that nothing depends on the clock
but the budget.
"""

import argparse
import statistics
import sys
import time
from typing import Dict, List, Optional

import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.scoring.matching import Found, Truth, hits
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import number_list
from runtime.engines.onnx import OnnxEngine
from runtime.figures.meter import Meter
from runtime.figures.report import STANDARD_OUTPUT, write_report
from runtime.frame import Frame, Names, Observation
from runtime.picture.compose import Composer
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.naming import Naming, NamingPolicy
from runtime.recognition.tracker import Tracker
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.sides import sides_for

RES = (640, 480)


class Side:
    """One way of naming, with what it cost and got wrong."""

    def __init__(self) -> None:
        self.asked = self.wrong = self.pending = self.seen = 0
        self.took_ms: List[float] = []

    def count(self, names: Names, true_products: np.ndarray) -> None:
        """`true_products` (k,): the product that each candidate shows, -1 an outsider, -2 nothing known."""
        known = true_products > -2
        self.asked += names.asked
        self.seen += int(known.sum())
        self.wrong += int((names.products != true_products)[known].sum())
        self.pending += int((names.products == -2)[known].sum())


def measure(bundle: Bundle, objects: int, own: argparse.Namespace) -> Dict[str, object]:
    """One row: scenes with `objects`."""
    composer = Composer(bundle.shapes, bundle.products)
    figures = Meter(30.0, True).recent(0.0)
    width, height = sides_for(own.size, RES)
    first = OnnxEngine(bundle.detector, own.threads, {"n": 1, "h": height, "w": width})
    with first, OnnxEngine(bundle.classifier, own.threads) as second:
        detector = Detector(first, own.size, True, None, bundle.shapes, bundle.min_score, bundle.iou, RES)
        classifier = Classifier(second, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        policies = {"every": NamingPolicy(1), "reuse": NamingPolicy(own.every, own.budget_ms)}
        sides = {name: Side() for name in policies}
        for seed in own.seeds:
            scene = Scene(SceneSettings(products=objects, speed=own.speed, split="heldout", seed=seed), RES)
            ways = {name: (Tracker(), Naming(classifier, policy)) for name, policy in policies.items()}
            for number in tqdm(range(own.frames), desc=f"{objects} objects, seed {seed}", unit="frame", disable=None):
                image, truth = scene.render(number / 30.0)
                for name, (tracker, naming) in ways.items():
                    picture = image.copy()
                    started_s = time.perf_counter()
                    detections = detector.detect(detector.prepare(picture))
                    detected_s = time.perf_counter()
                    track_ids = tracker.update(detections)
                    names = naming.name(picture, detections, track_ids, (detected_s - started_s) * 1e3)
                    composer.compose(Observation(Frame(picture, number, 0.0), detections, track_ids, names), figures)
                    sides[name].took_ms.append((time.perf_counter() - started_s) * 1e3)
                    found = Found(detections.boxes_px, detections.scores, detections.shapes)
                    of = hits(found, Truth(truth.boxes_px, truth.shapes), by_class=False)
                    sides[name].count(names, np.where(of >= 0, np.append(truth.products, -2)[of], -2))
    return row_of(objects, own.frames * len(own.seeds), sides["every"], sides["reuse"])


def row_of(objects: int, frames: int, every: Side, reuse: Side) -> Dict[str, object]:
    """What one cost and got wrong beside the other."""
    return {
        "objects": objects,
        "candidates_per_frame": round(every.asked / frames, 2),
        "fewer_calls": round(1 - reuse.asked / every.asked, 4),
        "wrong_every": round(every.wrong / every.seen, 4),
        "wrong_reuse": round(reuse.wrong / reuse.seen, 4),
        "wrong_more": round(reuse.wrong / reuse.seen - every.wrong / every.seen, 4),
        "pending_reuse": round(reuse.pending / reuse.seen, 4),
        "period_every_ms": round(statistics.mean(every.took_ms), 2),
        "period_reuse_ms": round(statistics.mean(reuse.took_ms), 2),
    }


def _reuse(own: argparse.Namespace) -> None:
    bundle = Bundle.open(own.bundle)
    rows = [measure(bundle, objects, own) for objects in own.objects]
    for row in rows:
        print(" ".join(f"{key} {value}" for key, value in row.items()), file=sys.stderr)
    write_report(own.json, dict(machine(), settings=vars(own), rows=rows))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reuse", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--bundle", default="demo", metavar="DIR", help="the models (default: demo)")
    parser.add_argument(
        "--objects", default="3,8,16,30", metavar="N,...", type=number_list, help="in the scenes (default: 3,8,16,30)"
    )
    parser.add_argument("--frames", type=int, default=300, metavar="N", help="of each scene (default: 300)")
    parser.add_argument(
        "--size", type=int, default=160, metavar="PX", help="longer side of stage 1's input (default: 160)"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="of the scene (default: 1)")
    parser.add_argument(
        "--seeds", type=number_list, default="1,2,3", metavar="S,...", help="of scenes (default: 1,2,3)"
    )
    parser.add_argument("--every", type=int, default=10, metavar="K", help="as --classify-every (default: 10)")
    parser.add_argument("--budget-ms", type=float, metavar="B", help="as --classify-budget-ms")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the networks (default: 1)")
    parser.add_argument("--json", default=STANDARD_OUTPUT, metavar="FILE", help="where to (default: standard output)")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _reuse(own), target=own.json)


if __name__ == "__main__":
    sys.exit(main())
