"""Whether OpenVINO may run a bundle's networks on this CPU: python -m export.openvino BUNDLE --size 160

Compares it with onnxruntime in FP32, by the gate's usual limits, and in BF16, by wider ones. The verdicts are kept for
the camera program, which starts this itself where there is none.
"""

import argparse
import glob
import os
import sys
import tempfile
import time
from typing import Any, Callable, Dict, List, Optional

from export.building.lock import BuildLock
from export.comparing import gate
from export.comparing.comparison import Verdict, compare, parity_frames
from export.engine import Wanted, add_choice, wanted_engines
from runtime import __version__
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.engines.cache import DETECTOR, check_private, engines_folder, kept_path, look, sidecar_path
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine, has_bf16, this_machine
from runtime.engines.sidecar import BF16, FP32, EngineRecord, json_from_record
from runtime.errors import ModelError

LIMITS = {FP32: gate.USUAL, BF16: gate.BF16}


def compare_all(values: argparse.Namespace, tell: Callable[[str], None]) -> int:
    """Compare what has no verdict yet; 1 where a stage may not run on OpenVINO."""
    bundle = Bundle.open(values.bundle)
    machine = this_machine()
    tell("OpenVINO {} on {}".format(machine.version, machine.device))
    folder = engines_folder(bundle.folder)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    check_private(folder)
    failed = False
    with BuildLock(folder, tell):
        for wanted in wanted_engines(bundle, values, machine):
            record = look(folder, wanted.key).record
            if record is None or values.force:
                record = judged(wanted, bundle)
                _drop_compiled(folder)
                _keep(record, sidecar_path(kept_path(folder, wanted.key)), folder)
            tell("{}: {}".format(wanted.title, record.why))
            failed = failed or record.engine_sha256 is None
    return int(failed)


def judged(wanted: Wanted, bundle: Bundle) -> EngineRecord:
    """The verdict: the precision that may run, the one asked for or FP32, or none."""
    key = wanted.key
    runs: Optional[str] = None
    reasons: List[str] = []
    parity: List[Dict[str, Any]] = []
    for precision in (FP32, BF16) if key.precision == BF16 else (FP32,):
        if precision == BF16 and not has_bf16(key):
            reasons.append("this CPU has no BF16")
            break
        try:
            verdict = compared(wanted, bundle, precision)
        except ModelError as error:
            reasons.append("{} cannot run: {}".format(precision.upper(), error))
            break
        parity.append(dict(verdict.as_json(), precision=precision))
        if not verdict.passes:
            told = "{} does not agree with its model: {}"
            reasons.append(told.format(precision.upper(), "; ".join(verdict.failures)))
            break
        runs = precision
    agrees = [] if runs is None else ["{} agrees with its model".format(runs.upper())]
    return EngineRecord(
        key=key,
        engine_sha256=None if runs is None else key.model_sha256,
        precision=runs or key.precision,
        why="; ".join(agrees + reasons),
        steps=None,
        metadata={},
        parity=parity,
        build={"shelfsight": __version__, "compared": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())},
    )


def compared(wanted: Wanted, bundle: Bundle, precision: str) -> Verdict:
    """OpenVINO in this precision with onnxruntime, on the bundle's own frames."""
    sides = wanted.key.sides
    shape = (1, sides.height, sides.width, 3) if wanted.key.stage == DETECTOR else None
    with OnnxEngine(wanted.model) as reference, OpenVINOEngine(wanted.model, precision, 0, shape) as candidate:
        return compare(reference, candidate, bundle, parity_frames(bundle), sides, LIMITS[precision])


def _drop_compiled(folder: str) -> None:
    """What OpenVINO keeps of compiled models (CACHE_DIR): of another model, OpenVINO or CPU, it would pile up."""
    for path in glob.glob(os.path.join(glob.escape(folder), "*.blob")):
        os.unlink(path)


def _keep(record: EngineRecord, path: str, folder: str) -> None:
    """Write the sidecar whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".verdict-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json_from_record(record))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export.openvino", description="Compare OpenVINO with onnxruntime on this CPU. Seconds, once."
    )
    add_choice(parser, (BF16, FP32))
    parser.add_argument("--force", action="store_true", help="compare again what has a verdict")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 0 where every stage may run on OpenVINO."""
    values = _parser().parse_args(arguments)
    return exit_status_of(lambda: compare_all(values, lambda text: print(text, flush=True)), target="the verdict")


if __name__ == "__main__":
    sys.exit(main())
