"""Export, calibrate, measure and put a bundle together from two trainings:

python -m training.assemble --detector RUN1/weights/last.pt --classifier RUN2/last.pt --data DIR --out BUNDLE

--calibrate names the groups of DIR that set the two thresholds, --test those whose figures go into bundle.json.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from benchmarks.scoring import Found, Truth
from export.bundle import assemble_bundle, write_gallery, write_parity
from runtime.bundle import FILES, Bundle
from runtime.command import exit_status_of
from runtime.frame import UNKNOWN
from runtime.scene.products import SHAPES
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from training.calibration import choose_min_score, choose_threshold
from training.classifier import MARGIN, load_training
from training.dataset import open_data_set
from training.evaluate import Seen, evaluate, look, summary

PARITY_SIZE = (320, 240)
IOU = 0.6
"""Two boxes of one shape that overlap more are one object."""
PROVISIONAL = 0.25


def parity_frames() -> List[np.ndarray]:
    """Sample frames of our own renderer, (H, W, 3) uint8 BGR: what an engine is compared with its ONNX on."""
    asked = [SceneSettings(8, seed, split=split, hard=hard) for seed, split, hard in PARITY_SCENES]
    return [Scene(settings, PARITY_SIZE).render(3.0).image for settings in asked]


PARITY_SCENES = ((1, "train", False), (2, "train", True), (3, "heldout", False), (4, "heldout", False))


def calibrated(bundle: Bundle, folder: Path, groups: Sequence[str], threads: int) -> Dict[str, float]:
    """min_score, from all groups at both sizes, and threshold, from the true boxes of the first group."""
    by_group = [open_data_set(folder, [group]) for group in groups]
    seen = [list(look(bundle, data, size, threads)) for data in by_group for size in (160, 320)]
    everything = [each for pictures in seen for each in pictures]
    found: List[Found] = [each.found for each in everything]
    truth: List[Truth] = [each.truth for each in everything]
    min_score, f1 = choose_min_score(found, truth)
    first: List[Seen] = seen[0]
    similarities = np.concatenate([each.similarities for each in first])
    products = np.concatenate([each.products for each in first])
    nearest = np.concatenate([each.nearest for each in first])
    known = similarities[(products != UNKNOWN) & (products == nearest)]
    strangers = similarities[products == UNKNOWN]
    threshold = choose_threshold(known, strangers)
    print(
        f"min_score {min_score:.3f} (F1 of the boxes {f1:.3f}), threshold {threshold:.3f}: "
        f"{(known < threshold).mean():.3f} of {len(known)} known lost, "
        f"{(strangers < threshold).mean():.3f} of {len(strangers)} strangers rejected"
    )
    return {"min_score": round(min_score, 3), "threshold": round(threshold, 4)}


def export_both(detector: str, classifier: Path, shapes: Dict[str, str], folder: Path) -> Dict[str, Any]:
    """Write the four files of a bundle to `folder`; its description, with provisional thresholds."""
    from export.classifier_weights import open_classifier
    from export.onnx import export_classifier, export_detector

    training, opened = load_training(classifier), open_classifier(str(classifier))
    export_detector(detector, str(folder / "detector.onnx"))
    export_classifier(opened.module, opened.crop_size, str(folder / "classifier.onnx"), opened.mean, opened.std)
    write_gallery(str(folder / "gallery.npz"), training.prototypes(), np.arange(len(training.products)))
    write_parity(str(folder / "parity.npz"), parity_frames())
    return {
        "name": "demo",
        "shapes": list(SHAPES),
        "products": training.products,
        "product_shapes": {name: shapes[name] for name in training.products if name in shapes},
        "detector": {"size": 160, "min_score": PROVISIONAL, "iou": IOU},
        "classifier": {"crop_size": opened.crop_size, "crop_margin": MARGIN, "threshold": 0.5},
        "trained_on": "scenes drawn by runtime.scene, split train (python -m training.demo_data); stage 1 by "
        "Ultralytics from random weights, stage 2 from "
        f"{training.origin} weights, beside {len(training.others)} drawn strangers that are not in the gallery",
    }


def put_together(values: Dict[str, Any]) -> Bundle:
    """Everything; raises ShelfsightError."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        description = export_both(values["detector"], values["classifier"], open_data_set(values["data"]).shapes, work)
        files = {file: str(work / file) for file in FILES}
        bundle = assemble_bundle(str(work / "provisional"), files, description)
        if values["calibrate"]:
            chosen = calibrated(bundle, values["data"], values["calibrate"], values["threads"])
            description["detector"]["min_score"] = chosen["min_score"]
            description["classifier"]["threshold"] = chosen["threshold"]
            bundle = assemble_bundle(str(work / "calibrated"), files, description)
        description["accuracy"] = _measured(bundle, values)
        return assemble_bundle(values["out"], files, description, values["replace"])


def _measured(bundle: Bundle, values: Dict[str, Any]) -> Dict[str, Any]:
    """For each group and size, the figures that fit into a line."""
    accuracy = {}
    for group in values["test"]:
        data = open_data_set(values["data"], [group])
        for size in (160, 320):
            scores = evaluate(bundle, data, size, values["threads"])
            print(f"--- {group}\n{summary(scores)}", flush=True)
            accuracy[f"{group} at {size}"] = {key: scores[key] for key in REPORTED}
    return accuracy


REPORTED = ("images", "boxes", "ap50", "ap50_by_shape", "top1", "f1", "known_lost", "unknown_rejected")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.assemble", description="Two trainings to one bundle.")
    parser.add_argument("--detector", required=True, metavar="weights.pt", help="of python -m training.detector")
    parser.add_argument("--classifier", required=True, type=Path, metavar="last.pt", help="of training.classifier")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="a data set of training.demo_data")
    parser.add_argument(
        "--calibrate", nargs="*", default=list(CALIBRATION), metavar="GROUP", help=f"({' '.join(CALIBRATION)})"
    )
    parser.add_argument("--test", nargs="*", default=list(TESTS), metavar="GROUP", help=f"({' '.join(TESTS)})")
    parser.add_argument("--out", required=True, metavar="BUNDLE", help="the folder to make")
    parser.add_argument("--replace", action="store_true", help="take the place of an existing folder")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the networks (2)")
    return parser


CALIBRATION = ("train-made-up", "train-hard-made-up")
TESTS = ("heldout", "heldout-hard", "heldout-unknown", "heldout-near")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    return exit_status_of(lambda: _assemble(values), target=values["out"])


def _assemble(values: Dict[str, Any]) -> None:
    bundle = put_together(values)
    print(json.dumps({"bundle": values["out"], "products": len(bundle.products), "min_score": bundle.min_score}))


if __name__ == "__main__":
    sys.exit(main())
