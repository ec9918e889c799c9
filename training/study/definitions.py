"""What each study compares, as data: flags of python -m training.classifier, and the figures published."""

from typing import Any, Dict, NamedTuple, Tuple


class Variant(NamedTuple):
    """One way to train; all else is as in its study's other ways."""

    name: str
    flags: Dict[str, Any]
    """Of python -m training.classifier, by their names in `values`; the teacher is a variant, by its name."""
    published: str = "-"


class Study(NamedTuple):
    """A question, and the ways to train that answer it. The first ways are kept where time is short."""

    question: str
    variants: Tuple[Variant, ...]
    measure: str
    """The field of a row that the plot shows."""
    conditions: str
    """Of the published figures."""
    is_ordered_by_time: bool = False
    """Whether the question is how well multiplications tell the networks' time."""
    is_searched: bool = False
    """Whether Optuna names the variants, after the first."""
    folds: int = 0
    """Cross-validated in so many folds, one for each seed."""
    is_of_cifar: bool = False
    """Whether it is about CIFAR-100 alone."""


NONE = "none for this comparison"
LITE0 = "tf_efficientnet_lite0"
ON_GROCERIES = "mAP in %, on groceries, by the study that this repeats; its networks were trained to the end"


def _init() -> Study:
    published = {"imagenet": "mAP 91.9", "kaiming": "mAP 43.9", "xavier": "mAP 40.4"}
    variants = (Variant(name, {"backbone": LITE0, "init": name}, found) for name, found in published.items())
    return Study("What should a network start from?", tuple(variants), "mean_ap", ON_GROCERIES)


def _freeze() -> Study:
    """All networks with few frozen blocks and with many first, so that a short study still has both ends."""
    backbones = (LITE0, "resnet18", "mobilenetv3_large_100")
    variants = (
        Variant(f"{backbone}, {blocks} frozen", {"backbone": backbone, "freeze": blocks}, "mAP 81.4 to 91.9")
        for blocks in (0, 5, 3, 1, 4, 2)
        for backbone in backbones
    )
    return Study("How many blocks should stay as ImageNet left them?", tuple(variants), "mean_ap", ON_GROCERIES)


def _backbones() -> Study:
    """From random weights, since not all of them can be had with others: equal training for all."""
    names = (
        "mobilenetv2_100 resnet18 tf_efficientnet_lite0 mobilenetv3_large_100 shufflenet_v2_x1_0 ghostnet_100 "
        "mobilenetv1_100 mnasnet_100 efficientnet_b0 rexnet_100"
    ).split()
    variants = tuple(Variant(name, {"backbone": name, "init": "kaiming"}) for name in names)
    return Study("Which network is best at which latency?", variants, "top1", NONE, is_ordered_by_time=True)


def _heads() -> Study:
    variants = tuple(Variant(loss, {"loss": loss}) for loss in ("softmax", "arcface", "cosface"))
    return Study("Which loss makes embeddings that match products best?", variants, "match_f1", NONE)


TEACHER = "the teacher: EfficientNet-Lite0 from ImageNet"


def _tricks() -> Study:
    """Each alone beside a training that has none of them, and together. ResNet-D has the stem of ResNet-C."""
    plain = {"backbone": "resnet18", "init": "kaiming", "warmup": 0.0, "ema": 0.0}
    plain.update(schedule="constant", decay_all=True, unscaled_lr=True)
    tricks: Dict[str, Dict[str, Any]] = {
        "linear scaling": {"unscaled_lr": False},
        "warm-up": {"warmup": 0.1},
        "zero gamma": {"zero_gamma": True},
        "no decay on norms and biases": {"decay_all": False},
        "label smoothing": {"smoothing": 0.1},
        "cosine": {"schedule": "cosine"},
        "mixup": {"mixup": 0.2},
        "stem and shortcuts of ResNet-D": {"backbone": "resnet18d"},
        "running average": {"ema": 0.998},
    }
    together = {key: value for flags in tricks.values() for key, value in flags.items()}
    ways: Dict[str, Dict[str, Any]] = {
        "none": {},
        "all but CutMix and distillation": together,
        **tricks,
        "CutMix": {"cutmix": 1.0},
        "stem of ResNet-C": {"backbone": "resnet18c"},
        "distillation": {"teacher": TEACHER},
        "all but CutMix": {**together, "teacher": TEACHER},
    }
    variants = [Variant(name, {**plain, **flags}) for name, flags in ways.items()]
    variants.insert(2, Variant(TEACHER, {"backbone": LITE0}))
    return Study("Which tricks are worth it?", tuple(variants), "top1", NONE)


def _folds() -> Study:
    ways: Dict[str, Dict[str, Any]] = {"usual": {}, "mixup": {"mixup": 0.2}, "3 frozen": {"freeze": 3}}
    variants = tuple(Variant(name, flags) for name, flags in ways.items())
    return Study("What is sure on a small set, over 5 folds?", variants, "top1", NONE, folds=5)


CIFAR = {"limit": 50_000, "context": 0.0, "augment": ["zoom", "flip", "light"]}
ON_CIFAR = "top-1 and top-5 in %, on CIFAR-100's test pictures, by the study that this repeats"


def _cifar_scratch() -> Study:
    """A ResNet-18 at 64 px sees CIFAR's 32 as its first layers want to see them; it has 11 million parameters."""
    flags = {**CIFAR, "backbone": "resnet18", "init": "kaiming", "crop_size": 64, "smoothing": 0.1}
    variants = (Variant("resnet18 at 64 px", flags, "57.14, 82.13"),)
    conditions = f"{ON_CIFAR}: a network under 30 million parameters, 300 epochs"
    return Study("How good is a small network from scratch?", variants, "top1", conditions, is_of_cifar=True)


def _cifar_transfer() -> Study:
    variants = (
        Variant(name, {**CIFAR, "backbone": name, "crop_size": 96}, "78.71, 95.89 (its best)")
        for name in (LITE0, "resnet18", "mobilenetv3_large_100")
    )
    return Study("How good are ImageNet's weights, tuned?", tuple(variants), "top1", ON_CIFAR, is_of_cifar=True)


STUDIES = {
    "init": _init(),
    "freeze": _freeze(),
    "backbones": _backbones(),
    "heads": _heads(),
    "tricks": _tricks(),
    "folds": _folds(),
    "search": Study(
        "Which learning rate, weight decay and mixup?", (Variant("usual", {}),), "top1", NONE, is_searched=True
    ),
    "cifar-scratch": _cifar_scratch(),
    "cifar-transfer": _cifar_transfer(),
}
