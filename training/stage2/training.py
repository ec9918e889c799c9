"""A training of stage 2 as it stands: network, head, their average, optimiser, schedule, and how far they are."""

from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple, Sequence, Tuple

import numpy as np
import torch
from timm.data import Mixup
from timm.loss import SoftTargetCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import ModelEmaV3
from torch import nn

from runtime.errors import ModelError
from training.checkpoint import read_checkpoint
from training.stage2.batches import Batch, Batches
from training.stage2.crops import Region, cut
from training.stage2.embedder import Embedder, make_embedder
from training.stage2.flags import usual
from training.stage2.margins import CosineHead
from training.stage2.teacher import distillation_loss, open_teacher
from training.stage2.views import pixels_of
from training.stage2.weight_init import freeze, zero_gamma

TICKS = 10_000
"""The schedule's unit: a training may be as long as so many steps, or as so many hours."""
LR_BATCH = 256
"""Learning rates are for so many examples a step, and grow with them (Goyal et al., 2017)."""
MIXED_SHARE = 0.5
"""Of the batches, where examples are mixed at all."""
IMPRINTED = 20
"""Regions of a product, at most, whose mean its row of the head begins as."""
LR_SCALES = {"backbone": 0.4, "embed": 1.0, "head": 4.0}
"""Learning rates of the parts: the backbone knows something already, the head starts from nothing."""
KEPT = (
    "backbone embedding crop_size seed batch lr steps hours optimizer weight_decay warmup loss scale margin init "
    "freeze zero_gamma smoothing mixup cutmix ema augment context teacher distil also_share schedule decay_all "
    "unscaled_lr"
).split()
"""Flags that a resumed training takes from its checkpoint."""


