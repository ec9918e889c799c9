"""What stage 2 would cost with other networks: python -m training.backbones tf_efficientnet_lite0:96 mobileone_s0:64

Random weights, exported as a bundle's classifier is, timed in onnxruntime in turns: batch of 8, one thread. Beside it
parameters, the multiplications, which do not order latency, and whether TensorRT 8.2 takes the operators.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from benchmarks.machine import machine
from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError
from training.requirements import INSTALL
from training.study.latency import Candidate, candidate, timed

USUAL = (
    "tf_efficientnet_lite0:96 tf_efficientnet_lite0:80 tf_efficientnet_lite0:64 mobilenetv3_small_100:96 "
    "mobilenetv2_050:96 mobilenetv4_conv_small:96 mobileone_s0:64 lcnet_100:96 ghostnet_050:96 ghostnet_100:96 "
    "tinynet_c:96 repvgg_a0:64 mixnet_s:96"
).split()


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
