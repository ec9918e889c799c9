"""The flags of python -m training.classifier."""

import argparse
from pathlib import Path
from typing import Any, Dict

from training.stage2.crops import SPOILINGS, USUAL

LOSSES = ("arcface", "cosface", "softmax")
INITS = ("imagenet", "kaiming", "xavier")
SCHEDULES = ("cosine", "constant")


def parser() -> argparse.ArgumentParser:
    """Defaults are those of a fine-tuning on two CPU cores."""
    made = argparse.ArgumentParser(
        prog="python -m training.classifier",
        description="Train stage 2: a network that turns a crop into an embedding, and a prototype for each product.",
    )
    _data(made.add_argument_group("data"))
    _network(made.add_argument_group("network"))
    _learning(made.add_argument_group("learning"))
    _machine(made.add_argument_group("machine"))
    return made


def usual() -> Dict[str, Any]:
    """All values where no flag is given; those of --data and --out mean nothing."""
    return vars(parser().parse_args(["--data", "-", "--out", "-"]))


def _data(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--data", required=True, type=Path, metavar="SET", help="a YOLO set, or a folder a product")
    group.add_argument("--groups", nargs="+", metavar="NAME", help="folders below images/ (all but val)")
    group.add_argument(
        "--also", nargs="+", default=[], metavar="NAME", help="folders of strangers, which train, but are not named"
    )
    group.add_argument(
        "--also-photos", type=Path, metavar="DIR", help="photos of strangers, whole, a folder for each: as with --also"
    )
    group.add_argument(
        "--also-share", type=float, metavar="SHARE", help="of the examples: strangers (as many as there are regions)"
    )
    group.add_argument("--leave-out", nargs="+", default=[], metavar="NAME", help="products to know nothing of")
    group.add_argument("--limit", type=int, default=30000, metavar="N", help="about as many regions in memory (30000)")
    group.add_argument("--folds", type=int, default=0, metavar="K", help="cross-validate: top-1 of K trainings")
    group.add_argument(
        "--augment", nargs="*", default=list(USUAL), choices=SPOILINGS, metavar="NAME",
        help=f"how crops are spoiled, of {', '.join(SPOILINGS)} (all but zoom and flip)",
    )  # fmt: skip
    group.add_argument("--mixup", type=float, default=0.0, metavar="A", help="alpha of mixup, 0 = none (0)")
    group.add_argument("--cutmix", type=float, default=0.0, metavar="A", help="alpha of CutMix, 0 = none (0)")


def _network(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--backbone", default="tf_efficientnet_lite0", help="a network of timm (tf_efficientnet_lite0)")
    group.add_argument("--init", choices=INITS, default="imagenet", help="what it starts from (imagenet)")
    group.add_argument("--start", type=Path, metavar="last.pt", help="start from another training's network")
    group.add_argument(
        "--imprint", action="store_true",
        help="with --start: the head begins as the mean embeddings of the products (Qi et al., 2018)",
    )  # fmt: skip
    group.add_argument("--freeze", type=int, default=0, metavar="N", help="leave the first N blocks as they are (0)")
    group.add_argument("--zero-gamma", action="store_true", help="residual blocks begin as identities")
    group.add_argument("--embedding", type=int, default=128, metavar="D", help="length of the embedding (128)")
    group.add_argument(
        "--context", type=float, default=0.1, metavar="SHARE",
        help="how much wider than its box a crop is, in all; on the device too (0.1)",
    )  # fmt: skip
    group.add_argument("--crop-size", type=int, default=96, metavar="PX", help="side of a crop (96)")


def _learning(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--loss", choices=LOSSES, default="cosface", help="the margin of the cosine head (cosface)")
    group.add_argument("--scale", type=float, default=20.0, help="what cosines are multiplied by (20)")
    group.add_argument("--margin", type=float, help="radians or cosine (0.3; softmax 0)")
    group.add_argument(
        "--teacher", metavar="FILE",
        help="a bundle's classifier.onnx, or another training's last.pt (on the GPU too): its embeddings are learnt",
    )  # fmt: skip
    group.add_argument("--distil", type=float, default=5.0, metavar="W", help="weight of the teacher's word (5)")
    group.add_argument("--smoothing", type=float, default=0.0, metavar="S", help="label smoothing (0)")
    group.add_argument("--optimizer", default="sgd", help="one of timm's; sgd is with Nesterov's momentum (sgd)")
    group.add_argument(
        "--lr", type=float, default=0.2, help="highest rate, for 256 crops a step; grows with them (0.2)"
    )
    group.add_argument("--unscaled-lr", action="store_true", help="the rate is --lr, however many crops a step has")
    group.add_argument("--schedule", choices=SCHEDULES, default="cosine", help="how the rate falls (cosine)")
    group.add_argument("--weight-decay", type=float, default=1e-4, metavar="W", help="of weights, not norms (0.0001)")
    group.add_argument("--decay-all", action="store_true", help="of norms, biases and the head too")
    group.add_argument("--warmup", type=float, default=0.04, metavar="SHARE", help="of the training (0.04)")
    group.add_argument("--ema", type=float, default=0.998, metavar="D", help="decay of the running average (0.998)")
    group.add_argument("--batch", type=int, default=64, metavar="N", help="crops a step (64)")
    group.add_argument("--steps", type=int, default=4000, metavar="N", help="batches (4000)")
    group.add_argument("--hours", type=float, metavar="H", help="end by then; the learning rate is planned for it")
    group.add_argument("--seed", type=int, default=0, metavar="S", help="of all that is drawn by chance (0)")


def _machine(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--out", required=True, type=Path, metavar="RUN", help="the folder of this training")
    group.add_argument("--device", default="cpu", help="cpu, or cuda, with mixed precision (cpu)")
    group.add_argument("--threads", type=int, default=1, metavar="N", help="of a training on the CPU (1)")
    group.add_argument("--resume", action="store_true", help="go on with the training in --out")
