"""From a labelled set to a bundle, both stages: python -m training.bundle SET --out BUNDLE

SET is what python -m training.compose made of photos, or any YOLO set with images/train and images/val. BUNDLE-training
keeps both trainings and their curves. Interrupted, the same command goes on where it stopped. Whoever wants other
settings calls training.detector, training.classifier and training.assemble one by one: this command calls them, too.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from runtime.command_line.command import exit_status_of
from runtime.errors import UsageError
from training import assemble, classifier, detector
from training.onnx_weights import make_start
from training.requirements import STAGE1, STAGE2, all_of, require

KNOWS_PRODUCTS = Path(__file__).resolve().parent.parent / "runtime" / "bundles" / "groceries" / "detector.onnx"
"""Stage 1 of the shipped bundle that was trained on photographs of shelves: what another one starts from."""
ARCHITECTURE = "yolov8n"
"""That network's name with Ultralytics."""
STAGE1_SHARE = 0.55
"""Of the hours."""


def make_bundle(values: Dict[str, Any]) -> None:
    """Both trainings, unless they are done, then the bundle. Raises ShelfsightError."""
    work = Path(f"{values['out']}-training")
    work.mkdir(parents=True, exist_ok=True)
    print(f"1 of 3: stage 1, {values['hours'] * STAGE1_SHARE:.2f} hours", flush=True)
    weights = _stage1(values, work)
    print(f"2 of 3: stage 2, {values['hours'] * (1 - STAGE1_SHARE):.2f} hours", flush=True)
    checkpoint = _stage2(values, work / "classifier")
    print("3 of 3: calibrating and measuring on the set's val", flush=True)
    flags = ["--detector", str(weights), "--classifier", str(checkpoint), "--data", str(values["set"])]
    flags += ["--out", values["out"], "--sizes", *map(str, values["sizes"]), "--threads", str(values["threads"])]
    flags += ["--shapes", str(values["shapes"])] if values["shapes"] else []
    assemble.put_together(vars(assemble.parser().parse_args(flags)))
    print(f"{values['out']}: try it with\n  python -m runtime.camera --bundle {values['out']}")


def _stage1(values: Dict[str, Any], work: Path) -> Path:
    run = work / "detector"
    last = run / "weights" / "last.pt"
    if detector.is_finished(last):
        return last
    flags = ["--data", str(values["set"]), "--out", str(run), "--hours", str(values["hours"] * STAGE1_SHARE)]
    flags += ["--epochs", "1000", "--lr", "0.001", "--sizes", *map(str, values["sizes"]), "--recoloured", "0.1"]
    flags += ["--shapes", str(values["shapes"])] if values["shapes"] else ["--single-class"]
    if last.exists():
        flags.append("--resume")
    else:
        start = work / "start.pt"
        make_start(ARCHITECTURE, values["start"], values["set"], start)
        flags += ["--model", str(start)]
    return detector.train(vars(detector.parser().parse_args(flags + _machine(values))))


def _stage2(values: Dict[str, Any], run: Path) -> Path:
    last = run / "last.pt"
    flags = ["--data", str(values["set"]), "--out", str(run), "--hours", str(values["hours"] * (1 - STAGE1_SHARE))]
    flags += ["--steps", "1000000", "--freeze", "2"]
    if last.exists():
        flags.append("--resume")
    classifier.train(vars(classifier.parser().parse_args(flags + _machine(values))))
    return last


def _machine(values: Dict[str, Any]) -> List[str]:
    return ["--device", values["device"], "--threads", str(values["threads"])]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.bundle", description="From a labelled set to a bundle.")
    parser.add_argument("set", type=Path, metavar="SET", help="of training.compose, or images/, labels/ and names")
    parser.add_argument("--out", required=True, metavar="BUNDLE", help="the bundle; BUNDLE-training keeps the rest")
    parser.add_argument("--hours", type=float, default=1.0, metavar="H", help="for both trainings together (1.0)")
    parser.add_argument("--shapes", type=Path, metavar="MAP.csv", help="lines of product,shape (one class, product)")
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[160, 224, 320], metavar="PX", help="of stage 1 (160 224 320)"
    )
    parser.add_argument(
        "--start", type=Path, default=KNOWS_PRODUCTS, metavar="FILE.onnx", help="stage 1 starts from it (the shipped)"
    )
    parser.add_argument("--device", default="cpu", help="cpu, or cuda (cpu)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N", help="one a core")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    return exit_status_of(lambda: _make(values), "interrupted; the same command goes on", values["out"])


def _make(values: Dict[str, Any]) -> None:
    if not values["hours"] > 0 or any(side < 32 or side % 32 for side in values["sizes"]):
        raise UsageError("--hours must be above 0, --sizes multiples of 32")
    if Path(values["out"]).exists():
        raise UsageError(f"{values['out']} exists: remove it, or give another --out")
    require(all_of(STAGE1, STAGE2), values["device"])
    make_bundle(values)


if __name__ == "__main__":
    sys.exit(main())