class Training:
    """One training; `learn` makes a step. Step n draws the same examples whenever it is run."""

    def __init__(
        self, values: Dict[str, Any], products: Sequence[str], others: Sequence[str] = (), is_begun: bool = False
    ) -> None:
        """`values`: the command's; `products`: names; `others`: of what is learnt, but not put into the gallery.

        `is_begun`: `go_on_from` follows, so no weights are looked for.
        """
        torch.manual_seed(values["seed"])
        torch.backends.cudnn.benchmark = True  # every step has the same shapes
        self.values, self.device = values, values["device"]
        self.products, self.others = list(products), list(others)
        init = "kaiming" if is_begun else values["init"]
        embedder, self.origin = make_embedder(values["backbone"], values["embedding"], init)
        if values["zero_gamma"]:
            zero_gamma(embedder.backbone)
        self._frozen = freeze(embedder.backbone, values["freeze"]) if values["freeze"] else []
        classes = len(self.products) + len(self.others)
        head = CosineHead(values["embedding"], classes, values["loss"], values["scale"], values["margin"])
        self.network = nn.ModuleDict({"embedder": embedder, "head": head})
        # Channels last: halves the time of a step on the CPU.
        self.network.to(self.device, memory_format=torch.channels_last)
        self.average = ModelEmaV3(self.network, decay=values["ema"], use_warmup=True)
        self.optimizer = _optimizer(self.network, values)
        self._schedule = CosineLRScheduler(
            self.optimizer,
            TICKS,
            lr_min=0.0 if values["schedule"] == "cosine" else _rate(values),
            warmup_t=round(TICKS * values["warmup"]),
            t_in_epochs=False,
        )
        self._scaler = torch.amp.GradScaler(self.device, enabled=self.device != "cpu")
        mixes = values["mixup"] > 0 or values["cutmix"] > 0
        share = MIXED_SHARE if mixes else 0.0
        self._mix = Mixup(values["mixup"], values["cutmix"], None, share, 0.5, "batch", True, 0.0, classes)
        self._mix.label_smoothing = values["smoothing"]
        self._loss = SoftTargetCrossEntropy()
        path = values.get("teacher")
        self._teacher = open_teacher(path, values["embedding"], self.device, values["threads"]) if path else None
        self.step = 0
        self.spent_s = 0.0

    def progress(self) -> float:
        """0..1: of the steps, or of the hours, whichever is further."""
        of_time = self.spent_s / (self.values["hours"] * 3600) if self.values["hours"] else 0.0
        return min(1.0, max(self.step / self.values["steps"], of_time))

    def batches(self, regions: Sequence[Region]) -> Iterator[Batch]:
        """What the next steps learn from, drawn at random from `regions`."""
        side = None if self._teacher is None else self._teacher.crop_size
        return Batches(regions, len(self.products), self.values, side).from_step(self.step)

    def learn(self, batch: Batch) -> Tuple[float, float]:
        """One step; loss and share named right. ModelError where the loss is no number."""
        numpy_seed, torch_seed = batch.seeds
        np.random.seed(numpy_seed)
        torch.manual_seed(torch_seed)
        self._schedule.step_update(int(TICKS * self.progress()))
        self.network.train()
        for norm in self._frozen:
            norm.eval()
        state = np.random.get_state()
        pixels, targets = self._mix(normalized(batch.pixels, self.embedder), batch.products)
        with torch.autocast(self.device, enabled=self.device != "cpu"):
            embeddings = self.network["embedder"](pixels)
        cosines, logits = self.network["head"](embeddings.float(), targets, min(1.0, self.progress() * 4))
        loss = self._loss(logits, targets)
        if self._teacher is not None:
            np.random.set_state(state)  # timm's Mixup draws from it: the same mixture for both
            wanted = self._teacher.embeddings(
                self._mix(normalized(batch.for_teacher, self._teacher), batch.products)[0]
            )
            loss = loss + self.values["distil"] * distillation_loss(embeddings.float(), wanted)
        if not torch.isfinite(loss):
            raise ModelError(f"the loss is {loss.item()} at step {self.step}: start again with a lower --lr")
        self.optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.network["embedder"].parameters(), 5.0)
        self._scaler.step(self.optimizer)
        self._scaler.update()
        self.step += 1
        self.average.update(self.network, self.step)
        return loss.item(), float((cosines.argmax(dim=1) == targets.argmax(dim=1)).float().mean())

    @property
    def embedder(self) -> Embedder:
        """The averaged network: what is measured and exported."""
        return self.average.module["embedder"]

    def prototypes(self) -> np.ndarray:
        """(products, d) float32, each row of length 1: the gallery. The others have none in it."""
        return self.average.module["head"].prototypes().detach().cpu().numpy()[: len(self.products)]

    def content(self) -> Dict[str, Any]:
        """For `write_checkpoint`."""
        return {
            "kind": "classifier",
            "step": self.step,
            "spent_s": self.spent_s,
            "values": {key: self.values[key] for key in KEPT},
            "products": self.products,
            "others": self.others,
            "origin": self.origin,
            "mean": list(self.embedder.mean),
            "std": list(self.embedder.std),
            "embedder": self.embedder.state_dict(),
            "head": self.average.module["head"].state_dict(),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def go_on_from(self, content: Dict[str, Any]) -> None:
        """Take over what a checkpoint holds; ModelError if it is of another training."""
        if content["products"] != self.products or content["others"] != self.others:
            raise ModelError("the checkpoint names other products than the data set: give the data it was trained on")
        self.network.load_state_dict(content["network"])
        self.take_average(content)
        self.optimizer.load_state_dict(content["optimizer"])
        self._scaler.load_state_dict(content["scaler"])
        self.step, self.spent_s, self.origin = content["step"], content["spent_s"], content["origin"]

    def take_average(self, content: Dict[str, Any]) -> None:
        """The averaged network of a checkpoint alone: enough to measure and export it, not to train on."""
        for part in ("embedder", "head"):
            self.average.module[part].load_state_dict(content[part])

    def start_from(self, content: Dict[str, Any]) -> None:
        """Another training's network, with a new head and a new schedule."""
        for network in (self.network, self.average.module):
            network["embedder"].load_state_dict(content["embedder"])
        self.origin = f"another training's ({content['origin']})"

    def imprint(self, regions: Sequence[Region]) -> None:
        """The head begins as each product's mean embedding, of `IMPRINTED` regions at most (Qi et al., 2018)."""
        side = self.values["crop_size"]
        for number, prototype in enumerate(self.network["head"].weight.data):
            own = [region for region in regions if region.product == number][:IMPRINTED]
            if not own:  # one of the others that only the validation shows
                continue
            crops = [cut(region.image, region.box_px, self.values["context"], side) for region in own]
            mean = embeddings_of(self.network["embedder"], np.stack(crops)).mean(axis=0)
            prototype.copy_(torch.from_numpy(mean / np.linalg.norm(mean)))
        self.average.module["head"].load_state_dict(self.network["head"].state_dict())


def _optimizer(network: nn.ModuleDict, values: Dict[str, Any]) -> torch.optim.Optimizer:
    """timm's, by name ("sgd" is with Nesterov's momentum); norms, biases and the head decay where that is asked for."""
    embedder = network["embedder"]
    parts = {
        "backbone": embedder.backbone.parameters(),
        "embed": [*embedder.embed.parameters(), *embedder.norm.parameters()],
        "head": network["head"].parameters(),
    }
    groups = []
    for part, parameters in parts.items():
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        flat = [parameter for parameter in learning if parameter.ndim < 2 or part == "head"]
        rest = [parameter for parameter in learning if parameter.ndim >= 2 and part != "head"]
        for members, decay in ((rest, values["weight_decay"]), (flat, values["weight_decay"] * values["decay_all"])):
            if members:
                groups.append({"params": members, "weight_decay": decay, "lr_scale": LR_SCALES[part]})
    try:
        return create_optimizer_v2(groups, opt=values["optimizer"], lr=_rate(values), momentum=0.9)
    except ValueError as error:
        raise ModelError(f"timm has no optimizer {values['optimizer']!r}: try sgd, adamw, lamb") from error


def _rate(values: Dict[str, Any]) -> float:
    """The highest, of the parts whose scale is 1."""
    return values["lr"] * (1 if values["unscaled_lr"] else values["batch"] / LR_BATCH)


def normalized(pixels: torch.Tensor, network: Any) -> torch.Tensor:
    """(n, 3, s, s) float32 RGB 0..1 as `network` wants it (mean, std), on the same device."""
    mean, std = (torch.tensor(value, device=pixels.device).view(1, 3, 1, 1) for value in (network.mean, network.std))
    return (pixels - mean) / std


def embeddings_of(embedder: Any, crops: np.ndarray, batch: int = 64) -> np.ndarray:
    """(n, d) float32 of (n, s, s, 3) uint8 BGR crops."""
    embedder.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(crops), batch):
            pixels = pixels_of(crops[start : start + batch], embedder.device)
            parts.append(embedder(normalized(pixels, embedder)).cpu().numpy())
    return np.concatenate(parts)


