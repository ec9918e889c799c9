"""Train stage 1 through Ultralytics: python -m training.detector --data DIR --out RUN

RUN/weights/last.pt is the result; RUN/results.csv and results.png are its curves. The classes are the shapes that
--shapes or the set's shapes.txt gives its products, else one class, "product". Killed, it goes on with --resume from
the last whole epoch.
"""

import argparse
import contextlib
import os
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence

from export.from_torch.checkpoint_file import TRUST_HELP, load_checkpoint
from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError, ModelError, SourceError, UsageError
from runtime.scene.products import SHAPES
from training.checkpoint import read_checkpoint_of_ultralytics
from training.data.dataset import DataSet, open_to_train, write_atomically
from training.data.shape_map import read_shape_map
from training.memory import is_out_of_memory
from training.requirements import INSTALL, STAGE1, require
from training.stage1.progress import LOG, Progress, words_to
from training.stage1.shapes import write_stage1_data

SIZES_PX = (160, 160, 192, 224, 256, 320, 320)
"""Sides that batches are shrunk to by turns of chance: one model for the quick size, the accurate one and between."""
KEPT = "last-whole.pt"


def _ultralytics() -> Any:
    """The package, told not to reach for the network: fonts, weights and usage reports are looked up at import."""
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    try:
        import ultralytics
    except ImportError as error:
        raise MissingPackageError(f"training stage 1 needs Ultralytics: {INSTALL}") from error
    return ultralytics


def make_trainer(sizes_px: Sequence[int], recoloured: float, bands: float = 0.0) -> Any:
    """Ultralytics' trainer for detectors, with each batch shrunk to one of `sizes_px`, and that share of it recoloured.

    `bands`: that share of the batches is cut to 4:3 or 16:9, across or upright.

    Its own multi_scale enlarges pictures beyond what was loaded, which teaches blur; this only shrinks. Half of the
    batches skip pixels instead of averaging them, as the device does where it shrinks 640 to 160 in one step.
    """
    import random

    from torch.nn import functional
    from ultralytics.models.yolo.detect import DetectionTrainer

    from training.stage1.bands import cut_band
    from training.stage1.recolouring import recolour

    class ShrinkingTrainer(DetectionTrainer):
        def preprocess_batch(self, batch):
            batch = super().preprocess_batch(batch)
            batch["img"] = recolour(batch["img"], recoloured)
            side = random.choice(sizes_px)
            if side < batch["img"].shape[2]:
                mode = random.choice(({"mode": "nearest"}, {"mode": "bilinear", "align_corners": False}))
                batch["img"] = functional.interpolate(batch["img"], size=(side, side), **mode)
            if random.random() < bands:
                cut_band(batch)
            return batch

    return ShrinkingTrainer


def arguments_of_training(values: Dict[str, Any], yaml: Path, out: Path) -> Dict[str, Any]:
    """What Ultralytics is asked for."""
    return {
        "data": str(yaml),
        "project": str(out.parent.resolve()),
        "name": out.name,
        "exist_ok": True,
        "imgsz": max(values["sizes"]),
        "epochs": values["epochs"],
        "time": values["hours"],
        "batch": values["batch"],
        "nbs": values["batch"],
        "workers": values["workers"],
        "seed": values["seed"],
        "device": values["device"],
        "optimizer": "AdamW",
        "lr0": values["lr"],
        "lrf": 0.02,
        "momentum": 0.9,
        "warmup_epochs": 0.5,
        "cos_lr": True,
        "close_mosaic": values["close_mosaic"],
        "mosaic": 0.7,
        "degrees": 4.0,
        "scale": values["zoom"],
        "hsv_h": 0.03,
        "hsv_s": 0.7,
        "hsv_v": 0.5,
        "cache": "ram",
        "amp": False,
        "plots": False,
        "val": True,
        "patience": 0,
    }


