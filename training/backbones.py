"""What stage 2 would cost with other networks: python -m training.backbones tf_efficientnet_lite0:96 mobileone_s0:64

Random weights, exported as a bundle's classifier is, timed in onnxruntime in turns: batch of 8, one thread. Beside it
parameters, the multiplications, which do not order latency, and whether TensorRT 8.2 takes the operators.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from benchmarks.machine import machine
from export.checking.targets import TARGETS
from runtime.command_line.command import exit_status_of
from runtime.engines.onnx import OnnxEngine
from runtime.errors import MissingPackageError, UsageError
from training.requirements import INSTALL

BATCH, EMBEDDING, SEEN_BATCHES = 8, 128, 20
USUAL = (
    "tf_efficientnet_lite0:96 tf_efficientnet_lite0:80 tf_efficientnet_lite0:64 mobilenetv3_small_100:96 "
    "mobilenetv2_050:96 mobilenetv4_conv_small:96 mobileone_s0:64 lcnet_100:96 ghostnet_050:96 ghostnet_100:96 "
    "tinynet_c:96 repvgg_a0:64 mixnet_s:96"
).split()


class Candidate(NamedTuple):
    """A network of timm and the side of its crops."""

    name: str
    side_px: int
    parameters: int
    multiplications: int
    """Of convolutions and matrix products, for one crop."""
    taken_at: bool
    """Whether TensorRT 8.2's parser takes it, by export.check."""
    engine: OnnxEngine


def candidate(text: str, folder: Path) -> Candidate:
    """From NAME:PX; the ONNX goes to `folder`. UsageError for another text, ModelError for what timm has not."""
    import torch

    from export.checking.verdict import check_model, read_model
    from export.onnx import export_classifier
    from training.stage2.embedder import make_embedder

    name, _, side = text.partition(":")
    if not side.isdigit() or not 32 <= int(side) <= 512:
        raise UsageError(f"{text!r}: expected a network of timm and the side of a crop, as in mobilenetv3_small_100:96")
    side_px = int(side)
    embedder, _ = make_embedder(name, EMBEDDING, "kaiming")
    with torch.no_grad():  # norms see something, or what random weights make of it grows beyond all numbers
        for _ in range(SEEN_BATCHES):
            embedder.train()(torch.rand(BATCH, 3, side_px, side_px))
    _fold(embedder.eval())
    multiplications = _multiplications(embedder, torch.zeros(1, 3, side_px, side_px))
    path = folder / f"{name}-{side_px}.onnx"
    export_classifier(embedder, side_px, str(path), embedder.mean, embedder.std)
    passes = check_model(read_model(str(path)), TARGETS["8.2"]).passes
    parameters = sum(each.numel() for each in embedder.parameters())
    return Candidate(name, side_px, parameters, multiplications, passes, OnnxEngine(str(path), threads=1))


def _fold(embedder: Any) -> None:
    """Networks of several branches into plain convolutions, where they can (RepVGG, MobileOne)."""
    from timm.utils.model import reparameterize_model

    embedder.backbone = reparameterize_model(embedder.backbone)


def _multiplications(network: Any, picture: Any) -> int:
    import torch

    counted = [0]

    def count(module: Any, _inputs: Any, output: Any) -> None:
        each = module.weight[0].numel() if isinstance(module, torch.nn.Conv2d) else module.in_features
        counted[0] += output.numel() * each

    layers = [each for each in network.modules() if isinstance(each, (torch.nn.Conv2d, torch.nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        network(picture)
    for hook in hooks:
        hook.remove()
    return counted[0]


def timed(candidates: Sequence[Candidate], rounds: int) -> List[float]:
    """Milliseconds a crop of each: the median over `rounds`, in each of which all have their turn, in another order."""
    found: List[List[float]] = [[] for _ in candidates]
    order, chance = list(range(len(candidates))), random.Random(0)
    for _ in range(rounds):
        chance.shuffle(order)
        for index in order:
            crops = np.full((BATCH, candidates[index].side_px, candidates[index].side_px, 3), 90, np.uint8)
            candidates[index].engine.run(crops)
            began_s = time.perf_counter()
            candidates[index].engine.run(crops)
            found[index].append((time.perf_counter() - began_s) * 1000 / BATCH)
    return [median(each) for each in found]


def table(rows: Sequence[Tuple[float, Candidate]]) -> str:
    """In Markdown, the quickest first."""
    lines = [
        "| network of timm | side px | ms a crop | parameters, M | MACs, M | at 8.2 |",
        "|---|---|---|---|---|---|",
    ]
    for ms, one in sorted(rows, key=lambda row: row[0]):
        counts = f"{one.parameters / 1e6:.2f} | {one.multiplications / 1e6:.1f}"
        lines.append(f"| {one.name} | {one.side_px} | {ms:.3f} | {counts} | {'passes' if one.taken_at else 'fails'} |")
    return "\n".join(lines)


def _run(wanted: Sequence[str], rounds: int) -> None:
    try:
        import timm  # noqa: F401 - asked for by the trainings' own parts
        import torch
    except ImportError as error:
        raise MissingPackageError(f"this needs {error.name}: {INSTALL}") from error
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        candidates = [candidate(text, Path(folder)) for text in wanted]
        print(machine())
        print(table(list(zip(timed(candidates, rounds), candidates))))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.backbones", description="What stage 2 would cost with other networks."
    )
    parser.add_argument("candidates", nargs="*", metavar="NAME:PX", help="a network of timm, the side of its crops")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="each has its turn in each (15)")
    values = parser.parse_args(arguments)
    return exit_status_of(lambda: _run(values.candidates or USUAL, max(1, values.rounds)))


if __name__ == "__main__":
    sys.exit(main())
