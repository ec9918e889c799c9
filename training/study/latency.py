"""What networks of timm cost: parameters, multiplications, and milliseconds a crop on each engine, timed in turns."""

import random
import time
from pathlib import Path
from statistics import median
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from export.checking.targets import TARGETS
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine
from runtime.errors import MissingPackageError, ModelError, UsageError

BATCH, EMBEDDING, SEEN_BATCHES, ROUNDS = 8, 128, 20, 15
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
"""By name: what passes for whoever waits, and what this process computes, for a machine that is shared."""
OPENVINO, ONNXRUNTIME = "OpenVINO", "onnxruntime"


class Cost(NamedTuple):
    """Of a network, for one crop."""

    parameters: int
    multiplications: int
    ms: Dict[str, float]
    """By engine, and by which clock, on one thread, in batches of BATCH."""


def costs_of(wanted: Sequence[str], folder: Path, clock: str) -> Dict[str, Cost]:
    """Of each NAME:PX on all engines at hand, in turns in one run; the networks as ONNX stay in `folder`.

    `clock`: of CLOCKS. What cannot be had or exported is left out, and the log says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    networks = [one for one in (_possible(text, folder) for text in wanted) if one is not None]
    engines = {ONNXRUNTIME: networks}
    try:
        engines[OPENVINO] = [one._replace(engine=OpenVINOEngine(one.path, threads=1)) for one in networks]
    except MissingPackageError as error:
        print(f"not timed on OpenVINO: {error}")
    ms = timed([one for row in engines.values() for one in row], ROUNDS, CLOCKS[clock])
    words = " (processor time)" if clock == "cpu" else ""
    by_engine = {engine + words: ms[place * len(networks) :] for place, engine in enumerate(engines)}
    return {
        f"{one.name}:{one.side_px}": Cost(
            one.parameters, one.multiplications, {engine: round(each[place], 4) for engine, each in by_engine.items()}
        )
        for place, one in enumerate(networks)
    }


def _possible(text: str, folder: Path) -> Optional["Candidate"]:
    try:
        return candidate(text, folder)
    except ModelError as error:
        print(f"{text} is not timed: {error}")
        return None


class Candidate(NamedTuple):
    """A network of timm and the side of its crops."""

    name: str
    side_px: int
    parameters: int
    multiplications: int
    """Of convolutions and matrix products, for one crop."""
    taken_at: bool
    """Whether TensorRT 8.2's parser takes it, by export.check."""
    engine: Engine
    path: str
    """Of the ONNX file."""


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
    return Candidate(name, side_px, parameters, multiplications, passes, OnnxEngine(str(path), threads=1), str(path))


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


def timed(candidates: Sequence[Candidate], rounds: int, clock: Callable[[], float] = time.perf_counter) -> List[float]:
    """Milliseconds a crop of each: the median over `rounds`, in each of which all have their turn, in another order."""
    found: List[List[float]] = [[] for _ in candidates]
    order, chance = list(range(len(candidates))), random.Random(0)
    for _ in range(rounds):
        chance.shuffle(order)
        for index in order:
            crops = np.full((BATCH, candidates[index].side_px, candidates[index].side_px, 3), 90, np.uint8)
            candidates[index].engine.run(crops)
            began_s = clock()
            candidates[index].engine.run(crops)
            found[index].append((clock() - began_s) * 1000 / BATCH)
    return [median(each) for each in found]