def train(values: Dict[str, Any]) -> Path:
    """Train, or go on; the path of the weights. Raises ShelfsightError."""
    out: Path = values["out"]
    last = out / "weights" / "last.pt"
    ultralytics = _ultralytics()
    _threads(values["threads"])
    if values["resume"]:
        model = _opened(ultralytics, str(whole_checkpoint(last)), values["trust"])
        trainer = make_trainer(values["sizes"], values["recoloured"], values["bands"])
        with _watched(model, values):
            _go_on(model, trainer, last)
        return last
    if last.exists():
        raise UsageError(f"{last} exists: go on with --resume, or give another --out")
    data, validating = open_to_train(values["data"], values["groups"])
    stage1 = write_stage1_data(_with_shapes(data, values), validating, out / "data", SHAPES)
    model = _opened(ultralytics, _start(values["model"]), values["trust"])
    trainer = make_trainer(values["sizes"], values["recoloured"], values["bands"])
    try:
        with _watched(model, values):
            model.train(trainer=trainer, **arguments_of_training(values, stage1.yaml, out))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        batch, side = values["batch"], max(values["sizes"])
        raise ModelError(
            f"out of memory with --batch {batch} at {side} px: try --batch {batch // 2}, or smaller --sizes, with "
            "another --out"
        ) from error
    return last


@contextlib.contextmanager
def _watched(model: Any, values: Dict[str, Any]) -> Iterator[None]:
    """Around a training: its progress in one line, its own words in RUN/ultralytics.log, each epoch kept whole."""
    log = values["out"] / LOG
    model.add_callback("on_model_save", keep_whole)
    progress = Progress(values["hours"])
    progress.listen_to(model)
    print(f"stage 1: what Ultralytics says is in {log}", file=sys.stderr)
    try:
        with words_to(log):
            yield
    finally:
        progress.close()


def _with_shapes(data: DataSet, values: Dict[str, Any]) -> DataSet:
    """The shapes that were asked for, instead of the data set's own."""
    if values["single_class"]:
        return data._replace(shapes={})
    return data._replace(shapes=read_shape_map(values["shapes"], data.names)) if values["shapes"] else data


def keep_whole(trainer: Any) -> None:
    """After each epoch: Ultralytics writes last.pt in place, so a process killed in that moment cuts it short."""
    write_atomically(trainer.last.with_name(KEPT), trainer.last.read_bytes())


def whole_checkpoint(last: Path) -> Path:
    """`last`, or the copy of the epoch before where it was cut short; ModelError where there is neither."""
    kept = last.with_name(KEPT)
    if last.exists() and not zipfile.is_zipfile(last) and zipfile.is_zipfile(kept):
        return kept
    read_checkpoint_of_ultralytics(last)
    return last


def _opened(ultralytics: Any, weights: str, trust: bool) -> Any:
    """A model of Ultralytics from its own file; ModelError for another, and for one that holds more than a network."""
    if weights.endswith(".pt") and not trust:
        load_checkpoint(weights)  # what passes here may be opened by Ultralytics, which takes anything
    try:
        return ultralytics.YOLO(weights)
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError, pickle.UnpicklingError, OSError) as error:
        reason = (str(error).strip().splitlines() or ["?"])[0][:120]
        raise ModelError(
            f"{weights} is nothing that Ultralytics opens ({type(error).__name__}: {reason}): "
            "give yolo11n, yolo26n, ... or weights of python -m training.detector"
        ) from error


def is_finished(last: Path) -> bool:
    """Whether a training ended by itself: Ultralytics then writes epoch -1."""
    return last.exists() and zipfile.is_zipfile(last) and load_checkpoint(str(last)).get("epoch", -1) < 0


def _go_on(model: Any, trainer: Any, last: Path) -> None:
    # Ultralytics writes epoch -1 when it is done, and would start anew with its own defaults.
    if (getattr(model, "ckpt", None) or {}).get("epoch", -1) < 0:
        raise ModelError(f"{last} is a finished training: nothing to resume; train on from it with --model")
    model.train(trainer=trainer, resume=True)


