"""ONNX -> TensorRT engines on the device: python -m export.engine BUNDLE --size 160

Each engine is built in a child process, compared with its model (python -m export.parity) and installed only where it
agrees; FP32 takes the place of an FP16 that does not.
"""

import argparse
import importlib.util
import os
import shutil
import signal
import sys
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from export.building.lock import BuildLock
from export.building.making import STAGING, Maker, Wishes
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import network_sides, resolution
from runtime.command_line.utf8 import in_utf8
from runtime.engines.cache import CLASSIFIER, DETECTOR, MAX_BATCH, check_private, engines_folder, look, wanted_key
from runtime.engines.sidecar import FP16, FP32, EngineKey, EngineRecord
from runtime.engines.tensorrt import this_machine
from runtime.errors import BuildError, MissingPackageError
from runtime.settings import DEFAULT_RES
from runtime.shipped import DRAWN
from runtime.sides import Sides, sides_for, square

SMALLEST_WORKSPACE_MIB = 16


class Wanted(NamedTuple):
    """One engine of a bundle."""

    model: str
    key: EngineKey

    @property
    def title(self) -> str:
        return "{} at {}".format(self.key.stage, self.key.sides)


def wanted_engines(bundle: Bundle, values: argparse.Namespace, machine: EngineKey) -> Iterator[Wanted]:
    """The detector at each size, and the classifier."""
    stages, precision = values.stage or (DETECTOR, CLASSIFIER), values.precision
    for size in values.size or [bundle.size] if DETECTOR in stages else ():
        sides = size if isinstance(size, Sides) else square(size) if values.square else sides_for(size, values.res)
        yield Wanted(bundle.detector, wanted_key(bundle.detector, DETECTOR, sides, precision, 1, machine))
    if CLASSIFIER not in stages:
        return
    key = wanted_key(bundle.classifier, CLASSIFIER, square(bundle.crop_size), precision, MAX_BATCH, machine)
    yield Wanted(bundle.classifier, key)


def build_engines(values: argparse.Namespace, tell: Callable[[str], None]) -> int:
    """Build what does not fit; 1 where a stage is left without an engine."""
    bundle = Bundle.open(values.bundle)
    machine = this_machine()
    _check_onnx()
    tell("TensorRT {} on {} ({})".format(machine.version, machine.device, machine.architecture))
    folder = engines_folder(bundle.folder)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    check_private(folder)
    failed = False
    with BuildLock(folder, tell) as lock:
        assert lock.descriptor is not None
        _clear_staging(folder)
        wishes = Wishes(values.workspace, not values.no_libraries, values.frames)
        for wanted in wanted_engines(bundle, values, machine):

            def tell_of_it(text: str, title: str = wanted.title) -> None:
                tell("{}: {}".format(title, text))

            maker = Maker(bundle.folder, folder, wishes, lock.descriptor, tell_of_it)
            try:
                record, is_new = _have(maker, wanted, folder, values.force, tell_of_it)
            except BuildError as error:  # the other stage may do better
                failed = True
                print("shelfsight: {}: {}".format(wanted.title, error), file=sys.stderr, flush=True)
            else:
                failed = not _tell_outcome(record, is_new, tell_of_it) or failed
    return int(failed)


def _have(
    maker: Maker, wanted: Wanted, folder: str, force: bool, tell: Callable[[str], None]
) -> Tuple[EngineRecord, bool]:
    """The record of the engine that is there, or is made now; and whether it was made."""
    state = look(folder, wanted.key)
    if state.record is not None and not force:
        return state.record, False
    if state.problem:
        tell(state.problem)
    return maker.make(wanted.model, wanted.key), True


def _tell_outcome(record: EngineRecord, is_new: bool, tell: Callable[[str], None]) -> bool:
    """Say what there is now; whether there is an engine."""
    if record.engine_sha256 is None:
        tell("no engine: {}; onnxruntime runs it (--force tries again)".format(record.why))
        return False
    tell("{}: {}".format("installed" if is_new else "is there", record.why))
    return True


def _clear_staging(folder: str) -> None:
    """What a build that was killed with its parent left behind."""
    for name in os.listdir(folder):
        if name.startswith(STAGING):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _check_onnx() -> None:
    """Not by importing it: this process stays small beside the one that builds."""
    if importlib.util.find_spec("onnx") is None:
        raise MissingPackageError("a build needs onnx, which is not installed: pip install onnx (1.11 on Python 3.6)")


def _workspace(text: str) -> int:
    if not text.isdigit() or int(text) < SMALLEST_WORKSPACE_MIB:
        raise argparse.ArgumentTypeError("{!r}: expected MiB, from {} up".format(text, SMALLEST_WORKSPACE_MIB))
    return int(text)


def add_choice(parser: argparse.ArgumentParser, precisions: Sequence[str]) -> None:
    """Flags that say which networks, and how: BUNDLE, --size, --stage, --precision (by default the first)."""
    parser.add_argument("bundle", nargs="?", default=DRAWN, metavar="BUNDLE", help="default: the shipped one")
    parser.add_argument(
        "--size",
        type=network_sides,
        action="append",
        metavar="N",
        help="longer side of the detector's input, or both as in 160x128; may be repeated (default: the bundle's)",
    )
    parser.add_argument(
        "--res",
        metavar="WxH",
        type=resolution,
        default=DEFAULT_RES,
        help="of the camera, whose shape the input takes (default: 640x480)",
    )
    parser.add_argument("--square", action="store_true", help="a square input, whatever the camera's shape")
    parser.add_argument(
        "--stage", choices=(DETECTOR, CLASSIFIER), action="append", help="may be repeated (default: both)"
    )
    parser.add_argument(
        "--precision",
        choices=precisions,
        default=precisions[0],
        help="default: %(default)s, FP32 where it does not agree",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export.engine",
        description="Build the TensorRT engines of a bundle on this device. Minutes on a Jetson Nano, once.",
    )
    add_choice(parser, (FP16, FP32))
    parser.add_argument(
        "--workspace",
        type=_workspace,
        default=256,
        metavar="MiB",
        help="memory to try tactics in (default: %(default)s)",
    )
    parser.add_argument(
        "--no-libraries",
        action="store_true",
        help="leave cuBLAS and cuDNN out: about 640 MiB of GPU memory less when an engine loads, perhaps slower",
    )
    parser.add_argument(
        "--frames", metavar="URI", help="compare on these frames too: a camera, video, folder or demo://"
    )
    parser.add_argument("--force", action="store_true", help="build again what fits")
    return parser


def _tell(text: str) -> None:
    print(text, flush=True)


def _on_terminate(*_: Any) -> None:
    raise KeyboardInterrupt


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 0 where every stage has an engine."""
    values = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _on_terminate)
    try:
        return exit_status_of(
            lambda: build_engines(values, _tell),
            interrupted="interrupted: nothing half-built is left, what was there before is as it was",
            target="the engine",
        )
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    in_utf8("export.engine")
    sys.exit(main())
