"""Whether TensorRT's parser takes a model: python -m export.check MODEL.onnx [...] --target 8.2|8.5|10|11

What it says is necessary for an engine to build, not sufficient: the parser itself has the last word, on the device.
"""

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING, List, Optional, Tuple
from typing import Counter as Count

from export.checking.targets import TARGETS, Target
from runtime.errors import MissingPackageError, ShelfsightError

if TYPE_CHECKING:
    from export.checking.verdict import Report

MOST_SHOWN = 3
"""Findings of one kind that are written out; the others are counted."""


def lines(path: str, target: Target, report: "Report") -> List[str]:
    """The report as it is printed."""
    head = "{}: {} TensorRT {} (from {!r} on: {} kinds of operators, opset {})"
    verdict = "passes" if report.passes else "FAILS"
    text = [head.format(path, verdict, target.name, report.begins_at, len(report.operators), report.opset)]
    seen: Count[Tuple[str, str, str]] = Counter()
    for finding in report.findings:
        kind = (finding.level, finding.where.split(" ")[0], finding.change)
        seen[kind] += 1
        if seen[kind] <= MOST_SHOWN:
            text.append("  {}: {} {}".format(finding.level, finding.where, finding.what))
            text.append("    -> {}".format(finding.change))
    for (level, what, _), count in seen.items():
        if count > MOST_SHOWN:
            text.append("  {}: the same of {} more {}".format(level, count - MOST_SHOWN, what))
    return text


def _check(path: str, target: Target) -> bool:
    """Print the report on one model; whether it passes."""
    try:
        from export.checking.verdict import check_model, read_model
    except ImportError as error:
        if error.name != "onnx":
            raise
        raise MissingPackageError("the check needs onnx: pip install onnx (1.11 on Python 3.6)") from error
    report = check_model(read_model(path), target)
    print("\n".join(lines(path, target, report)))
    return report.passes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export.check", description="Check whether TensorRT's parser takes a model. Exit status 0 or 1."
    )
    parser.add_argument("models", nargs="+", metavar="MODEL.onnx", help="the models to check")
    parser.add_argument(
        "--target",
        choices=list(TARGETS),
        default="8.2",
        help="the release of TensorRT (default: %(default)s, the Jetson Nano's); 11 is checked by 10.1's operators",
    )
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 0 where every model passes."""
    values = _parser().parse_args(arguments)
    target = TARGETS[values.target]
    if target.list_of.split(".")[0] != target.name.split(".")[0]:
        print(
            "note: no list of TensorRT {}'s own importers was to be had; {}'s is used".format(
                target.name, target.list_of
            )
        )
    status = 0
    for path in values.models:
        try:
            passes = _check(path, target)
        except ShelfsightError as error:
            print("shelfsight: {}".format(error), file=sys.stderr)
            passes = False
        status = status if passes else 1
    return status


if __name__ == "__main__":
    sys.exit(main())