def _start(model: str) -> str:
    """`yolo11n` from scratch; a file of weights goes on from these."""
    if model.endswith(".pt") and not os.path.isfile(model):
        raise SourceError(f"no weights at {model}: give a file, or a model's name without .pt to start from scratch")
    return model if model.endswith((".pt", ".yaml")) else f"{model}.yaml"


def _threads(count: int) -> None:
    import torch

    torch.set_num_threads(count)


def draw_curves(out: Path) -> None:
    """RUN/results.png from RUN/results.csv."""
    from ultralytics.utils.plotting import plot_results

    plot_results(file=str(out / "results.csv"))


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    made = argparse.ArgumentParser(prog="python -m training.detector", description="Train stage 1.")
    made.add_argument("--data", type=Path, metavar="DIR", help="a YOLO-format folder; not needed with --resume")
    made.add_argument("--groups", nargs="+", metavar="NAME", help="folders below images/ (all but val)")
    shapes = made.add_mutually_exclusive_group()
    shapes.add_argument("--shapes", type=Path, metavar="MAP.csv", help="lines of product,shape (the set's shapes.txt)")
    shapes.add_argument("--single-class", action="store_true", help="one class, product, whatever the set says")
    made.add_argument("--out", required=True, type=Path, metavar="RUN", help="the folder of this training")
    made.add_argument(
        "--model", default="yolo11n", help="a model of Ultralytics, or weights.pt to go on from (yolo11n)"
    )
    made.add_argument("--epochs", type=int, default=30, metavar="N", help="times through the data (30)")
    made.add_argument("--hours", type=float, metavar="H", help="stop by then; the learning rate is planned for it")
    made.add_argument("--batch", type=int, default=16, metavar="N", help="pictures per step (16)")
    made.add_argument("--lr", type=float, default=0.002, help="learning rate of AdamW (0.002)")
    made.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES_PX), metavar="PX", help="sides, by turns of chance"
    )
    made.add_argument(
        "--recoloured", type=float, default=0.5, metavar="SHARE", help="of the pictures, to other colours (0.5)"
    )
    made.add_argument(
        "--bands", type=float, default=0.0, metavar="SHARE", help="of the batches, cut to 4:3 or 16:9 (0)"
    )
    made.add_argument(
        "--zoom", type=float, default=0.4, metavar="Z", help="pictures shrink or grow by up to this part (0.4)"
    )
    made.add_argument("--close-mosaic", type=int, default=3, metavar="N", help="last epochs without mosaics (3)")
    made.add_argument("--device", default="cpu", help="cpu, or 0 for the first GPU (cpu)")
    made.add_argument("--threads", type=int, default=1, metavar="N", help="of a training on the CPU (1)")
    made.add_argument("--workers", type=int, default=0, metavar="N", help="processes that load pictures (0)")
    made.add_argument("--seed", type=int, default=0, metavar="S", help="of all that is drawn by chance (0)")
    made.add_argument("--trust", action="store_true", help=TRUST_HELP)
    made.add_argument("--resume", action="store_true", help="go on with the training in --out")
    return made


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(parser().parse_args(arguments))
    interrupted = f"interrupted; go on with --resume --out {values['out']}"
    return exit_status_of(lambda: _train(values), interrupted, values["out"])


def _train(values: Dict[str, Any]) -> None:
    if values["data"] is None and not values["resume"]:
        raise UsageError("--data is missing: a YOLO-format folder, or --resume to go on")
    if any(side < 32 or side % 32 for side in values["sizes"]):
        raise UsageError(f"--sizes {values['sizes']}: expected multiples of 32")
    require(STAGE1, values["device"])
    weights = train(values)
    draw_curves(values["out"])
    print(f"{weights}: trained")


if __name__ == "__main__":
    sys.exit(main())