class Known(NamedTuple):
    """What a training is measured on: crops without spoiling, n of them."""

    crops: np.ndarray
    """(n, s, s, 3) uint8 BGR."""
    products: np.ndarray
    """(n,) int64."""

    @classmethod
    def of(cls, training: Training, regions: Sequence[Region]) -> "Known":
        """Those of the products; the others are left out."""
        known = [region for region in regions if region.product < len(training.products)]
        side = training.values["crop_size"]
        crops = [cut(region.image, region.box_px, training.values["context"], side) for region in known]
        products = np.array([region.product for region in known], np.int64)
        return cls(np.array(crops, np.uint8).reshape(-1, side, side, 3), products)


def accuracy(training: Training, known: Known) -> float:
    """Share of the crops that are named right; nan of none."""
    if not len(known.crops):
        return float("nan")
    nearest = (embeddings_of(training.embedder, known.crops) @ training.prototypes().T).argmax(axis=1)
    return float((nearest == known.products).mean())


def load_training(path: Path, device: str = "cpu") -> Training:
    """A finished or interrupted training from its last.pt, to measure and export; ModelError if it is none."""
    content = read_checkpoint(path, "classifier")
    values = {**usual(), **content["values"], "device": device, "teacher": None}
    training = Training(values, content["products"], content["others"], is_begun=True)
    training.take_average(content)
    training.origin = content["origin"]
    return training
