"""Train stage 2: python -m training.classifier --data DIR --out RUN

RUN/last.pt is the result, RUN/metrics.csv its curves. Killed at any moment, it goes on with --resume from the last
checkpoint, and ends as it would have ended: step n draws the same examples whenever it is run.
"""

import argparse
import math
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from tqdm import tqdm

from runtime.command import exit_status_of
from runtime.errors import MissingPackageError, ModelError, UsageError
from training.checkpoint import read_checkpoint, write_checkpoint
from training.crops import Region, cut, spoiled_crop
from training.regions import Regions, collect_regions

MARGIN = 0.10
"""How much wider than its box, in all, a crop is: the device cuts with the same, from bundle.json."""
CHECKPOINT_EVERY_S = 30.0


class Training:
    """Network, head, optimiser and how far they are."""

    def __init__(self, values: Dict[str, Any], products: List[str], others: Sequence[str] = ()) -> None:
        """`values`: the command's; `products`: names; `others`: of what is learnt, but not put into the gallery."""
        import torch

        from training.embedder import CosineHead, make_embedder

        torch.manual_seed(values["seed"])
        self.values = values
        self.products = products
        self.others = list(others)
        self.embedder, self.origin = make_embedder(values["backbone"], values["embedding"], values["pretrained"])
        # Halves the time of a step on the CPU.
        self.embedder.to(values["device"], memory_format=torch.channels_last)
        self.head = CosineHead(values["embedding"], len(products) + len(self.others)).to(values["device"])
        groups = [
            {"params": self.embedder.backbone.parameters(), "share": 0.4},
            {"params": [*self.embedder.embed.parameters(), *self.embedder.norm.parameters()], "share": 1.0},
            {"params": self.head.parameters(), "share": 4.0, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=values["lr"], weight_decay=0.02)
        self.step = 0
        self.spent_s = 0.0

    def progress(self) -> float:
        """0..1: of the steps, or of the hours, whichever is further."""
        of_time = self.spent_s / (self.values["hours"] * 3600) if self.values["hours"] else 0.0
        return min(1.0, max(self.step / self.values["steps"], of_time))

    def learn(self, regions: List[Region]) -> Tuple[float, float]:
        """One step on a batch drawn at random; loss and share named right."""
        import torch

        started_s, progress = time.monotonic(), self.progress()
        warm_up = min(1.0, (self.step + 1) / 60)
        for group in self.optimizer.param_groups:
            group["lr"] = self.values["lr"] * group["share"] * warm_up * (0.5 + 0.5 * math.cos(math.pi * progress))
        rng = np.random.RandomState([self.values["seed"], self.step])
        chosen = [regions[index] for index in rng.randint(len(regions), size=self.values["batch"])]
        crops = [spoiled_crop(region, rng, MARGIN, self.values["crop_size"]) for region in chosen]
        products = torch.tensor([region.product for region in chosen], device=self.values["device"])
        self.embedder.train()
        embeddings = self.embedder(tensor_of_crops(np.stack(crops), self.values["device"]))
        loss, right = self.head(embeddings, products, strength=min(1.0, progress * 4))
        if not torch.isfinite(loss):
            raise ModelError(f"the loss is {loss.item()} at step {self.step}: start again with a lower --lr")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.embedder.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        self.spent_s += time.monotonic() - started_s
        return loss.item(), right / len(chosen)

    def prototypes(self) -> np.ndarray:
        """(products, d) float32, each row of length 1: the gallery. The others have none in it."""
        return self.head.prototypes().detach().cpu().numpy()[: len(self.products)]

    def content(self) -> Dict[str, Any]:
        """For `write_checkpoint`."""
        from training.embedder import MEAN, STD

        kept = {key: self.values[key] for key in KEPT}
        return {
            "kind": "classifier",
            "step": self.step,
            "spent_s": self.spent_s,
            "values": kept,
            "products": self.products,
            "others": self.others,
            "origin": self.origin,
            "mean": list(MEAN),
            "std": list(STD),
            "embedder": self.embedder.state_dict(),
            "head": self.head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def go_on_from(self, content: Dict[str, Any]) -> None:
        """Take over what a checkpoint holds; ModelError if it is of another training."""
        if content["products"] != self.products or content["others"] != self.others:
            raise ModelError("the checkpoint names other products than the data set: give the data it was trained on")
        self.embedder.load_state_dict(content["embedder"])
        self.head.load_state_dict(content["head"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.step, self.spent_s = content["step"], content["spent_s"]


KEPT = ("backbone", "embedding", "crop_size", "seed", "batch", "lr", "steps", "hours")
"""Flags that a resumed training takes from its checkpoint."""


def tensor_of_crops(crops: np.ndarray, device: str) -> Any:
    """(n, s, s, 3) uint8 BGR to (n, 3, s, s) float32 RGB, normalised."""
    import torch

    from training.embedder import MEAN, STD

    pixels = torch.from_numpy(np.ascontiguousarray(crops[..., ::-1])).to(device).permute(0, 3, 1, 2).float() / 255
    shape = (1, 3, 1, 1)
    return (pixels - torch.tensor(MEAN, device=device).view(shape)) / torch.tensor(STD, device=device).view(shape)


def embeddings_of(embedder: Any, crops: np.ndarray, device: str, batch: int = 64) -> np.ndarray:
    """(n, d) float32 of (n, s, s, 3) uint8 BGR crops."""
    import torch

    embedder.eval()
    with torch.inference_mode():
        parts = [
            embedder(tensor_of_crops(crops[start : start + batch], device)).cpu().numpy()
            for start in range(0, len(crops), batch)
        ]
    return np.concatenate(parts)


def accuracy(training: Training, regions: List[Region]) -> float:
    """Share of the regions, cut without spoiling, whose nearest prototype is right, others left out; nan of none."""
    regions = [region for region in regions if region.product < len(training.products)]
    if not regions:
        return float("nan")
    side, device = training.values["crop_size"], training.values["device"]
    crops = np.stack([cut(region.image, region.box_px, MARGIN, side) for region in regions])
    named = (embeddings_of(training.embedder, crops, device) @ training.prototypes().T).argmax(axis=1)
    return float((named == [region.product for region in regions]).mean())


def load_training(path: Path, device: str = "cpu") -> Training:
    """A finished or interrupted training from its last.pt; ModelError if it is none."""
    content = read_checkpoint(path, "classifier")
    values = dict(content["values"], device=device, pretrained=False)
    training = Training(values, content["products"], content["others"])
    training.go_on_from(content)
    training.origin = content["origin"]
    return training


def train(values: Dict[str, Any]) -> Training:
    """Train, or go on. Raises ShelfsightError."""
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError("training stage 2 needs torch: pip install '.[training]'") from error
    torch.set_num_threads(values["threads"])
    out: Path = values["out"]
    last = out / "last.pt"
    content = read_checkpoint(last, "classifier") if values["resume"] else None
    if content is None and last.exists():
        raise UsageError(f"{last} exists: go on with --resume, or give another --out")
    if content is not None:
        values = dict(values, **content["values"])
        values["pretrained"] = False
    out.mkdir(parents=True, exist_ok=True)
    regions = collect_regions(values)
    training = Training(values, regions.products, regions.others)
    if content is not None:
        training.go_on_from(content)
        training.origin = content["origin"]
    elif values["start"]:
        training.embedder.load_state_dict(read_checkpoint(values["start"], "classifier")["embedder"])
    more = f" and {len(regions.others)} others" if regions.others else ""
    print(f"{len(regions.train)} regions of {len(regions.products)} products{more}, weights from {training.origin}")
    _run(training, regions, out)
    return training


def _run(training: Training, regions: Regions, out: Path) -> None:
    report_every = max(1, training.values["steps"] // 50)
    saved_s = time.monotonic()
    losses: List[Tuple[float, float]] = []
    with tqdm(total=100, desc="training", unit="%", bar_format="{l_bar}{bar}| {elapsed}{postfix}", disable=None) as bar:
        while training.progress() < 1.0:
            losses.append(training.learn(regions.train))
            bar.update(100 * training.progress() - bar.n)
            if training.step % report_every == 0 or training.progress() >= 1.0:
                loss, right = np.mean(losses, axis=0)
                val = accuracy(training, regions.val[:: max(1, len(regions.val) // 500)])
                bar.set_postfix_str(f"step {training.step} loss {loss:.3f} right {right:.3f} val {val:.3f}")
                _append(out / "metrics.csv", (training.step, training.spent_s, loss, right, val))
                losses.clear()
            if time.monotonic() - saved_s > CHECKPOINT_EVERY_S:
                write_checkpoint(out / "last.pt", training.content())
                saved_s = time.monotonic()
    write_checkpoint(out / "last.pt", training.content())


def _append(path: Path, row: Sequence[float]) -> None:
    """One line more of the curves."""
    is_new = not path.exists()
    with open(path, "a", encoding="utf-8") as file:
        if is_new:
            file.write("step,seconds,loss,train_top1,val_top1\n")
        file.write(",".join(f"{value:.6g}" for value in row) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.classifier", description="Train stage 2.")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="a YOLO-format folder")
    parser.add_argument("--groups", nargs="+", metavar="NAME", help="folders below images/ (all of them)")
    parser.add_argument(
        "--also", nargs="+", default=[], metavar="NAME", help="folders of strangers, which train, but are not named"
    )
    parser.add_argument("--leave-out", nargs="+", default=[], metavar="NAME", help="products to know nothing of")
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="the folder of this training")
    parser.add_argument("--backbone", default="tf_efficientnet_lite0", help="a network of timm (tf_efficientnet_lite0)")
    parser.add_argument("--start", type=Path, metavar="last.pt", help="start from another training's network")
    parser.add_argument("--random", dest="pretrained", action="store_false", help="start from random weights")
    parser.add_argument("--embedding", type=int, default=128, metavar="D", help="length of the embedding (128)")
    parser.add_argument("--crop-size", type=int, default=96, metavar="PX", help="side of a crop (96)")
    parser.add_argument("--steps", type=int, default=4000, metavar="N", help="batches (4000)")
    parser.add_argument("--hours", type=float, metavar="H", help="end by then; the learning rate is planned for it")
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="crops per step (64)")
    parser.add_argument("--lr", type=float, default=0.0015, help="highest learning rate of AdamW (0.0015)")
    parser.add_argument(
        "--limit", type=int, default=30000, metavar="N", help="about as many regions are kept in memory (30000)"
    )
    parser.add_argument("--device", default="cpu", help="cpu, or cuda (cpu)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of a training on the CPU (1)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of all that is drawn by chance (0)")
    parser.add_argument("--resume", action="store_true", help="go on with the training in --out")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    interrupted = "interrupted; the same command with --resume goes on"
    return exit_status_of(lambda: _train(values), interrupted, values["out"])


def _train(values: Dict[str, Any]) -> None:
    counts = min(values["steps"], values["batch"] - 1, values["embedding"], values["limit"])
    if counts < 1 or values["crop_size"] < 32:
        raise UsageError("--steps, --embedding and --limit must be at least 1, --batch 2, --crop-size 32")
    training = train(values)
    print(f"{values['out'] / 'last.pt'}: {training.step} steps, {training.spent_s / 60:.1f} minutes")


if __name__ == "__main__":
    sys.exit(main())
