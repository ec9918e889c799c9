"""Export, calibrate, measure and put a bundle together from two trainings:

python -m training.assemble --detector RUN1/weights/last.pt --classifier RUN2/last.pt --data SET --out BUNDLE

--calibrate names the groups of SET that set the two thresholds, --test those whose figures go into bundle.json.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from export.bundle import assemble_bundle, write_gallery, write_parity
from runtime.bundle import FILES, Bundle
from runtime.command_line.command import exit_status_of
from runtime.errors import UsageError
from runtime.frame import UNKNOWN
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from training.data.dataset import VALIDATION, DataSet, open_data_set
from training.data.shape_map import read_shape_map
from training.evaluate import How, Seen, detected, figures, look, summary
from training.measuring.calibration import choose_both, choose_min_score, choose_threshold
from training.stage1.shapes import ONE_CLASS

PARITY_SIZE = (320, 240)
PARITY_SCENES = ((1, "train", False), (2, "train", True), (3, "heldout", False), (4, "heldout", False))
IOU = 0.6
"""Two boxes of one shape that overlap more are one object."""
PROVISIONAL = 0.2
"""min_score while it is being chosen: below it no detection is named."""


def parity_frames() -> List[np.ndarray]:
    """Sample frames of our own renderer, (H, W, 3) uint8 BGR: what an engine is compared with its ONNX on."""
    asked = [SceneSettings(8, seed, split=split, hard=hard) for seed, split, hard in PARITY_SCENES]
    return [Scene(settings, PARITY_SIZE).render(3.0).image for settings in asked]


def calibrated(seen: Sequence[List[Seen]], min_score: Optional[float] = None) -> Dict[str, float]:
    """min_score, threshold and usual from what was seen, by set and size, of sets that neither network was trained on.

    With strangers among the boxes: min_score by the boxes alone, all sets and sizes; threshold by the true boxes of the
    first set, so that few of the known are lost. Without: both for the best F1 of the names. `usual`: the median cosine
    of the true boxes of the first set whose nearest product is right.
    """
    everything = [each for pictures in seen for each in pictures]
    known, strangers = _similarities(seen[0])
    if len(strangers):
        best, f1 = choose_min_score([each.found for each in everything], [each.truth for each in everything])
        min_score = best if min_score is None else min_score
        threshold = _threshold_beside_strangers(known, strangers)
    else:
        scores = (
            np.concatenate([each.sure.scores for each in everything]) if min_score is None else np.array([min_score])
        )
        similarities = np.concatenate([each.sure_similarities for each in everything])
        min_score, threshold = choose_both(
            lambda *chosen: detected(everything, *chosen)["f1"] or 0.0, scores, similarities
        )
        f1 = detected(everything, min_score, threshold)["f1"] or 0.0
    usual = max(threshold, float(np.median(known))) if len(known) else threshold
    print(f"min_score {min_score:.3f}, threshold {threshold:.3f}, usual {usual:.3f}, F1 {f1:.3f}", flush=True)
    return {"min_score": round(min_score, 3), "threshold": round(threshold, 4), "usual": round(usual, 4)}


def _similarities(seen: List[Seen]) -> Tuple[np.ndarray, np.ndarray]:
    """Of true boxes whose nearest product is right, (n,), and of strangers, (m,)."""
    similarities = np.concatenate([each.similarities for each in seen])
    products = np.concatenate([each.products for each in seen])
    nearest = np.concatenate([each.nearest for each in seen])
    return similarities[(products != UNKNOWN) & (products == nearest)], similarities[products == UNKNOWN]


def _threshold_beside_strangers(known: np.ndarray, strangers: np.ndarray) -> float:
    threshold = choose_threshold(known, strangers)
    lost, rejected = (known < threshold).mean(), (strangers < threshold).mean()
    print(f"{lost:.3f} of {len(known)} known lost, {rejected:.3f} of {len(strangers)} strangers rejected")
    return threshold


def export_both(values: Dict[str, Any], data: DataSet, folder: Path) -> Dict[str, Any]:
    """Write the four files of a bundle to `folder`; its description, with provisional thresholds."""
    from export.from_torch.classifier_weights import open_classifier
    from export.onnx import export_classifier, export_detector
    from runtime.engines.onnx import OnnxEngine
    from runtime.recognition.detector import names_in
    from training.stage2.training import load_training

    training, opened = load_training(values["classifier"]), open_classifier(str(values["classifier"]))
    if values["detector"].endswith(".onnx"):
        shutil.copyfile(values["detector"], folder / "detector.onnx")
    else:
        export_detector(values["detector"], str(folder / "detector.onnx"))
    crop_size = values["crop_size"] or opened.crop_size
    export_classifier(opened.module, crop_size, str(folder / "classifier.onnx"), opened.mean, opened.std)
    write_gallery(str(folder / "gallery.npz"), training.prototypes(), np.arange(len(training.products)))
    write_parity(str(folder / "parity.npz"), parity_frames())
    with OnnxEngine(str(folder / "detector.onnx"), 1) as engine:
        shapes = names_in(engine.metadata)
    shape_of = dict.fromkeys(data.names, ONE_CLASS) if shapes == [ONE_CLASS] else data.shapes
    return {
        "name": values["name"] or Path(values["out"]).resolve().name,
        "shapes": shapes,
        "products": training.products,
        "product_shapes": {name: shape_of[name] for name in training.products if name in shape_of},
        "detector": {"size": values["sizes"][0], "min_score": PROVISIONAL, "iou": IOU},
        "classifier": {"crop_size": crop_size, "crop_margin": training.values["context"], "threshold": 0.5},
        "trained_on": values["trained_on"]
        or f"the data set {data.folder.resolve().name}; stage 2 from "
        f"{training.origin} weights, beside {len(training.others)} products that are not in the gallery",
    }


def put_together(values: Dict[str, Any]) -> Bundle:
    """Everything; raises ShelfsightError."""
    whole = open_data_set(values["data"])
    if values["shapes"]:
        whole = whole._replace(shapes=read_shape_map(values["shapes"], whole.names))
    groups = [*values["calibrate"], *(group for group in values["test"] if group not in values["calibrate"])]
    by_group = {group: open_data_set(values["data"], [group])._replace(shapes=whole.shapes) for group in groups}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        description = export_both(values, whole, work)
        files = {file: str(work / file) for file in FILES}
        bundle = assemble_bundle(str(work / "provisional"), files, description)
        seen = {
            (group, size): list(look(bundle, by_group[group], How(size, values["threads"])))
            for group in groups
            for size in values["sizes"]
        }
        if values["calibrate"]:
            shown = [seen[group, size] for group in values["calibrate"] for size in values["sizes"]]
            chosen = calibrated(shown, values["min_score"])
            description["detector"]["min_score"] = chosen["min_score"]
            description["classifier"].update(threshold=chosen["threshold"], usual=chosen["usual"])
            bundle = assemble_bundle(str(work / "calibrated"), files, description)
        description["accuracy"] = {}
        for group in values["test"]:
            for size in values["sizes"]:
                scores = figures(bundle, by_group[group], seen[group, size], size)
                print(f"--- {group}\n{summary(scores)}", flush=True)
                description["accuracy"][f"{group} at {size}"] = {key: scores[key] for key in REPORTED}
        return assemble_bundle(values["out"], files, description, values["replace"])


REPORTED = ("images", "boxes", "ap50", "ap50_by_shape", "top1", "f1", "known_lost", "unknown_rejected")


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    made = argparse.ArgumentParser(prog="python -m training.assemble", description="Two trainings to one bundle.")
    made.add_argument(
        "--detector", required=True, metavar="weights.pt", help="of training.detector, or a detector.onnx"
    )
    made.add_argument("--classifier", required=True, type=Path, metavar="last.pt", help="of training.classifier")
    made.add_argument(
        "--data", required=True, type=Path, metavar="SET", help="a YOLO set that both were not trained on"
    )
    made.add_argument("--shapes", type=Path, metavar="MAP.csv", help="as given to training.detector")
    made.add_argument("--calibrate", nargs="*", default=[VALIDATION], metavar="GROUP", help="set the thresholds (val)")
    made.add_argument("--test", nargs="*", default=[VALIDATION], metavar="GROUP", help="are measured (val)")
    made.add_argument(
        "--sizes", nargs="+", type=int, default=[160, 320], metavar="PX", help="of stage 1, the usual first (160 320)"
    )
    made.add_argument("--crop-size", type=int, metavar="PX", help="side of a crop on the device (the training's)")
    made.add_argument("--min-score", type=float, metavar="S", help="of a detector that was calibrated before: it stays")
    made.add_argument("--name", help="the bundle's (its folder's)")
    made.add_argument("--trained-on", metavar="TEXT", help="set and source, for bundle.json (the set's folder)")
    made.add_argument("--out", required=True, metavar="BUNDLE", help="the folder to make")
    made.add_argument("--replace", action="store_true", help="take the place of an existing folder")
    made.add_argument("--threads", type=int, default=2, metavar="N", help="of the networks (2)")
    return made


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(parser().parse_args(arguments))
    return exit_status_of(lambda: _assemble(values), target=values["out"])


def _assemble(values: Dict[str, Any]) -> None:
    if any(side < 32 or side % 32 for side in values["sizes"]):
        raise UsageError(f"--sizes {values['sizes']}: expected multiples of 32")
    bundle = put_together(values)
    print(json.dumps({"bundle": values["out"], "products": len(bundle.products), "min_score": bundle.min_score}))


if __name__ == "__main__":
    sys.exit(main())
