"""Boot a virtual machine with a camera and see the program survive: python3 tests/vm [SCENARIO ...].

QEMU emulates the whole machine, so that no KVM, no camera and no Jetson is needed; the Linux, the systemd and the V4L2
driver in it are real. docs/vm.md explains it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List

import camera_scenario
import history_scenario
import service_scenario
from checks import Checks
from image import cache_folder, checkout_disk, ensure_image, small_disk
from machine import Machine, MachineError
from transcript import Transcript

SCENARIOS: Dict[str, Callable[[Machine, Checks], None]] = {
    "camera": camera_scenario.run,
    "service": service_scenario.run,
    "history": history_scenario.run,
}
USUAL = ("camera", "service")

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mke2fs": "e2fsprogs",
    "git": "git",
}


def parse(arguments: List[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 tests/vm", description="Run scenarios in a virtual machine.")
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="camera, service, which are the usual two, or history"
    )
    parser.add_argument(
        "--transcript", type=Path, default=Path("vm-transcript.txt"), help="where it goes (default: %(default)s)"
    )
    parser.add_argument(
        "--cache", type=Path, default=cache_folder(), help="where the image is kept (default: %(default)s)"
    )
    values = parser.parse_args(arguments)
    for name in values.scenarios:
        if name not in SCENARIOS:
            parser.error("no scenario {!r}: there are {}".format(name, ", ".join(SCENARIOS)))
    return values


def missing_packages() -> List[str]:
    """Debian's packages of the commands that are not there."""
    return sorted(package for command, package in PACKAGES.items() if shutil.which(command) is None)


def run(names: List[str], cache: Path, transcript: Transcript) -> Checks:
    """Boot one machine and put it through the scenarios, one after the other."""
    started_s = time.monotonic()
    checks = Checks(transcript)
    with tempfile.TemporaryDirectory(prefix="shelfsight-vm-") as folder:
        work = Path(folder)
        image = ensure_image(cache)
        print("image ready after {:.0f} s: {}".format(time.monotonic() - started_s, image), flush=True)
        with Machine(image, [checkout_disk(work), small_disk(work)], work, transcript) as machine:
            powered_s = transcript.now_s()
            booted_s = machine.wait_for_boot()
            checks.holds("booted", True, "{:.1f} s from power to the first command".format(booted_s - powered_s))
            for name in names:
                print("== " + name, flush=True)
                SCENARIOS[name](machine, checks)
    checks.holds("all of it, the image too", True, "{:.0f} s".format(time.monotonic() - started_s))
    return checks


def main() -> int:
    """Exit status: 0 all passed, 1 something did not, 2 it could not run."""
    values = parse(sys.argv[1:])
    missing = missing_packages()
    if missing:
        print("missing: sudo apt-get install -y --no-install-recommends {}".format(" ".join(missing)), file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("needs root, to make a root folder: sudo python3 tests/vm", file=sys.stderr)
        return 2
    transcript = Transcript(values.transcript)
    try:
        checks = run(values.scenarios or list(USUAL), values.cache, transcript)
    except (MachineError, subprocess.CalledProcessError) as error:
        print("{} (transcript: {})".format(error, values.transcript), file=sys.stderr)
        return 2
    finally:
        transcript.close()
    print("{} checks, {} failed; transcript: {}".format(len(checks.rows), checks.failed, values.transcript))
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
